"""What an applicant presents, verified: one report per credential, with its program and what that is worth.

Two questions that stay apart: is it real, and what is it worth? Nothing is kept here, and nothing about the holder goes
into a program.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import msgspec

from evaluator.credentials import carrier, matching
from evaluator.credentials.matching import Candidate, Match
from evaluator.credentials.verdict import (
    Check,
    CheckId,
    Claims,
    Outcome,
    Overall,
    Refused,
    Verdict,
    codes,
    plain,
    refused,
)
from evaluator.credentials.verify import verify
from evaluator.credentials.world import Unavailable, World
from evaluator.derive import derive
from evaluator.program import Program, document
from evaluator.rubric import Rubric
from evaluator.score import Scorecard, score_derived
from providers import badge_pages, open_badges, profile

How = Literal["achievement", "issuer_and_title", "own_data"]
Find = Callable[[Claims], Iterable[Candidate]]
"""Programs among which the one of a credential is looked for."""
ASK_WHOSE_KEY = (
    "Ask the organisation that it names whether this key is theirs; anybody can make a key and use any name."
)
WORST: tuple[Overall, ...] = ("invalid", "indeterminate", "valid")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one question about a credential."""

    id: CheckId
    outcome: Outcome
    code: str
    says: str


class IssuerClaim(msgspec.Struct, frozen=True, kw_only=True):
    """Who says to have issued it."""

    id: str
    name: str
    proven: bool
    """Whether the signature proves the identifier; a name is never proven."""


class AchievementClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What it was issued for."""

    id: str
    title: str
    proven: bool


class ProgramMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The program of a credential that is real."""

    id: str
    title: str | None
    how: How
    """By the achievement's identifier, by issuer and title, or read from the credential's own achievement data."""
    score: float | None
    """From 0 to 1; null for a program that was read from the credential itself."""
    bound: bool
    """Whether the issuer's proven identifier belongs to the program's issuer; else only the names agree."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One credential that was presented."""

    file: str
    """File name or link."""
    format: str
    outcome: Overall
    codes: tuple[str, ...]
    """Why it is not valid, or could not be checked; keys of the table of codes."""
    checks: tuple[Look, ...]
    issuer: IssuerClaim | None
    """Null when nothing that the document says may be believed."""
    achievement: AchievementClaim | None
    program: ProgramMatch | None
    holder_match: bool | None
    """Whether it was issued to the person named; null when that was not or could not be compared."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A report with the program behind it, which reports only name."""

    report: Report
    details: tuple[str, ...] = ()
    """What exactly was found, per check of the report: for the curious; may repeat what the document says."""
    inside: tuple[Report, ...] = ()
    """Credentials inside it: members of a presentation or learner record, endorsements."""
    own_program: Program | None = None
    """The program as the credential itself describes it, where no known one matches."""


def look(name: str, content: bytes, world: World, find: Find) -> list[Seen]:
    """Verify a file; one result per credential in it, at least one."""
    return [_seen(name, verdict, find, world.at) for verdict in verify(content, world)]


def look_at_link(link: str, world: World, find: Find) -> list[Seen]:
    """Verify what lies behind a link, through the platform's page to the credential itself."""
    found = behind(link, world)
    if isinstance(found, Refused):
        return [_seen(link, refused("link", found), find, world.at)]
    return look(link, found, world, find)


def behind(link: str, world: World) -> bytes | Refused:
    """The credential behind a link, or why there is none."""
    page = badge_pages.behind(link)
    if page.address is None:
        return Refused("page_without_credential", f"{page.platform}: {page.advice}".removeprefix(": "))
    try:
        content = world.get(page.address)
    except Unavailable as error:
        # A publisher that answers so says that there was a badge and that it is withdrawn.
        return Refused("revoked" if error.status == 410 else "link_unavailable", f"{page.address}: {error.reason}")
    if carrier.sniff(content) == "web page":
        return Refused("page_without_credential", page.address)
    return content


def worst(reports: Iterable[Report]) -> Overall:
    """The outcome over several: the worst of them."""
    return min((report.outcome for report in reports), key=WORST.index, default="valid")


def asks(report: Report) -> list[str]:
    """What to ask for or to do next, the most pressing first; of what is not valid, only what would mend that."""
    known = codes()
    pressing: tuple[Outcome, ...] = ("fail",) if report.outcome == "invalid" else ("fail", "unknown")
    found = [check.code for outcome in pressing for check in report.checks if check.outcome == outcome]
    # Codes of credentials inside a presentation stand only in the list of codes.
    every = dict.fromkeys([*found, *(code for code in report.codes if known[code].outcome in pressing)])
    sentences = [known[code].next for code in every if code]
    if report.outcome == "valid" and is_only_a_key(report):
        sentences.append(ASK_WHOSE_KEY)
    return list(dict.fromkeys(filter(None, sentences)))


def is_only_a_key(report: Report) -> bool:
    """Whether the issuer is known by nothing but a key, which anybody can make, and no registry vouches for it."""
    vouched = any(check.id == "trust" and check.outcome == "pass" for check in report.checks)
    return report.issuer is not None and report.issuer.id.startswith(("did:key:", "did:jwk:")) and not vouched


def is_real(report: Report) -> bool:
    """Whether what it is worth may be shown: valid, and not known to be somebody else's."""
    return report.outcome == "valid" and report.holder_match is not False


# --- reports ------------------------------------------------------------------------------------------------


def _seen(name: str, verdict: Verdict, find: Find, at: datetime.datetime) -> Seen:
    inner = verdict.credentials[0] if len(verdict.credentials) == 1 and verdict.claims is None else verdict
    # A presentation names no achievement; the one credential in it does.
    told = msgspec.structs.replace(inner, outcome=verdict.outcome) if inner is not verdict else verdict
    program, own = _program(told, find, at)
    checks = _said_once(_believable(verdict))
    return Seen(
        report=Report(
            file=name,
            format=verdict.format,
            outcome=verdict.outcome,
            codes=verdict.codes,
            checks=tuple(
                Look(id=check.id, outcome=check.outcome, code=check.code, says=check.says) for check in checks
            ),
            issuer=_issuer(told),
            achievement=_achievement(told),
            program=program,
            holder_match=_holder(checks),
        ),
        details=tuple(check.detail for check in checks),
        inside=tuple(_seen(name, each, _nowhere, at).report for each in (*verdict.credentials, *verdict.beside)),
        own_program=own,
    )


def _nowhere(_: Claims) -> Iterable[Candidate]:
    return ()


def _issuer(verdict: Verdict) -> IssuerClaim | None:
    claims = verdict.claims
    if claims is None or not (claims.issuer.id or claims.issuer.name):
        return None
    return IssuerClaim(id=claims.issuer.id, name=claims.issuer.name, proven=verdict.proven)


def _achievement(verdict: Verdict) -> AchievementClaim | None:
    """Only what is said of the achievement: the title of a credential may name its holder."""
    claims = verdict.claims
    if claims is None or not claims.achievement:
        return None
    named = any(claims.achievement.get(key) for key in ("name", "title"))
    title = claims.title if named else ""
    return AchievementClaim(id=matching.achievement_id(claims), title=title, proven=verdict.proven)


def _believable(verdict: Verdict) -> tuple[Check, ...]:
    """The checks, where what the document says of its dates, its list and its holder is right only if it is intact."""
    if not any(check.id == "integrity" and check.outcome == "fail" for check in verdict.checks):
        return verdict.checks
    said = ("validity_period", "status", "recipient")
    return tuple(
        plain(check.id, "unknown") if check.id in said and check.outcome == "pass" else check
        for check in verdict.checks
    )


def _said_once(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Answers that read the same, of two proofs for instance, as one with the details of all."""
    alike: dict[tuple[str, str, str], list[Check]] = {}
    for check in checks:
        alike.setdefault((check.id, check.outcome, check.says), []).append(check)
    return tuple(
        msgspec.structs.replace(same[0], detail="; ".join(dict.fromkeys(filter(None, (each.detail for each in same)))))
        for same in alike.values()
    )


def _holder(checks: Iterable[Check]) -> bool | None:
    outcomes = {check.outcome for check in checks if check.id == "recipient"}
    return False if "fail" in outcomes else True if outcomes == {"pass"} else None


def _program(verdict: Verdict, find: Find, at: datetime.datetime) -> tuple[ProgramMatch | None, Program | None]:
    """The program of a verified credential: a known one, else as the credential's own achievement describes it."""
    if not matching.is_real(verdict) or verdict.claims is None:
        return None, None
    candidates = {each.id: each for each in find(verdict.claims)}
    found: Match | None = matching.match(verdict, candidates.values())
    if found is not None:
        title = candidates[found.program].title
        known = ProgramMatch(id=found.program, title=title, how=found.how, score=found.score, bound=found.bound)
        return known, None
    own = own_program(verdict.claims, at)
    if own is None:
        return None, None
    return ProgramMatch(id=own.id, title=own.title, how="own_data", score=None, bound=True), own


def own_program(claims: Claims, at: datetime.datetime) -> Program | None:
    """The program that the achievement in a credential describes; `None` where it describes none.

    Only issuer and achievement are read, and the document made of them is all that the program's evidence names:
    nothing about the holder can get into it.
    """
    if not claims.achievement:
        return None
    content = msgspec.json.encode(_without_holder(claims))
    moment = at.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    source = document("achievement data in a presented credential", content, "application/json", moment)
    programs = open_badges.read(source).programs
    return profile.inherit(programs[0], profile.built_in()) if programs else None


def _without_holder(claims: Claims) -> dict[str, Any]:
    """A credential of nobody: its issuer and achievement alone, in the form that the reader of Open Badges knows."""
    achievement = dict(claims.achievement or {})
    issuer = {"id": claims.issuer.id, "type": "Profile", "name": claims.issuer.name, "url": claims.issuer.url}
    issuer = {name: value for name, value in issuer.items() if value}
    if "BadgeClass" in _types(achievement) or "issuer" in achievement:
        return {"@context": "https://w3id.org/openbadges/v2", **achievement, "type": "BadgeClass", "issuer": issuer}
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": issuer,
        "credentialSubject": {"type": ["AchievementSubject"], "achievement": achievement},
    }


def _types(node: dict[str, Any]) -> list[Any]:
    found = node.get("type", node.get("@type"))
    return found if isinstance(found, list) else [found]


def judged(program: Program, rubrics: Sequence[Rubric], day: datetime.date) -> list[Scorecard]:
    """The scorecards of a program that is not in the store."""
    derived = derive(program, day)
    return [score_derived(derived, rubric, day) for rubric in rubrics]
