"""Render a page in the language that the reader asks for."""

from __future__ import annotations

from typing import Any

from babel import negotiate_locale
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.pages.environment import LANGUAGE, environment, languages
from api.pages.static import asset
from evaluator import __version__

HEADERS = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}


def page(request: Request, template: str, section: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page made of `template`; `section` is the entry of the navigation it belongs to."""
    language = _language(request)
    common = {"language": language, "section": section, "version": __version__, "asset": asset}
    content = environment(language).get_template(template).render(**common, **values)
    return HTMLResponse(content, status, HEADERS)


def _language(request: Request) -> str:
    wanted = [part.partition(";")[0].strip() for part in request.headers.get("accept-language", "")[:200].split(",")]
    return negotiate_locale(wanted, languages(), sep="-") or LANGUAGE
