"""Render a page in the language that the reader asks for."""

from __future__ import annotations

from collections.abc import Sequence
from gettext import NullTranslations
from typing import Any

from babel import negotiate_locale
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.pages.environment import LANGUAGE, environment, languages, translations
from api.pages.static import asset
from evaluator import __version__

HEADERS = {"Cache-Control": "no-cache", "Vary": "Accept, Accept-Language"}


def page(request: Request, template: str, section: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page made of `template`; `section` is the entry of the navigation it belongs to."""
    return HTMLResponse(text(request, template, section, **values), status, HEADERS)


def text(request: Request, template: str, section: str, **values: Any) -> str:
    """The page as text."""
    locale = request.app.state.locale
    language = chosen_language(request.headers.get("accept-language", ""), languages(locale))
    common = {"language": language, "section": section, "version": __version__, "asset": asset}
    return environment(language, locale).get_template(template).render(**common, **values)


def texts(request: Request) -> NullTranslations:
    """The texts in the language of the reader."""
    locale = request.app.state.locale
    return translations(chosen_language(request.headers.get("accept-language", ""), languages(locale)), locale)


def chosen_language(header: str, known: Sequence[str]) -> str:
    """The language of `known` that a header Accept-Language names first."""
    wanted = [part.partition(";")[0].strip() for part in header[:200].split(",")]
    return negotiate_locale(wanted, known, sep="-") or LANGUAGE
