"""Words that the terminal, the page and the CSV share."""

from __future__ import annotations

from evaluator.beside import Beside, Interval
from evaluator.compare import Claim
from evaluator.facts import dictionary
from evaluator.program import Grade, Program
from evaluator.score import Scorecard

CLAIM_VERBS: dict[Claim, str] = {
    "ahead": "is ahead of",
    "probably_ahead": "is probably ahead of",
    "shows_more": "shows more than",
    "level": "is level with",
}
"""The claims, strongest first."""

CLAIM_SAYS: dict[Claim, str] = {
    "ahead": "Whatever the unknown turns out to be.",
    "probably_ahead": "In at least 95 of 100 ways in which weights and the unknown could turn out; ten thousand "
    "are drawn.",
    "shows_more": "On what is published, in at least 95 of 100 drawn weights. What is not known of the other could "
    "reverse it; those facts are named.",
    "level": "None of these holds.",
}
"""What each claim says, as people read it."""

GRADE_SAYS: dict[Grade, str] = {
    "claimed": "Free text, marketing, or a table of unknown origin.",
    "documented": "A structured field of the issuer's own catalogue or registry entry, a credential, or a policy page.",
    "third_party": "A register, an accreditor, or a credit recommender.",
    "verified": "A signature was checked, or a named reviewer looked.",
}
"""What each grade of evidence rests on."""

MOST_SHOWN = 3
"""Strengths, and unknown things, that a summary names."""


def summary(card: Scorecard) -> str:
    """What a scorecard shows and what is not known, as a recruiter would say it.

    `Shows: holders are identified and supervised. Not known: who marks.` The weightiest criteria come first.
    """
    applicable = sorted((each for each in card.criteria if each.applies is not False), key=lambda each: -each.weight)
    shown = [each.says.rstrip(".") for each in applicable if 2 * each.stated >= each.maximum][:MOST_SHOWN]
    known = dictionary()
    unknown = [known[each.unknown[0]].label for each in applicable if each.possible > each.stated and each.unknown]
    sentences = [f"Shows: {'; '.join(shown)}." if shown else "Shows little of what is asked."]
    if unknown:
        sentences.append(f"Not known: {', '.join(dict.fromkeys(unknown[:MOST_SHOWN]))}.")
    sentences += [f"At most {cap.at_most}: {cap.says}." for cap in card.caps if cap.bites]
    return " ".join(sentences)


def introduction(program: Program, side: Beside) -> str:
    """One sentence that says what a program is: kind, issuer, and the time and price that are known."""
    kind = str(program.value("credential_type") or "program").replace("_", " ")
    known = [
        text
        for text, value in (
            (say_interval(side.hours, "hours of learning"), side.hours),
            (f"EQF level {say_interval(side.eqf, '')}".strip(), side.eqf),
            (say_price(side), side.price),
        )
        if value is not None
    ]
    article = "An" if kind[0] in "aeiou" else "A"
    return (
        f"{article} {kind} by {side.issuer or 'an issuer that is not known'}{': ' if known else ''}{', '.join(known)}."
    )


def say_price(side: Beside) -> str:
    """`49 USD`, or that it is not known."""
    return "not known" if side.price is None else f"{side.price:g} {side.currency or '(currency not stated)'}"


def say_interval(interval: Interval | tuple[int, int] | None, unit: str) -> str:
    """`14–28 hours`, `5`, or `not known`."""
    if interval is None:
        return "not known"
    low, high = (f"{round(end, 1):g}" for end in interval)
    return f"{low if low == high else f'{low}–{high}'} {unit}".strip()


def say_beside(side: Beside) -> dict[str, str]:
    """The facts beside the scores, by label, as people read them."""
    hours = say_interval(side.hours, "hours")
    return {
        "Issuer": side.issuer or "not known",
        "Learning time": f"{hours} (computed from credits)" if side.hours and side.hours_are_converted else hours,
        "Duration": say_interval(side.weeks, "weeks"),
        "Price": say_price(side),
        "Price per hour": say_interval(side.price_per_hour, side.currency or ""),
        "EQF level": say_interval(side.eqf, ""),
        "Skills shared": ", ".join(side.skills_shared) or "none named by all",
        "Skills only here": ", ".join(side.skills_only_here) or "none",
    }
