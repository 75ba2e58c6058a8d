"""A comparison as one self-contained page, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.words import CLAIM_WORDS, say_beside
from evaluator.compare import Comparison
from evaluator.explain import say_value
from evaluator.facts import Value, dictionary

CHART_WIDTH = 560
"""Width of the common axis in SVG units, from 0 to 100 points."""

HEADINGS = (
    *("program", "id", "issuer", "rubric", "criterion", "weight"),
    *("evidenced", "stated", "possible", "maximum", "coverage", "reason", "rubric digest"),
)
"""Columns of the comparison as CSV."""


def page(comparison: Comparison) -> str:
    """The comparison as HTML that needs nothing else: no script, no font, no network."""
    environment = Environment(
        loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["points"] = lambda score: f"{score:.0f}"
    environment.filters["x"] = lambda score: f"{score * CHART_WIDTH / 100:.1f}"
    environment.filters["said"] = _said
    environment.filters["label"] = lambda name: dictionary()[name].label
    sides = comparison.programs
    return environment.get_template("comparison.html").render(
        as_of=comparison.standings[0].scorecards[0].as_of,
        standings=comparison.standings,
        titles={side.program: side.title or side.program for side in sides},
        sides=[say_beside(side) for side in sides],
        claim_order=list(CLAIM_WORDS),
        width=CHART_WIDTH,
    )


def _said(value: Value | None, name: str) -> str:
    return say_value(dictionary()[name], value)


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
