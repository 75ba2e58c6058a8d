"""Entity tags: 304 for what the client has already, 412 and 428 for changes that missed a newer version (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from api.problems import ProblemError
from evaluator.canonical import digest

IMMUTABLE = "public, max-age=31536000, immutable"
"""For what its address names by digest or version: it never changes."""
REVALIDATE = "private, no-cache"
"""May be kept, but must be asked for again before use."""
PACKED = "-gzip"
"""Ends the tag of a packed answer, which is another representation."""

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def tag(*parts: str | bytes) -> str:
    """A strong entity tag over the given parts, quotes included."""
    joined = b"\0".join(part.encode() if isinstance(part, str) else part for part in parts)
    return f'"{digest(joined).removeprefix("sha256:")[:32]}"'


def answer(
    request: Request, body: bytes, media_type: str, *, etag: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The body with its entity tag (made from it, unless given), or 304 when the client has it already."""
    found = etag or tag(media_type, body)
    kept = {"Cache-Control": REVALIDATE, **(headers or {}), "ETag": found}
    if _is_among(found, request.headers.getlist("if-none-match"), weak=True):
        return Response(None, 304, kept)
    return Response(body, 200, kept, media_type)


def known(request: Request, etag: str, headers: Mapping[str, str] | None = None) -> Response | None:
    """304 when the client has that version already, so that its body need not be made."""
    if _is_among(etag, request.headers.getlist("if-none-match"), weak=True):
        return Response(None, 304, {"Cache-Control": REVALIDATE, **(headers or {}), "ETag": etag})
    return None


def require_match(request: Request, etag: str, what: str) -> None:
    """Let a change through only if it is meant for the current version, whose tag is `etag`.

    Raises ProblemError `precondition-needed` without If-Match and `changed-meanwhile` for another version.
    """
    values = request.headers.getlist("if-match")
    if not values:
        raise ProblemError("precondition-needed", f"Send If-Match with the ETag of the {what}.")
    if not _is_among(etag, values, weak=False):
        raise ProblemError("changed-meanwhile", f"The {what} has changed since that version.", headers={"ETag": etag})


def _is_among(etag: str, values: Iterable[str], *, weak: bool) -> bool:
    header = ",".join(values)
    if header.strip() == "*":
        return True
    tags = {tag.removesuffix(PACKED) for is_weak, tag in _TAG.findall(header) if weak or not is_weak}
    return etag.strip('"') in tags
