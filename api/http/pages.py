"""Where the next page of a list is named: `next` in the body, and the header Link (RFC 8288)."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request

MOST = 250
"""Items on one page."""
USUAL = 50


def link(request: Request, cursor: str | None) -> dict[str, str]:
    """The header Link with the address of the next page; nothing on the last page."""
    if cursor is None:
        return {}
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return {"Link": f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'}
