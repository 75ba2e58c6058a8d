"""The style sheet, the script and the icon, under addresses that change with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from fastapi import APIRouter
from starlette.responses import Response

from api.http.etag import IMMUTABLE
from api.problems import ProblemError

router = APIRouter(prefix="/static", include_in_schema=False)
MEDIA_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@cache
def _files() -> dict[str, bytes]:
    """Contents by name under which they are served, such as `1a2b3c4d-touchstone.css`."""
    folder = resources.files("api.pages").joinpath("static")
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in MEDIA_TYPES}
    return {f"{hashlib.sha256(content).hexdigest()[:8]}-{name}": content for name, content in found.items()}


@cache
def asset(name: str) -> str:
    """The address of a file. Raises KeyError for one that is not there."""
    for served in _files():
        if served.partition("-")[2] == name:
            return f"/static/{served}"
    raise KeyError(name)


@router.get("/{name}")
def static_file(name: str) -> Response:
    """One of the few files that pages load."""
    content = _files().get(name)
    if content is None:
        raise ProblemError("not-found", "There is no such file.")
    return Response(content, media_type=MEDIA_TYPES[name.rpartition(".")[2]], headers={"Cache-Control": IMMUTABLE})
