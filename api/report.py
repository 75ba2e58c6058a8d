"""A comparison as one self-contained page, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from gettext import NullTranslations
from importlib import resources
from typing import Any

from markupsafe import Markup

from api.pages.environment import LANGUAGE, environment
from api.words import CLAIM_VERBS, ENGLISH, say_beside
from evaluator.compare import Comparison
from evaluator.score import ADVISORY

HEADINGS = (
    *("program", "id", "issuer", "rubric", "criterion", "weight"),
    *("evidenced", "stated", "possible", "maximum", "coverage", "reason", "rubric digest"),
)
"""Columns of the comparison as CSV."""


def page(comparison: Comparison) -> str:
    """The comparison as HTML that needs nothing else: no script, no font, no network."""
    sheet = resources.files("api.pages").joinpath("static/touchstone.css").read_text()
    template = environment().get_template("alone.html")
    return template.render(language=LANGUAGE, sheet=Markup(sheet), **view(comparison))


def view(comparison: Comparison, texts: NullTranslations = ENGLISH) -> dict[str, Any]:
    """What the templates of a comparison show."""
    sides = comparison.programs
    return {
        "as_of": comparison.standings[0].scorecards[0].as_of,
        "advisory": ADVISORY,
        "standings": comparison.standings,
        "titles": {side.program: side.title or side.program for side in sides},
        "sides": [say_beside(side, texts) for side in sides],
        "links": {},
        "claim_order": list(CLAIM_VERBS),
    }


def table(comparison: Comparison) -> str:
    """The comparison as CSV: one row per program, rubric and criterion, after one row per score.

    Text that a spreadsheet would take for a formula is preceded by an apostrophe (OWASP, CSV injection,
    https://owasp.org/www-community/attacks/CSV_Injection).
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADINGS)
    for index, side in enumerate(comparison.programs):
        who = [side.title or "", side.program, side.issuer or ""]
        for card in (standing.scorecards[index] for standing in comparison.standings):
            scores = [f"{score:.1f}" for score in (card.evidenced, card.stated, card.possible)]
            writer.writerow(_safe([*who, card.rubric, "", "", *scores, 100, f"{card.coverage:.2f}", "", card.digest]))
            for criterion in card.criteria:
                levels = [criterion.evidenced, criterion.stated, criterion.possible, criterion.maximum]
                row = [*who, card.rubric, criterion.id, criterion.weight, *levels, "", criterion.reason, card.digest]
                writer.writerow(_safe(row))
    return buffer.getvalue()


def _safe(row: Sequence[object]) -> list[object]:
    return ["'" + cell if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell for cell in row]
