"""Which of the offered media types the client prefers (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import Request

from api.problems import ProblemError

JSON = "application/json"
YAML = "application/yaml"
"""RFC 9512."""
HTML = "text/html"
NDJSON = "application/x-ndjson"

_RANGE = re.compile(r"^\s*([\w!#$&^.+*-]+)/([\w!#$&^.+*-]+)\s*((?:;[^;]*)*)$")


def chosen(request: Request, offered: Sequence[str]) -> str:
    """The offered media type that the client prefers; between equals the one offered first.

    Raises ProblemError `not-acceptable` when it accepts none of them.
    """
    header = ",".join(request.headers.getlist("accept"))
    if not header.strip():
        return offered[0]
    ranges = [found for part in header.split(",") if (found := _range(part))]
    ranked = [(-_quality(ranges, media_type), position) for position, media_type in enumerate(offered)]
    quality, position = min(ranked)
    if quality == 0:
        raise ProblemError("not-acceptable", f"Offered are {', '.join(offered)}.")
    return offered[position]


def prefers(request: Request, wanted: str, other: str) -> bool:
    """Whether the client asks for the media type `wanted` rather than for `other`."""
    ranges = [found for part in ",".join(request.headers.getlist("accept")).split(",") if (found := _range(part))]
    return _quality(ranges, wanted) > _quality(ranges, other)


def _range(text: str) -> tuple[str, str, float] | None:
    """Type, subtype and quality; `None` for what is no media range, which is ignored."""
    match = _RANGE.match(text)
    if match is None:
        return None
    weight = re.search(r";\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)", match[3], re.IGNORECASE)
    return match[1].lower(), match[2].lower(), min(float(weight[1]), 1.0) if weight else 1.0


def _quality(ranges: Sequence[tuple[str, str, float]], media_type: str) -> float:
    """The quality that the most specific matching range gives."""
    kind, _, subtype = media_type.partition("/")
    fits = [
        ((kind_range != "*") + (subtype_range != "*"), quality)
        for kind_range, subtype_range, quality in ranges
        if kind_range in ("*", kind) and subtype_range in ("*", subtype)
    ]
    return max(fits)[1] if fits else 0.0
