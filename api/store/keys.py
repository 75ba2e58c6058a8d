"""API keys. The secret is shown once, when it is made; the store keeps its hash."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import insert, or_, select, update
from sqlmodel import Session

from api.store.packed import moment, now, plain
from api.store.tables import KeyRow, table

Scope = Literal["read", "write", "admin"]
"""Each includes those before it."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
MARK = "ts_"
SHOWN = 9
"""Characters of the secret that are kept, so that people can tell keys apart; 36 bits of 192."""
USED_SECONDS = 60
"""The last use is noted at most so often: a note is a write."""
_KEYS = table(KeyRow)


class BadKey(ValueError):
    """A key that can't be made or found."""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret."""

    id: str
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created: str
    last_used: str | None
    revoked: str | None

    def may(self, scope: Scope) -> bool:
        """Whether it lets its holder do what needs `scope`."""
        return any(SCOPES.index(own) >= SCOPES.index(scope) for own in self.scopes)


def create(session: Session, name: str, scopes: Iterable[Scope]) -> tuple[str, ApiKey]:
    """A new key: its secret, to be shown once, and what is kept. Raises BadKey for an unknown scope or no name."""
    wanted = tuple(scope for scope in SCOPES if scope in set(scopes := tuple(scopes)))
    if not wanted or set(scopes) - set(SCOPES):
        raise BadKey(f"a key needs scopes out of {', '.join(SCOPES)}")
    if not (name := " ".join(plain(name).split())):
        raise BadKey("a key needs a name, so that people know whose it is")
    secret = MARK + secrets.token_urlsafe(24)
    key = ApiKey(
        id=secrets.token_hex(6),
        name=name,
        prefix=secret[:SHOWN],
        scopes=wanted,
        created=now(),
        last_used=None,
        revoked=None,
    )
    values = {**msgspec.structs.asdict(key), "scopes": " ".join(wanted), "hash": _hash(secret)}
    session.execute(insert(_KEYS).values(**values))
    return secret, key


def find(session: Session, secret: str) -> ApiKey | None:
    """The key that a secret opens; `None` for an unknown or revoked one."""
    if not secret.startswith(MARK):
        return None
    row = session.execute(_select().where(_KEYS.c.hash == _hash(secret), _KEYS.c.revoked.is_(None))).one_or_none()
    return None if row is None else _key(row)


def used(session: Session, key: ApiKey) -> None:
    """Note that a key was used now, unless that was noted a moment ago (see `is_due`)."""
    session.execute(update(_KEYS).where(_KEYS.c.id == key.id).values(last_used=now()))


def is_due(key: ApiKey) -> bool:
    """Whether the last use is so long ago that it should be noted anew."""
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=USED_SECONDS)
    return key.last_used is None or key.last_used < moment(before)


def revoke(session: Session, name: str) -> ApiKey:
    """Make a key, given by id or prefix, useless for ever. Raises BadKey when none or several are meant."""
    c = _KEYS.c
    rows = session.execute(_select().where(or_(c.id == plain(name), c.prefix == plain(name)))).all()
    if len(rows) != 1:
        raise BadKey(f'"{name}" is the id or prefix of {"no key" if not rows else f"{len(rows)} keys; give the id"}')
    key = _key(rows[0])
    if key.revoked is None:
        key = msgspec.structs.replace(key, revoked=now())
        session.execute(update(_KEYS).where(c.id == key.id).values(revoked=key.revoked))
    return key


def listed(session: Session) -> list[ApiKey]:
    """Every key, the oldest first."""
    return [_key(row) for row in session.execute(_select().order_by(_KEYS.c.created, _KEYS.c.id))]


def _select() -> Any:
    return select(*(_KEYS.c[name] for name in ApiKey.__struct_fields__))


def _key(row: Any) -> ApiKey:
    return ApiKey(**{**row._mapping, "scopes": tuple(row.scopes.split())})


def _hash(secret: str) -> str:
    # A plain hash is enough: the secret has 192 random bits, so there is nothing to guess.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
