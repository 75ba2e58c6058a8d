"""The Jinja2 environment of the pages: escaping on, undefined names refused, filters that say values in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from babel.support import Translations
from jinja2 import Environment, PackageLoader, StrictUndefined

from api import words
from api.pages.api_reference import pretty, say_schema
from evaluator.facts import dictionary

LANGUAGE = "en"
"""Of the texts in the templates."""
LOCALE = Path(__file__).parent / "locale"
"""Other languages are catalogues in it: `<language>/LC_MESSAGES/messages.mo`."""


@cache
def environment(language: str = LANGUAGE, locale: Path = LOCALE) -> Environment:
    """The environment for a language; texts without a translation stay English."""
    texts = translations(language, locale)
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= _in(texts) | {
        "anchor": lambda text: re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-"),
        "coordinate": lambda number: f"{number:.2f}",
        "file_name": lambda place: str(place).replace("\\", "/").rpartition("/")[2],
        "grounds": words.grounds,
        "is_web": is_web,
        "json": pretty,
        "label": lambda name: dictionary()[name].label,
        "named": words.named,
        "points": lambda score: f"{score:.0f}",
        "schema": say_schema,
        "shows_nothing": words.shows_nothing,
        "surely_differs": words.surely_differs,
        "words": lambda text: str(text).replace("_", " "),
    }
    return made


def _in(texts: NullTranslations) -> dict[str, Callable[..., Any]]:
    """The filters that speak."""
    spoken = (
        *(words.headline, words.said, words.say_claim, words.say_level),
        *(words.say_cap, words.say_reversal, words.say_scores, words.summary),
    )
    return {each.__name__: partial(each, texts=texts) for each in spoken}


@cache
def languages(locale: Path = LOCALE) -> tuple[str, ...]:
    """Languages in which pages can be read, the original first."""
    return (LANGUAGE, *sorted(each.name for each in locale.iterdir() if each.is_dir()))


@cache
def translations(language: str, locale: Path = LOCALE) -> NullTranslations:
    """The texts of a language, or the English originals when there is no catalogue for it."""
    found: NullTranslations = Translations.load(str(locale), [language])
    return found


def is_web(address: object) -> bool:
    """Whether an address may become a link: nothing but https and http leads out of a page."""
    try:
        return address is not None and urlsplit(str(address)).scheme in ("https", "http")
    except ValueError:
        return False
