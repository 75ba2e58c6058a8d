"""Credentials that were presented: the verdict, and what was presented for as long as the operator wants it kept."""

from __future__ import annotations

import datetime
import secrets
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from api.presented import Report
from api.store.packed import moment, pack, pack_bytes, plain, unpack, unpack_bytes
from api.store.tables import CredentialRow, EventRow, table
from evaluator.credentials.verdict import Overall

_CREDENTIALS, _EVENTS = table(CredentialRow), table(EventRow)
_SHOWN = ("id", "name", "digest", "outcome", "verdict", "file_until", "checked", "recheck", "added", "expires")


class UnknownCredential(LookupError):
    """No credential has this id: it never had one, or was erased."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A presented file or link as the store keeps it."""

    id: str
    name: str
    digest: str
    outcome: Overall
    """The worst of its reports."""
    reports: tuple[Report, ...]
    checked: str
    added: str
    file_until: str | None
    """Until when what was presented is kept; `None`: it is not."""
    recheck: str | None
    expires: str


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long what is kept."""

    file: datetime.timedelta
    """Of what was presented; zero: it is not kept."""
    verdict: datetime.timedelta
    recheck: datetime.timedelta
    """Between two verifications; zero: it is not verified again by itself."""


def add(
    session: Session,
    presented: tuple[str, str, bytes | None],
    reports: tuple[Report, ...],
    outcome: Overall,
    retention: Retention,
    at: datetime.datetime,
) -> Kept:
    """Keep a verdict. `presented` is name, digest and content; the content of a link is `None`."""
    name, digest, content = presented
    kept_for = min(retention.file, retention.verdict)
    until = moment(at + kept_for) if kept_for else None
    kept = Kept(
        id=secrets.token_hex(10),
        # The link is what was presented, so it goes when that does.
        name=plain(name) if until or content is not None else "link",
        digest=digest,
        outcome=outcome,
        reports=reports if until or content is not None else tuple(_unnamed(each) for each in reports),
        checked=moment(at),
        added=moment(at),
        file_until=until,
        recheck=_due(until, retention, at),
        expires=moment(at + retention.verdict),
    )
    row = {name: getattr(kept, name) for name in _SHOWN if name != "verdict"}
    file = pack_bytes(content) if content is not None and until else None
    session.execute(insert(_CREDENTIALS).values(**row, verdict=pack(kept.reports), file=file))
    return kept


def get(session: Session, id: str) -> Kept:
    """A credential. Raises UnknownCredential."""
    row = session.execute(_select().where(_CREDENTIALS.c.id == plain(id))).one_or_none()
    if row is None:
        raise UnknownCredential(f'there is no credential "{id}"')
    return _kept(row)


def content(session: Session, id: str) -> bytes | None:
    """The file that was presented; `None` for a link, and where it is not kept (any more)."""
    found = session.scalars(select(_CREDENTIALS.c.file).where(_CREDENTIALS.c.id == id)).one_or_none()
    return None if found is None else unpack_bytes(found)


def renew(
    session: Session,
    kept: Kept,
    reports: tuple[Report, ...],
    outcome: Overall,
    retention: Retention,
    at: datetime.datetime,
) -> Kept:
    """Keep a new verdict in place of the old one. Raises UnknownCredential when it was erased meanwhile."""
    recheck = _due(kept.file_until, retention, at)
    renewed = msgspec.structs.replace(kept, reports=reports, outcome=outcome, checked=moment(at), recheck=recheck)
    here = update(_CREDENTIALS).where(_CREDENTIALS.c.id == kept.id)
    changed = session.execute(
        here.values(verdict=pack(reports), outcome=outcome, checked=renewed.checked, recheck=recheck)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise UnknownCredential(f'there is no credential "{kept.id}"')
    return renewed


def erase(session: Session, id: str) -> None:
    """Erase all that is kept of a credential, its events too. Raises UnknownCredential."""
    session.execute(delete(_EVENTS).where(_EVENTS.c.credential == plain(id)))
    gone = session.execute(delete(_CREDENTIALS).where(_CREDENTIALS.c.id == plain(id)))
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise UnknownCredential(f'there is no credential "{id}"')


def take_due(session: Session, at: datetime.datetime, retry: datetime.timedelta) -> Kept | None:
    """One credential that is to be verified again, put off by `retry` so that no other worker takes it meanwhile."""
    c = _CREDENTIALS.c
    while (
        row := session.execute(_select().where(c.recheck <= moment(at)).order_by(c.recheck).limit(1)).first()
    ) is not None:
        taken = update(_CREDENTIALS).where(c.id == row.id, c.recheck == row.recheck)
        if session.execute(taken.values(recheck=moment(at + retry))).rowcount:  # type: ignore[attr-defined]
            return _kept(row)
    return None


def purge(session: Session, at: datetime.datetime) -> int:
    """Erase what has been kept long enough: files, and whole credentials with their events. How many there were."""
    c = _CREDENTIALS.c
    over = select(c.id).where(c.expires <= moment(at))
    session.execute(delete(_EVENTS).where(_EVENTS.c.credential.in_(over)))
    gone = session.execute(delete(_CREDENTIALS).where(c.expires <= moment(at))).rowcount  # type: ignore[attr-defined]
    return int(gone) + _forget_files(session, at)


def _forget_files(session: Session, at: datetime.datetime) -> int:
    c = _CREDENTIALS.c
    rows = session.execute(_select().where(c.file_until <= moment(at))).all()
    for row in rows:
        kept, has_file = _kept(row), content(session, row.id) is not None
        changed: dict[str, Any] = {"file": None, "file_until": None, "recheck": None}
        if not has_file:
            changed |= {"name": "link", "verdict": pack(tuple(_unnamed(each) for each in kept.reports))}
        session.execute(update(_CREDENTIALS).where(c.id == row.id).values(**changed))
    return len(rows)


def _unnamed(report: Report) -> Report:
    return msgspec.structs.replace(report, file="link")


def _due(until: str | None, retention: Retention, at: datetime.datetime) -> str | None:
    """When to verify again: only while there is something to verify."""
    if until is None or not retention.recheck:
        return None
    due = moment(at + retention.recheck)
    return due if due < until else None


def _select() -> Any:
    return select(*(_CREDENTIALS.c[name] for name in _SHOWN))


def _kept(row: Any) -> Kept:
    values = dict(row._mapping)
    return Kept(reports=unpack(values.pop("verdict"), tuple[Report, ...]), **values)
