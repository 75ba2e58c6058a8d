"""The Jinja2 environment of the pages: escaping on, undefined names refused, filters that say values in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Protocol
from urllib.parse import urlsplit

from babel.support import NullTranslations, Translations
from jinja2 import Environment, PackageLoader, StrictUndefined

from api import words
from evaluator.compare import Standing
from evaluator.explain import say_value
from evaluator.facts import Value, dictionary
from evaluator.score import CriterionScore, Scorecard

LANGUAGE = "en"
"""Of the texts in the templates; other languages are catalogues in `locale/<language>/LC_MESSAGES/messages.mo`."""

AXIS_START, AXIS_WIDTH = 270, 560
"""Where 0 lies on the common axis of a comparison, and its width to 100, in SVG units."""


class Scores(Protocol):
    """Whatever has the three scores: a scorecard, or a row of the catalogue."""

    @property
    def evidenced(self) -> float: ...
    @property
    def stated(self) -> float: ...
    @property
    def possible(self) -> float: ...


@cache
def environment(language: str = LANGUAGE) -> Environment:
    """The environment for a language; texts without a translation stay English."""
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "anchor": lambda text: re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-"),
        "axis": lambda score: f"{AXIS_START + score * AXIS_WIDTH / 100:.1f}",
        "coordinate": lambda number: f"{number:.2f}",
        "headline": headline,
        "is_web": is_web,
        "label": lambda name: dictionary()[name].label,
        "points": lambda score: f"{score:.0f}",
        "said": said,
        "say_level": say_level,
        "say_scores": say_scores,
        "summary": words.summary,
        "surely_differs": surely_differs,
        "words": lambda text: str(text).replace("_", " "),
    }
    return made


@cache
def languages() -> tuple[str, ...]:
    """Languages in which pages can be read, the original first."""
    folder = resources.files("api.pages").joinpath("locale")
    translated = sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []
    return (LANGUAGE, *translated)


def translations(language: str) -> NullTranslations:
    """The texts of a language, or the English originals when there is no catalogue for it."""
    folder = resources.files("api.pages").joinpath("locale")
    found: NullTranslations = Translations.load(str(folder), [language])
    return found


def said(value: Value | None, name: str) -> str:
    """A fact's value as people read it."""
    return say_value(dictionary()[name], value)


def is_web(address: str | None) -> bool:
    """Whether an address may become a link: nothing but https and http leads out of a page."""
    try:
        return address is not None and urlsplit(address).scheme in ("https", "http")
    except ValueError:
        return False


def say_scores(scores: Scores) -> str:
    """The three scores in words, in whole points."""
    return (
        f"{scores.stated:.0f} of 100 stated, {scores.evidenced:.0f} of it evidenced by documents, "
        f"up to {scores.possible:.0f} possible"
    )


def say_level(own: CriterionScore) -> str:
    """`level 2 of 4`, or `level 2 to 4 of 4` where it is not certain."""
    span = str(own.stated) if own.possible == own.stated else f"{own.stated} to {own.possible}"
    return f"level {span} of {own.maximum}"


def surely_differs(cards: Sequence[Scorecard], column: int) -> bool:
    """Whether the levels of one criterion differ between programs whatever the unknowns turn out to be."""
    rows = [card.criteria[column] for card in cards if card.criteria[column].applies is not False]
    return bool(rows) and max(row.stated for row in rows) > min(row.possible for row in rows)


def headline(standing: Standing, titles: Mapping[str, str]) -> str:
    """A true sentence about the whole standing, for its heading."""
    if all(pair.claim == "level" for pair in standing.pairs):
        return f"{standing.title}: no real difference on what is shown"
    first = standing.groups[0][0]
    wins = [pair for pair in standing.pairs if pair.first == first and pair.claim != "level"]
    if len(wins) < len(titles) - 1:
        return f"{standing.title}: some differ, and no program leads all others"
    weakest = max((pair.claim for pair in wins), key=list(words.CLAIM_VERBS).index)
    others = titles[wins[0].second] if len(wins) == 1 else "the others"
    return f"{standing.title}: {titles[first]} {words.CLAIM_VERBS[weakest]} {others}"
