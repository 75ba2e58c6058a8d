"""The use cases around presented credentials, over the store: verify and keep, verify again, erase.

Nobody's address is kept: the e-mail addresses that a credential is compared with are used and forgotten, and a later
verification leaves the answer about the person as it was.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from api import presented
from api.presented import Look, Report, Seen
from api.settings import Settings
from api.store import credentials, events, programs, search
from api.store.credentials import Kept, Retention
from api.store.database import Database
from api.store.packed import moment
from api.world import Asked, Worlds
from evaluator.canonical import digest
from evaluator.credentials import matching
from evaluator.credentials.matching import Candidate
from evaluator.credentials.verdict import Claims

AT_ONCE = 8
"""Credentials of one request that are verified side by side: most of the time goes by in waiting for answers."""
MOST_CANDIDATES = 50
"""Programs with the words of a title that are compared with a credential."""
REVOKED = ("revoked", "suspended")
NOBODY = Asked()
"""Asks about no person and no presentation."""


class NotKept(LookupError):
    """What was presented is not kept, so it can't be verified again."""


@dataclass(frozen=True)
class Given:
    """One thing that was presented: a file with its name, or a link."""

    name: str
    content: bytes | None = None
    """`None`: the name is a link."""

    @property
    def digest(self) -> str:
        """Of the file, or of the link."""
        return digest(self.name.encode("utf-8", "replace") if self.content is None else self.content)


def retention(settings: Settings) -> Retention:
    """How long what is kept, by the settings."""
    return Retention(
        file=datetime.timedelta(days=settings.credential_file_days),
        verdict=datetime.timedelta(days=settings.credential_days),
        recheck=datetime.timedelta(hours=settings.credential_recheck_hours),
    )


def look_at(database: Database, given: Sequence[Given], worlds: Worlds, asked: Asked = NOBODY) -> list[list[Seen]]:
    """Verify without keeping anything; per item what was seen, in order."""
    world = worlds.world(asked)

    def look(one: Given) -> list[Seen]:
        def find(claims: Claims) -> Iterable[Candidate]:
            return candidates(database, claims)

        if one.content is None:
            return presented.look_at_link(one.name, world, find)
        return presented.look(one.name, one.content, world, find)

    if len(given) == 1:
        return [look(given[0])]
    with ThreadPoolExecutor(min(AT_ONCE, max(1, len(given)))) as pool:
        return list(pool.map(look, given))


def add(
    database: Database, given: Sequence[Given], worlds: Worlds, keep: Retention, asked: Asked = NOBODY
) -> list[Kept]:
    """Verify, and keep the verdicts. What is answered bears the names that were given, whether they are kept or not."""
    seen = look_at(database, given, worlds, asked)
    now = _now()
    found: list[Kept] = []
    with database.session(write=True) as session:
        for one, each in zip(given, seen, strict=True):
            reports = tuple(item.report for item in each)
            outcome = presented.worst(reports)
            kept = credentials.add(session, (one.name, one.digest, one.content), reports, outcome, keep, now)
            found.append(msgspec.structs.replace(kept, name=one.name, reports=reports))
    return found


def verify_again(database: Database, id: str, worlds: Worlds, keep: Retention, asked: Asked = NOBODY) -> Kept:
    """Verify what is kept of a credential; a difference raises an event. Raises UnknownCredential and NotKept."""
    with database.session() as session:
        kept = credentials.get(session, id)
        content = credentials.content(session, id)
    if kept.file_until is None or kept.file_until <= moment(_now()):
        raise NotKept("what was presented is not kept, so it can't be verified again; present it anew")
    seen = look_at(database, [Given(kept.name, content)], worlds, asked)[0]
    reports = tuple(each.report for each in seen)
    if not asked.recipients:
        reports = _about_the_person(reports, kept.reports)
    now = _now()
    with database.session(write=True) as session:
        before, after = _standing(kept.reports), _standing(reports)
        renewed = credentials.renew(session, kept, reports, after.outcome, keep, now)
        if before != after:
            newly = (set(after.codes) - set(before.codes)) & set(REVOKED)
            kind: events.EventType = "credential.revoked" if newly else "credential.changed"
            events.add(session, kind, id, events.Change(before=before, after=after), now)
    return renewed


def erase(database: Database, id: str) -> None:
    """Erase all that is kept of a credential. Raises UnknownCredential."""
    with database.session(write=True) as session:
        credentials.erase(session, id)


def candidates(database: Database, claims: Claims) -> list[Candidate]:
    """Programs of the store that a credential may be for: the one with the achievement's id, and those whose words
    hold the title."""
    keys = [programs.key_of(own)] if (own := matching.achievement_id(claims)) else []
    with database.session() as session:
        if claims.title:
            try:
                asked = search.Search(text=matching.significant(claims.title[:200]))
                keys += [found.key for found in search.page(session, asked, [], None, MOST_CANDIDATES).items]
            except search.BadSearch:
                pass  # a title without words
        there = programs.present(session, list(dict.fromkeys(keys)))
        return [matching.candidate(each.program) for each in programs.current(session, there)]


def _standing(reports: Sequence[Report]) -> events.Standing:
    every = dict.fromkeys(code for report in reports for code in report.codes)
    return events.Standing(outcome=presented.worst(reports), codes=tuple(every))


def _about_the_person(reports: Sequence[Report], before: Sequence[Report]) -> tuple[Report, ...]:
    """New reports with the earlier answer about the person, where nobody was named this time."""
    if len(reports) != len(before):
        return tuple(reports)
    return tuple(_same_person(new, old) for new, old in zip(reports, before, strict=True))


def _same_person(new: Report, old: Report) -> Report:
    answers: list[Look] = [check for check in old.checks if check.id == "recipient"]
    others = [check for check in new.checks if check.id != "recipient"]
    place = next((at for at, check in enumerate(new.checks) if check.id == "recipient"), len(others))
    checks = (*others[:place], *answers, *others[place:])
    return msgspec.structs.replace(new, checks=checks, holder_match=old.holder_match)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
