"""Sentences that the terminal, the pages and the CSV share.

Each function takes the texts of the reader's language; without them it speaks English. What rubrics and the fact
dictionary say is content of theirs and stays as published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from gettext import NullTranslations
from typing import Protocol

from evaluator.beside import Beside, Interval
from evaluator.compare import Claim, Pair, Standing
from evaluator.explain import say_value
from evaluator.facts import Value, dictionary
from evaluator.program import Grade, Program
from evaluator.score import CapScore, CriterionScore, Scorecard

ENGLISH = NullTranslations()
"""Gives every text as it stands here."""


def N_(text: str) -> str:
    """Marks a text that is translated where it is shown; the extraction of texts knows this name."""
    return text


CLAIM_VERBS: dict[Claim, str] = {
    "ahead": N_("is ahead of"),
    "probably_ahead": N_("is probably ahead of"),
    "shows_more": N_("shows more than"),
    "level": N_("is level with"),
}
"""The claims, strongest first."""

CLAIM_SAYS: dict[Claim, str] = {
    "ahead": N_("Whatever the unknown turns out to be."),
    "probably_ahead": N_(
        "In at least 95 of 100 ways in which weights and the unknown could turn out; ten thousand are drawn."
    ),
    "shows_more": N_(
        "On what is published, in at least 95 of 100 drawn weights. What is not known of the other could reverse it; "
        "those facts are named."
    ),
    "level": N_("None of these holds."),
}
"""What each claim says, as people read it."""

GRADE_SAYS: dict[Grade, str] = {
    "claimed": N_("Free text, marketing, or a table of unknown origin."),
    "documented": N_(
        "A structured field of the issuer's own catalogue or registry entry, a credential, or a policy page."
    ),
    "third_party": N_("A register, an accreditor, or a credit recommender."),
    "verified": N_("A signature was checked, or a named reviewer looked."),
}
"""What each grade of evidence rests on."""

MOST_SHOWN = 3
"""Strengths, unknown things, and facts that could reverse a claim, that a sentence names."""


class Scores(Protocol):
    """Whatever has the three scores: a scorecard, or a row of the catalogue."""

    @property
    def evidenced(self) -> float: ...
    @property
    def stated(self) -> float: ...
    @property
    def possible(self) -> float: ...


# --- one program --------------------------------------------------------------------------------------------


def summary(card: Scorecard, texts: NullTranslations = ENGLISH) -> str:
    """What a scorecard shows and what is not known, as a recruiter would say it.

    `Shows that candidates are identified and supervised. Not known: who marks.` The weightiest criteria come first.
    """
    _ = texts.gettext
    applicable = sorted((each for each in card.criteria if each.applies is not False), key=lambda each: -each.weight)
    shown = [_clause(each.says) for each in applicable if each.stated and 2 * each.stated >= each.maximum][:MOST_SHOWN]
    unknown = [each.unknown[0] for each in applicable if each.possible > each.stated and each.unknown]
    sentences = [_("Shows little of what is asked.")]
    if shown:
        sentences = [_("Shows that %(clauses)s.") % {"clauses": _(", and that ").join(shown)}]
    if unknown:
        sentences.append(_("Not known: %(facts)s.") % {"facts": named(unknown[:MOST_SHOWN])})
    sentences += [say_cap(cap, texts) for cap in card.caps if cap.bites]
    return " ".join(sentences)


def say_cap(cap: CapScore, texts: NullTranslations = ENGLISH) -> str:
    """What limits a score: a finding, or something that nobody has ruled out yet."""
    _ = texts.gettext
    words = {"points": cap.at_most, "why": cap.says}
    if cap.holds is None:
        return _("Held at %(points)d until this is ruled out: %(why)s.") % words
    return _("At most %(points)d: %(why)s.") % words


def grounds(own: CriterionScore) -> str:
    """The reason for a level without its first sentence, which is the level itself."""
    first = own.says.rstrip(".")
    return own.reason[len(first) + 1 :].strip() if own.reason.lower().startswith(f"{first.lower()}.") else own.reason


def shows_nothing(scores: Scores) -> bool:
    """Whether nothing is shown while something may be: an empty mark, which is not a zero."""
    return round(scores.stated) == 0 and round(scores.possible) > 0


def say_scores(scores: Scores, texts: NullTranslations = ENGLISH) -> str:
    """The three scores in words, in whole points."""
    _ = texts.gettext
    points = {
        "stated": round(scores.stated),
        "evidenced": round(scores.evidenced),
        "possible": round(scores.possible),
    }
    if shows_nothing(scores):
        return _("nothing is shown, up to %(possible)d of 100 possible") % points
    if points["evidenced"] == points["stated"]:
        return _("%(stated)d of 100 stated, all of it evidenced, up to %(possible)d possible") % points
    return _("%(stated)d of 100 stated, %(evidenced)d of it evidenced, up to %(possible)d possible") % points


def say_level(own: CriterionScore, texts: NullTranslations = ENGLISH) -> str:
    """`level 2 of 4`, or `level 2 to 4 of 4` where it is not certain."""
    _ = texts.gettext
    levels = {"stated": own.stated, "possible": own.possible, "maximum": own.maximum}
    if own.possible == own.stated:
        return _("level %(stated)d of %(maximum)d") % levels
    return _("level %(stated)d to %(possible)d of %(maximum)d") % levels


def said(value: Value | None, name: str, texts: NullTranslations = ENGLISH) -> str:
    """The value of a fact as people read it; not known where there is none."""
    _ = texts.gettext
    if value is None:
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return say_value(dictionary()[name], value)


def introduction(program: Program, side: Beside, texts: NullTranslations = ENGLISH) -> str:
    """One sentence that says what a program is: kind, issuer, and the time, level and price that are known."""
    _ = texts.gettext
    kind = str(program.value("credential_type") or "").replace("_", " ")
    issuer = side.issuer or _("an issuer that is not known")
    known = [
        f"{say_interval(side.hours)} {_('hours of learning')}" if side.hours else None,
        f"{_('EQF level')} {say_interval(side.eqf)}" if side.eqf else None,
        say_price(side, texts),
    ]
    facts = ", ".join(each for each in known if each)
    by = _("%(kind)s by %(issuer)s") % {"kind": kind.capitalize() or _("Program"), "issuer": issuer}
    return f"{by}: {facts}." if facts else f"{by}."


def say_price(side: Beside, texts: NullTranslations = ENGLISH) -> str | None:
    """`49 USD`; `None` when it is not known."""
    return None if side.price is None else f"{side.price:g} {side.currency or texts.gettext('(currency not stated)')}"


def say_interval(interval: Interval | tuple[int, int] | None) -> str | None:
    """`14–28`, or `5`; `None` when it is not known."""
    if interval is None:
        return None
    low, high = (f"{round(end, 1):g}" for end in interval)
    return low if low == high else f"{low}–{high}"


def say_own(side: Beside, texts: NullTranslations = ENGLISH) -> dict[str, str | None]:
    """What stands beside the scores of one program, by label, as people read it. `None` is not known."""
    _ = texts.gettext

    def measured(interval: Interval | None, unit: str) -> str | None:
        return f"{say_interval(interval)} {unit}".strip() if interval else None

    hours = measured(side.hours, _("hours"))
    return {
        _("Issuer"): side.issuer,
        _("Learning time"): f"{hours} {_('(computed from credits)')}" if hours and side.hours_are_converted else hours,
        _("Duration"): measured(side.weeks, _("weeks")),
        _("Price"): say_price(side, texts),
        _("Price per hour"): measured(side.price_per_hour, side.currency or ""),
        _("EQF level"): say_interval(side.eqf),
    }


def say_beside(side: Beside, texts: NullTranslations = ENGLISH) -> dict[str, str | None]:
    """`say_own`, and the skills of a program among those it is compared with."""
    _ = texts.gettext
    shared, only = side.skills_shared, side.skills_only_here
    skills = {
        _("Skills shared"): None if shared is None else ", ".join(shared) or _("none named by all"),
        _("Skills only here"): None if only is None else ", ".join(only) or _("none"),
    }
    return {**say_own(side, texts), **skills}


# --- several programs ---------------------------------------------------------------------------------------


def say_claim(pair: Pair, titles: Mapping[str, str], on: str, texts: NullTranslations = ENGLISH) -> str:
    """One claim as a sentence: `A shows more than B on rigor.`"""
    _ = texts.gettext
    names = {"first": titles[pair.first], "second": titles[pair.second], "rubric": on.lower()}
    if pair.claim == "level":
        return _("%(first)s and %(second)s are level on %(rubric)s, as far as is published.") % names
    if pair.claim == "ahead" and pair.any_weights:
        return _("%(first)s is ahead of %(second)s on %(rubric)s, whatever weight each criterion is given.") % names
    if pair.claim == "ahead":
        return _("%(first)s is ahead of %(second)s on %(rubric)s, whatever is still unknown.") % names
    if pair.claim == "probably_ahead":
        return _("%(first)s is probably ahead of %(second)s on %(rubric)s.") % names
    return _("%(first)s shows more than %(second)s on %(rubric)s.") % names


def say_reversal(pair: Pair, texts: NullTranslations = ENGLISH) -> str:
    """What is not known and could turn a claim round; empty where nothing could."""
    if not pair.reversed_by:
        return ""
    facts, more = named(pair.reversed_by[:MOST_SHOWN]), len(pair.reversed_by) - MOST_SHOWN
    if more <= 0:
        return texts.gettext("What is not known could reverse it: %(facts)s.") % {"facts": facts}
    says = texts.ngettext(
        "What is not known could reverse it: %(facts)s, and %(more)d more fact.",
        "What is not known could reverse it: %(facts)s, and %(more)d more facts.",
        more,
    )
    return says % {"facts": facts, "more": more}


def headline(standing: Standing, titles: Mapping[str, str], texts: NullTranslations = ENGLISH) -> str:
    """A true sentence about the whole standing, for its heading."""
    _ = texts.gettext
    says = {"rubric": standing.title}
    if all(pair.claim == "level" for pair in standing.pairs):
        return _("%(rubric)s: no real difference on what is shown") % says
    first = standing.groups[0][0]
    wins = [pair for pair in standing.pairs if pair.first == first and pair.claim != "level"]
    if len(wins) < len(titles) - 1:
        return _("%(rubric)s: some differ, and no program leads all others") % says
    weakest = max((pair.claim for pair in wins), key=list(CLAIM_VERBS).index)
    others = titles[wins[0].second] if len(wins) == 1 else _("the others")
    return f"{standing.title}: {titles[first]} {_(CLAIM_VERBS[weakest])} {others}"


def surely_differs(cards: Sequence[Scorecard], column: int) -> bool:
    """Whether the levels of one criterion differ between programs whatever the unknowns turn out to be."""
    rows = [card.criteria[column] for card in cards if card.criteria[column].applies is not False]
    return bool(rows) and max(row.stated for row in rows) > min(row.possible for row in rows)


def _clause(says: str) -> str:
    """A sentence of a rubric as part of another sentence."""
    return says[:1].lower() + says[1:].rstrip(".") if says[1:2].islower() or says[1:2] == " " else says.rstrip(".")


def named(facts: Iterable[str]) -> str:
    """Facts by what people call them, each once: both ends of an interval are one thing."""
    return ", ".join(dict.fromkeys(_label(fact) for fact in facts))


def _label(fact: str) -> str:
    return dictionary()[fact].label.removesuffix(", at least").removesuffix(", at most")
