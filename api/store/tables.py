"""The tables. Large values lie packed (`packed.py`); columns hold what is asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, Index, LargeBinary, MetaData, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SEARCH_TABLE = "program_search"
"""Full-text index, made by migration only: FTS5 in SQLite, a tsvector with GIN in PostgreSQL."""

MOST_SORTED = 200
"""Characters of a title or issuer by which programs are ordered."""


def _facts_json() -> Any:
    return JSON().with_variant(JSONB(), "postgresql")


def _ordered_text() -> Any:
    # Ordered by code point in both databases, so that a page ends at the same program in both.
    return String(MOST_SORTED).with_variant(String(MOST_SORTED, collation="C"), "postgresql")


class _Table(SQLModel):
    """Every constraint has a name, because a later migration can only change what it can name."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


METADATA = _Table.metadata


class DocumentRow(_Table, table=True):
    """A document: bytes as they came, once per digest."""

    __tablename__ = "documents"

    number: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    url: str = Field(index=True)
    media_type: str
    retrieved: str
    """When these bytes were first had; evidence says so."""
    last_seen: str
    """When they were last had: of two documents at one address the one seen later stands."""
    size: int
    content: bytes = Field(sa_type=LargeBinary)
    read_as: str | None = None
    """By which version of the readers, and as which kind; `None` while it waits to be read."""
    problems: bytes | None = Field(default=None, sa_type=LargeBinary)
    added: str


class ProgramRow(_Table, table=True):
    """A program in its current version, with the columns that people search, filter and sort by."""

    __tablename__ = "programs"
    __table_args__ = (Index(None, "sort_title", "number"), Index(None, "sort_issuer", "number"))

    number: int | None = Field(default=None, primary_key=True)
    """In the order of arrival."""
    key: str = Field(unique=True)
    id: str
    title: str | None = None
    issuer: str | None = None
    sort_title: str = Field(sa_type=_ordered_text())
    sort_issuer: str = Field(sa_type=_ordered_text())
    version: int
    digest: str = Field(index=True)
    facts: dict[str, Any] = Field(sa_type=_facts_json())
    """Every known value, derived ones as of `seen_on`."""
    seen_on: str
    """Day on which the derived facts, and the scores of the catalogue, were computed."""
    formed_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """`Way.name` of the way it was formed; empty where that was not noted yet."""
    added: str
    changed: str


class VersionRow(_Table, table=True):
    """One content that a program had."""

    __tablename__ = "program_versions"

    program: int = Field(primary_key=True, foreign_key="programs.number")
    version: int = Field(primary_key=True)
    digest: str = Field(index=True)
    content: bytes = Field(sa_type=LargeBinary)
    made: str


class ReadingRow(_Table, table=True):
    """What one document says of one program, before profiles and corrections."""

    __tablename__ = "readings"

    program: int = Field(primary_key=True, foreign_key="programs.number")
    document: int = Field(primary_key=True, foreign_key="documents.number", index=True)
    content: bytes = Field(sa_type=LargeBinary)


class CorrectionRow(_Table, table=True):
    """A fact as a person found it: one more piece of evidence."""

    __tablename__ = "corrections"

    number: int | None = Field(default=None, primary_key=True)
    program: int = Field(foreign_key="programs.number", index=True)
    fact: str
    evidence: bytes = Field(sa_type=LargeBinary)
    author: str
    reason: str
    made: str


class RubricRow(_Table, table=True):
    """A rubric with its full text."""

    __tablename__ = "rubrics"

    digest: str = Field(primary_key=True)
    rubric: str = Field(index=True)
    version: str
    title: str
    text: str
    variant_of: str | None = Field(default=None, foreign_key="rubrics.digest")
    """The published rubric whose weights somebody changed."""
    added: str


class ScorecardRow(_Table, table=True):
    """One program's content under one rubric on one day."""

    __tablename__ = "scorecards"
    # Holds all that a catalogue shows and orders by, so that it reads no page of a card.
    __table_args__ = (
        Index(
            "ix_scorecards_bars",
            "rubric_digest",
            "as_of",
            "program_digest",
            "evidenced",
            "stated",
            "possible",
            "coverage",
        ),
    )

    program_digest: str = Field(primary_key=True)
    rubric_digest: str = Field(primary_key=True, foreign_key="rubrics.digest")
    as_of: str = Field(primary_key=True)
    evidenced: float
    stated: float
    possible: float
    coverage: float
    card: bytes = Field(sa_type=LargeBinary)


class ComparisonRow(_Table, table=True):
    """A comparison at its permanent address."""

    __tablename__ = "comparisons"

    id: str = Field(primary_key=True)
    request: bytes = Field(sa_type=LargeBinary)
    content: bytes = Field(sa_type=LargeBinary)
    made: str


class KeyRow(_Table, table=True):
    """An API key, of which only the hash is kept."""

    __tablename__ = "api_keys"

    id: str = Field(primary_key=True)
    name: str
    prefix: str
    hash: str = Field(unique=True)
    scopes: str
    created: str
    last_used: str | None = None
    revoked: str | None = None


class IdempotencyRow(_Table, table=True):
    """A request that must have its effect once, and what was answered."""

    __tablename__ = "idempotency"

    owner: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request: str
    token: str = Field(unique=True)
    """Who began it."""
    response: bytes | None = Field(default=None, sa_type=LargeBinary)
    started: str = Field(index=True)


class JobRow(_Table, table=True):
    """Many documents at once."""

    __tablename__ = "jobs"

    id: str = Field(primary_key=True)
    state: str = Field(index=True)
    provider: str | None = None
    owner: str | None = None
    """The worker that has it, until `lease_until`."""
    lease_until: str | None = None
    created: str
    finished: str | None = None


class JobItemRow(_Table, table=True):
    """One document, or address to fetch, of a job."""

    __tablename__ = "job_items"
    __table_args__ = (UniqueConstraint("job", "position"),)

    number: int | None = Field(default=None, primary_key=True)
    job: str = Field(foreign_key="jobs.id")
    position: int
    name: str
    """File name or address, for people."""
    document: int | None = Field(default=None, foreign_key="documents.number")
    state: str
    attempts: int = 0
    outcome: bytes | None = Field(default=None, sa_type=LargeBinary)


class CredentialRow(_Table, table=True):
    """What an applicant presented, and its verdict. Nobody's e-mail address is kept, nor a hash of one."""

    __tablename__ = "credentials"

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    name: str
    """File name or link."""
    digest: str
    """sha256 of the file; of a link, of the link."""
    outcome: str
    verdict: bytes = Field(sa_type=LargeBinary)
    """The reports, packed."""
    file: bytes | None = Field(default=None, sa_type=LargeBinary)
    """What was presented, packed, until `file_until`; of a link nothing but `name` is needed."""
    file_until: str | None = Field(default=None, index=True)
    checked: str
    recheck: str | None = Field(default=None, index=True)
    """When it is verified again; `None`: not by itself."""
    added: str
    expires: str = Field(index=True)
    """When all of it is erased."""


class EventRow(_Table, table=True):
    """Something that happened to a credential after its first verdict."""

    __tablename__ = "events"

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    type: str
    credential: str = Field(foreign_key="credentials.id", index=True)
    at: str
    content: bytes = Field(sa_type=LargeBinary)


def table(row: type[SQLModel]) -> Any:
    """The Core table of a row class, for statements over many rows."""
    return row.__table__  # type: ignore[attr-defined]
