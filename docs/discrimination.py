"""The page that says how well the rubrics separate the programs of the sample catalogue, computed from it."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from statistics import median

from api import gather
from evaluator.compare import MOST_PROGRAMS, standing
from evaluator.facts import dictionary
from evaluator.rubric import Rubric
from evaluator.score import CriterionScore, Scorecard
from rubrics import library

DAY = datetime.date(2026, 11, 25)
"""Day at which ages are counted, so that the page changes only when something else does."""
RARE = 0.1
"""Share of programs below which a fact counts as published by hardly anybody."""
ALIKE = 0.9
"""Share of programs on one level above which a criterion counts as separating nobody."""


def page() -> str:
    """The page as Markdown."""
    programs, _ = gather.collected(gather.readings([gather.SAMPLES]), profiles=True)
    rubrics = library.latest(library.installed())
    judged = gather.judge(programs, rubrics, DAY)
    issuers = {each.program.issuer.name for each in judged if each.program.issuer}
    lines = [
        "# How well the rubrics separate programs",
        "",
        f"Measured over the sample catalogue ({len(judged)} programs of {len(issuers)} publishers, with profiles, "
        f"as of {DAY}). Each figure is computed from the catalogue when this page is generated.",
        "",
        *_three_figures(judged, rubrics),
        "",
        "## Claims",
        "",
        "Share of pairs by the strongest claim that holds. A comparison takes at most "
        f"{MOST_PROGRAMS} programs; the catalogue is compared in all its pairs.",
        "",
        *_claims(judged, rubrics),
    ]
    for number, rubric in enumerate(rubrics):
        lines += _rubric(rubric, [each.scorecards[number] for each in judged])
    return "\n".join(lines) + "\n"


def _three_figures(judged: Sequence[gather.Judged], rubrics: Sequence[Rubric]) -> list[str]:
    number = [rubric.rubric for rubric in rubrics].index("rigor")
    cards = [each.scorecards[number] for each in judged]
    lowest, highest = min(cards, key=_stated), max(cards, key=_stated)
    tied = [card.title for card in cards if card.stated == lowest.stated]
    middle = median(card.coverage for card in cards)
    pairs = standing(cards, rubrics[number]).pairs
    strong = sum(pair.claim != "level" for pair in pairs) / len(pairs)
    return [
        "| figure for rigor | aim | measured |",
        "|---|---|---|",
        f"| spread of `stated`, an attendance badge lowest | 50 points or more | "
        f"{highest.stated - lowest.stated:.0f} points, from {lowest.stated:.0f} ({'; '.join(map(str, tied))}) "
        f"to {highest.stated:.0f} ({highest.title}) |",
        f"| median coverage | 0.60 | {middle:.2f} |",
        f"| pairs with a claim stronger than *level* | 60 % | {100 * strong:.0f} % |",
        "",
        _on_coverage(cards, middle),
    ]


def _on_coverage(cards: Sequence[Scorecard], middle: float) -> str:
    known = [
        sum(c.weight for c in card.criteria if c.applies is not False and c.facts)
        / sum(c.weight for c in card.criteria if c.applies is not False)
        for card in cards
    ]
    certain, some = f"{100 * middle:.0f} %", f"{100 * median(known):.0f} %"
    return (
        "**Coverage falls short of its aim.** It counts only the weight of criteria whose level is *certain*, and most "
        "top levels ask for something that hardly anybody publishes (below). Something is known about criteria that "
        f"make up {some} of the weight of the median program, but only {certain} can't change any more. Reaching 0.60 "
        "would take a recorded “no” where publishers are silent, or lower thresholds than the sources of the rubric "
        "give. We do neither: silence stays unknown, and the bars stay long."
    )


def _stated(card: Scorecard) -> float:
    return card.stated


def _claims(judged: Sequence[gather.Judged], rubrics: Sequence[Rubric]) -> list[str]:
    rows = ["| rubric | ahead | probably ahead | shows more | level |", "|---|---|---|---|---|"]
    for number, rubric in enumerate(rubrics):
        pairs = standing([each.scorecards[number] for each in judged], rubric).pairs
        counted = Counter(pair.claim for pair in pairs)
        shares = (counted[claim] / len(pairs) for claim in ("ahead", "probably_ahead", "shows_more", "level"))
        rows.append(f"| {rubric.title} | {' | '.join(f'{100 * share:.0f} %' for share in shares)} |")
    return rows


def _rubric(rubric: Rubric, cards: Sequence[Scorecard]) -> list[str]:
    lines = ["", f"## {rubric.title}, criterion by criterion", ""]
    lines += ["| criterion | programs at stated level 0, 1, 2 … | level certain | separates |", "|---|---|---|---|"]
    for number, criterion in enumerate(rubric.criteria):
        own = [card.criteria[number] for card in cards if card.criteria[number].applies is not False]
        lines.append(f"| `{criterion.id}` | {_spread(criterion.levels, own)} |")
    rare = [name for name in rubric.facts if not dictionary()[name].derived and _share_known(name, cards) < RARE]
    lines += [
        "",
        f"Facts that it asks and that are known of fewer than {100 * RARE:.0f} % of the programs: "
        + (", ".join(f"`{name}`" for name in rare) or "none")
        + ".",
    ]
    return lines


def _spread(levels: Sequence[int] | dict[int, object], own: Sequence[CriterionScore]) -> str:
    if not own:
        return "applies to none | – | –"
    counted = Counter(each.stated for each in own)
    certain = sum(each.stated == each.possible for each in own)
    most = max(counted.values()) / len(own)
    verdict = "hardly" if most >= ALIKE else "yes"
    return f"{', '.join(str(counted[level]) for level in levels)} | {certain} of {len(own)} | {verdict}"


def _share_known(name: str, cards: Sequence[Scorecard]) -> float:
    asked = [each for card in cards for each in card.criteria if name in each.facts or name in each.unknown]
    programs = len(cards)
    known = sum(any(name in each.facts for each in card.criteria) for card in cards)
    return known / programs if asked else 1.0
