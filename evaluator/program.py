"""Documents, evidence, facts and programs: the values that everything else passes on.

All of them are frozen. A reader of documents builds a program with `Draft`, which lets only facts of the
dictionary through and turns a value that can't be into a problem instead of losing the document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from evaluator.canonical import digest, digest_of
from evaluator.facts import FactDefinition, Value, dictionary

Grade = Literal["claimed", "documented", "third_party", "verified"]
GRADES: tuple[Grade, ...] = ("claimed", "documented", "third_party", "verified")
"""How far evidence can be trusted, from least to most."""
RANK: dict[str, int] = {grade: rank for rank, grade in enumerate(GRADES)}

QUOTE_LENGTH = 240
"""Characters of the source that evidence repeats at most: enough to find the place, too little to republish it."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes as they came, with where and when."""

    url: str
    """Address or file name; `-` for standard input."""
    media_type: str
    retrieved: str
    """ISO 8601 UTC time of fetching."""
    content: bytes
    digest: str
    """sha256 of `content`."""


def document(url: str, content: bytes, media_type: str, retrieved: str) -> Document:
    """A document with its digest computed."""
    return Document(url=url, media_type=media_type, retrieved=retrieved, content=content, digest=digest(content))


class DocumentReference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document without its bytes."""

    digest: str
    url: str
    media_type: str
    retrieved: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where one source states one value of a fact."""

    document: str
    """Digest of the document."""
    locator: str
    """Place in it: JSON Pointer (RFC 6901), CSS selector, or table cell."""
    quote: str
    """The words or value found there, at most 240 characters."""
    value: Value
    grade: Grade
    retrieved: str
    """ISO 8601 time or date at which the source was read."""
    inherited_from: str | None = None
    """Profile that states it for all programs of an issuer."""
    source: str | None = None
    """Public page on which whoever wrote the document read it."""
    author: str | None = None
    """Who corrected it, for a human correction."""
    reason: str | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one fact: the value that stands, and every piece of evidence, best first."""

    value: Value | None
    """`None` only when equally good sources disagree and none is the more cautious."""
    grade: Grade
    evidence: tuple[Evidence, ...]
    conflict: bool = False
    """Equally good evidence states different values."""


class Organization(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who offers or awards a program."""

    name: str
    id: str | None = None
    url: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2 where the source gives one, else as stated."""


class Skill(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One skill or competency that the program names."""

    label: str
    id: str | None = None
    """URI in its framework."""
    framework: str | None = None
    level: str | None = None


class Recognition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody else's decision about the program or its issuer."""

    kind: str
    body: str
    scope: Literal["program", "institution"] | None = None
    url: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None


class Price(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One price, with what it buys."""

    amount: float
    currency: str | None = None
    """ISO 4217; `None` when the source names none."""
    what: str | None = None


class Dates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """ISO 8601 dates that the source states."""

    published: str | None = None
    modified: str | None = None
    expires: str | None = None


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """An offering that leads to a credential, as published."""

    id: str
    title: str | None = None
    description: str | None = None
    url: str | None = None
    languages: tuple[str, ...] = ()
    issuer: Organization | None = None
    awarding_body: Organization | None = None
    outcomes: tuple[str, ...] = ()
    skills: tuple[Skill, ...] = ()
    prerequisites: tuple[str, ...] = ()
    recognitions: tuple[Recognition, ...] = ()
    prices: tuple[Price, ...] = ()
    dates: Dates = Dates()
    provider: str | None = None
    """Adapter that read it."""
    documents: tuple[DocumentReference, ...] = ()
    facts: dict[str, Fact] = {}

    def value(self, fact: str) -> Value | None:
        """The value that stands, or `None` for unknown."""
        known = self.facts.get(fact)
        return None if known is None else known.value

    def digest(self) -> str:
        """Digest of the whole program, evidence included."""
        return digest_of(msgspec.to_builtins(self))


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something a document holds that could not be read, and where."""

    document: str
    """Address or file name."""
    locator: str
    message: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What reading a document gave: programs, and problems that did not stop it."""

    programs: tuple[Program, ...] = ()
    problems: tuple[Problem, ...] = ()


def settle(definition: FactDefinition, evidence: Iterable[Evidence]) -> Fact:
    """The fact that several pieces of evidence amount to, whatever their order.

    The best grade wins. Between equally good ones the more cautious value stands and the fact is marked as a
    conflict; where neither value is the more cautious, the value is unknown.
    """
    ordered = sorted(set(evidence), key=_best_first)
    best = ordered[0].grade
    values = {item.value for item in ordered if item.grade == best}
    value = ordered[0].value if len(values) == 1 else definition.most_cautious(values)
    return Fact(value=value, grade=best, evidence=tuple(ordered), conflict=len(values) > 1)


def _best_first(item: Evidence) -> tuple[int | str, ...]:
    # Over every field: pieces that differ in any must have one order, or the same evidence had two digests.
    return (
        -RANK[item.grade],
        str(item.value),
        item.document,
        item.locator,
        item.quote,
        item.retrieved,
        item.inherited_from or "",
        item.source or "",
        item.author or "",
        item.reason or "",
    )


def with_evidence(program: Program, statements: Iterable[tuple[str, Evidence]]) -> Program:
    """The program with more evidence; nothing that was known is lost, and the order of adding does not matter."""
    added: dict[str, list[Evidence]] = {}
    for name, evidence in statements:
        added.setdefault(name, []).append(evidence)
    facts = dict(program.facts)
    for name, pieces in added.items():
        known = facts[name].evidence if name in facts else ()
        facts[name] = settle(dictionary()[name], (*known, *pieces))
    return msgspec.structs.replace(program, facts=facts)


def merged(one: Program, other: Program) -> Program:
    """Two readings of one program: all evidence of both; of what people read, the first that says anything."""
    described = {
        field: getattr(one, field) or getattr(other, field)
        for field in Program.__struct_fields__
        if field not in ("id", "facts", "documents", "dates")
    }
    documents = tuple(dict.fromkeys((*one.documents, *other.documents)))
    statements = ((name, evidence) for name, fact in other.facts.items() for evidence in fact.evidence)
    return with_evidence(msgspec.structs.replace(one, **described, documents=documents), statements)


def may_be_one(one: Program, other: Program) -> bool:
    """Whether two readings with one id can speak of one program: their issuers have one name, or one is not known.

    Anybody can write anybody's id into a document. Merged by id alone, it would speak in the other's name.
    """
    names = {" ".join(each.issuer.name.casefold().split()) for each in (one, other) if each.issuer}
    return len(names) < 2


def set_apart(program: Program, known: Program) -> tuple[Program, str]:
    """A program that claims the id of `known`, which is another issuer's, under an id of its own; and what to say."""
    issuers = [f"“{each.issuer.name}”" if each.issuer else "an unknown issuer" for each in (known, program)]
    own = "urn:touchstone:" + digest_of([program.id, issuers[1]]).removeprefix("sha256:")[:32]
    says = (
        f"the id {program.id} is that of “{known.title or known.id}” of {issuers[0]}, and this document claims it for "
        f"“{program.title or program.id}” of {issuers[1]}; the two are kept apart, this one as {own}"
    )
    return msgspec.structs.replace(program, id=own), says


class Draft:
    """What one document says about one program, while a provider reads it.

    Set the descriptive fields as keywords of `finish`; state facts one by one with `state`.
    """

    def __init__(self, source: Document, grade: Grade) -> None:
        self.source = source
        self.grade: Grade = grade
        self.problems: list[Problem] = []
        self._evidence: dict[str, list[Evidence]] = {}

    def state(
        self, fact: str, value: Value | None, locator: str, quote: object = None, grade: Grade | None = None
    ) -> None:
        """State that the document gives `fact` the value `value` at `locator`.

        `None` states nothing. A value that the fact can't have becomes a problem and is not stated. `quote` is
        what stands at the locator, where it differs from the value. Raises KeyError for a fact that is not in
        the dictionary and ValueError for a derived one: mistakes of the provider, not of the document.
        """
        if value is None:
            return
        definition = dictionary()[fact]
        if definition.derived:
            raise ValueError(f"{fact} is derived; a provider can't state it")
        if fault := definition.fault(value):
            self.problem(locator, fault)
            return
        self._evidence.setdefault(fact, []).append(
            Evidence(
                document=self.source.digest,
                locator=locator,
                quote=_short(value if quote is None else quote),
                value=value,
                grade=grade or self.grade,
                retrieved=self.source.retrieved,
            )
        )

    def states(self, fact: str) -> bool:
        """Whether the fact has been stated so far."""
        return fact in self._evidence

    def problem(self, locator: str, message: str) -> None:
        """Report something that could not be read; the rest of the document still counts."""
        self.problems.append(Problem(document=self.source.url, locator=locator, message=message))

    def finish(self, *, id: str | None = None, **fields: Any) -> Program:
        """The program. `id` is the source's own identifier; without one, a digest of issuer, title and address."""
        known = dictionary()
        issuer = fields.get("issuer")
        reference = DocumentReference(
            digest=self.source.digest,
            url=self.source.url,
            media_type=self.source.media_type,
            retrieved=self.source.retrieved,
        )
        return Program(
            id=id or made_id(issuer.name if issuer else None, fields.get("title"), fields.get("url")),
            documents=(reference,),
            facts={name: settle(known[name], pieces) for name, pieces in self._evidence.items()},
            **fields,
        )


def made_id(issuer: str | None, title: str | None, url: str | None) -> str:
    """A stable identifier for a program whose source gives none."""
    return "urn:touchstone:" + digest_of([issuer, title, url]).removeprefix("sha256:")[:32]


def _short(value: object) -> str:
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= QUOTE_LENGTH else text[: QUOTE_LENGTH - 1] + "…"
