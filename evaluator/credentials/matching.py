"""Which program is a credential for: by the achievement's own identifier, else by issuer and title, with a score.

A match is never guessed: below `THRESHOLD`, and between two programs that fit equally well, there is none. Anybody can
write any name and any identifier into a credential of their own. So a match also says whether the issuer is bound to
the program's: by its DID or address, which the signature proves, and not by its name, which it doesn't.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal
from urllib.parse import unquote, urlsplit

import msgspec

from evaluator.credentials.verdict import Claims, Issuer, Verdict
from evaluator.program import Program

THRESHOLD = 0.9
"""Of the score: nine of ten words that carry meaning are the same. Below it, titles mean different programs too often:
`Data Analysis` and `Advanced Data Analysis` share six words of seven, counted twice. The number is our judgement."""

_SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "of",
        "in",
        "for",
        "to",
        "with",
        "on",
        "at",
        "by",
        "from",
        "de",
        "la",
        "le",
        "et",
        "und",
        "der",
        "die",
        "das",
    ]
)
"""Words that make no difference."""
_LEGAL = frozenset(
    [
        "inc",
        "ltd",
        "llc",
        "gmbh",
        "ag",
        "plc",
        "corp",
        "corporation",
        "limited",
        "company",
        "co",
        "sa",
        "bv",
        "ev",
        "foundation",
        "the",
        "of",
    ]
)
"""Parts of an organisation's name that are left out as often as not."""
_LEVELS = frozenset(
    [
        "beginner",
        "beginners",
        "introduction",
        "introductory",
        "basic",
        "foundation",
        "foundations",
        "fundamentals",
        "essentials",
        "associate",
        "intermediate",
        "practitioner",
        "professional",
        "advanced",
        "expert",
        "specialist",
        "master",
        "i",
        "ii",
        "iii",
        "iv",
        "v",
    ]
)
"""Words by which programs of one series differ; they must be the same on both sides."""

How = Literal["achievement", "issuer_and_title"]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A program that a credential may be for, as far as matching looks at it."""

    id: str
    title: str | None = None
    issuer: str | None = None
    """Name."""
    issuer_id: str | None = None
    issuer_url: str | None = None
    url: str | None = None
    """Page of the program."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The program of a credential."""

    program: str
    """Its identifier."""
    how: How
    score: float
    """From 0 to 1; 1 by the achievement's identifier, else how alike issuer and title are."""
    bound: bool
    """Whether the proven identifier of the issuer belongs to the program's issuer; else only names agree."""


def candidate(program: Program) -> Candidate:
    """What matching looks at in a program."""
    issuer = program.issuer
    return Candidate(
        id=program.id,
        title=program.title,
        issuer=issuer.name if issuer else None,
        issuer_id=issuer.id if issuer else None,
        issuer_url=issuer.url if issuer else None,
        url=program.url,
    )


def is_real(verdict: Verdict) -> bool:
    """Whether a program may stand beside a credential: it is valid, and not known to be somebody else's."""
    mistaken = any(check.id == "recipient" and check.outcome == "fail" for check in verdict.checks)
    return verdict.outcome == "valid" and verdict.proven and verdict.claims is not None and not mistaken


def match(verdict: Verdict, candidates: Iterable[Candidate]) -> Match | None:
    """The program of a verified credential; None when it is not verified, nothing fits, or two fit equally well."""
    if not is_real(verdict) or verdict.claims is None:
        return None
    found = [one for each in candidates if (one := compared(verdict.claims, each)) is not None]
    best = max((each.score for each in found), default=0.0)
    ahead = {each.program: each for each in found if each.score == best}
    return next(iter(ahead.values())) if len(ahead) == 1 else None


def compared(claims: Claims, other: Candidate) -> Match | None:
    """How well one program fits what a credential says; None below the threshold."""
    issuers, bound = issuer_likeness(claims.issuer, other)
    own = achievement_id(claims)
    if own and own == other.id:
        # An identifier that is used by an issuer of another name is not that issuer's to use.
        fits = bound or other.issuer is None or issuers >= THRESHOLD
        return Match(program=other.id, how="achievement", score=1.0, bound=bound) if fits else None
    score = round(issuers * likeness(claims.title, other.title or ""), 2)
    return Match(program=other.id, how="issuer_and_title", score=score, bound=bound) if score >= THRESHOLD else None


def achievement_id(claims: Claims) -> str:
    """The identifier of the achievement (BadgeClass, Achievement); empty when it has none."""
    found = (claims.achievement or {}).get("id")
    return found if isinstance(found, str) else ""


def issuer_likeness(issuer: Issuer, other: Candidate) -> tuple[float, bool]:
    """How alike two issuers are, from 0 to 1, and whether that rests on the identifier that was proven."""
    own = _host(issuer.id)
    if issuer.id and (issuer.id == other.issuer_id or own in {_host(other.issuer_id), _host(other.issuer_url)} - {""}):
        return 1.0, True
    alike = _dice(_words(issuer.name) - _LEGAL, _words(other.issuer or "") - _LEGAL)
    # Many issuers may have their programs on one platform, so the host of the page binds only together with the name.
    return alike, alike >= THRESHOLD and own != "" and own == _host(other.url)


def likeness(one: str, other: str) -> float:
    """How alike two titles are, from 0 to 1: twice the shared words by all words (Dice), small words left out.

    0 when numbers or words of level differ.
    """
    mine, theirs = _words(one), _words(other)
    if _telling(mine) != _telling(theirs):
        return 0.0
    return _dice(mine - _SMALL, theirs - _SMALL)


def significant(title: str) -> str:
    """The words of a title by which programs can be searched."""
    return " ".join(sorted(_words(title) - _SMALL))


def _telling(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word in _LEVELS or any(letter.isdigit() for letter in word))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _words(text: str) -> frozenset[str]:
    """Words of a text without case, accents and punctuation; `C++` and `C#` stay what they are."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return frozenset(re.findall(r"\w+[+#]*", plain.replace("'", "").replace("’", "")))


def _host(address: str | None) -> str:
    """The host of a web address or did:web, without `www.`; empty for anything else."""
    text = address or ""
    if text.startswith("did:web:"):
        return unquote(text.split(":")[2]).partition(":")[0].lower().removeprefix("www.")
    try:
        host = urlsplit(text).hostname if text.startswith(("https://", "http://")) else ""
    except ValueError:
        host = ""
    return (host or "").removeprefix("www.")
