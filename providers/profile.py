"""Profiles: what platforms and issuers publish about all their programs, kept once with its source and date.

Programs inherit such facts unless their own document says otherwise. Without profiles most of what decides rigor
(identity checks, supervision, who marks) would stay unknown, though it is published.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from evaluator import strict_yaml
from evaluator.canonical import digest
from evaluator.condition import ConditionError, parse_condition
from evaluator.engine import holds
from evaluator.facts import dictionary
from evaluator.program import Evidence, Fact, Grade, Organization, Program, with_evidence

Kind = Literal["issuer", "awarding_body", "platform"]
CLOSENESS: tuple[Kind, ...] = ("issuer", "awarding_body", "platform")
"""Whose statement is taken first: the issuer knows its programs better than the platform they run on."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProfileFact(_Part):
    """One published fact."""

    value: bool | int | float | str
    source: HttpUrl
    read_on: datetime.date
    says: str = Field(min_length=1)
    """What the page states, in our words."""
    grade: Grade = "documented"
    """How far the page can be trusted: `claimed` where it is not the issuer's own."""


class Statement(_Part):
    """Facts that hold for the programs under a condition."""

    holds_for: str | None
    """SQL condition over facts of the program; null for every program."""
    facts: dict[str, ProfileFact]


class Matches(_Part):
    """How a program is recognised as one of this issuer or platform."""

    names: tuple[str, ...] = ()
    """Names of the issuer or awarding body, compared without regard to case."""
    hosts: tuple[str, ...] = ()
    """Hosts of the program's or issuer's address; subdomains count."""


class Profile(_Part):
    """`providers/profiles/<profile>.yaml`."""

    profile: str
    kind: Kind
    name: str
    matches: Matches
    statements: tuple[Statement, ...]
    digest: str = ""
    """Of the file; set on loading."""


def parse_profile(text: bytes, name: str) -> Profile:
    """A profile from YAML. Raises SpecError that names the file, the fact and what is wrong with it."""
    profile = strict_yaml.convert(strict_yaml.parse(text, name), Profile, name)
    if problems := [f"{name}, {problem}" for problem in _mistakes(profile)]:
        raise strict_yaml.SpecError(problems)
    return profile.model_copy(update={"digest": digest(text)})


def _mistakes(profile: Profile) -> Iterator[str]:
    known = dictionary()
    for number, statement in enumerate(profile.statements):
        if statement.holds_for is not None:
            try:
                parse_condition(statement.holds_for)
            except ConditionError as error:
                yield f"statement {number}, holds_for: {error}."
        for fact, stated in statement.facts.items():
            if fact not in known:
                yield f'statement {number}: unknown fact "{fact}".{strict_yaml.did_you_mean(fact, known)}'
            elif known[fact].derived:
                yield f"statement {number}: {fact} is derived and can't be stated."
            elif fault := known[fact].fault(stated.value):
                yield f"statement {number}: {fault}."


@cache
def built_in() -> tuple[Profile, ...]:
    """The profiles that come with Touchstone, by closeness and name."""
    folder = resources.files("providers").joinpath("profiles")
    files = [file for file in folder.iterdir() if file.name.endswith(".yaml")]
    profiles = [parse_profile(file.read_bytes(), f"profiles/{file.name}") for file in files]
    return tuple(sorted(profiles, key=lambda profile: (CLOSENESS.index(profile.kind), profile.profile)))


def inherit(program: Program, profiles: Iterable[Profile]) -> Program:
    """The program with the facts that profiles state for all programs of its issuer or platform.

    A profile fills what the program leaves unknown, and stands as further evidence where it agrees; where it
    disagrees, the program's own document stands. A statement whose condition is unknown is not inherited.
    """
    names, hosts = _names(program), _hosts(program)
    for profile in profiles:
        if not _is_of(names, hosts, profile.matches):
            continue
        program = with_evidence(program, _identification(program, profile))
        for number, statement in enumerate(profile.statements):
            if statement.holds_for is None or _holds(statement.holds_for, program):
                program = with_evidence(program, _evidence(program, profile, number, statement))
    return program


def _identification(program: Program, profile: Profile) -> Iterator[tuple[str, Evidence]]:
    """An issuer whose profile says where it publishes has a name and an address, so it can be found."""
    issuer, hosts = program.issuer, profile.matches.hosts
    named = issuer is not None and any(name.casefold() == issuer.name.casefold() for name in profile.matches.names)
    if profile.kind == "issuer" and named and hosts:
        read_on = max(stated.read_on for statement in profile.statements for stated in statement.facts.values())
        yield (
            "issuer_identified",
            Evidence(
                document=profile.digest,
                locator="/matches/hosts/0",
                quote=f"{profile.name} publishes at {hosts[0]}.",
                value=True,
                grade="documented",
                retrieved=read_on.isoformat(),
                inherited_from=profile.name,
                source=f"https://{hosts[0]}/",
            ),
        )


def _holds(text: str, program: Program) -> bool:
    condition = parse_condition(text)
    return holds(condition, {name: program.value(name) for name in condition.facts}) is True


def _evidence(program: Program, profile: Profile, number: int, statement: Statement) -> Iterator[tuple[str, Evidence]]:
    for name, stated in statement.facts.items():
        own: Fact | None = program.facts.get(name)
        if own is None or own.value == stated.value:
            yield (
                name,
                Evidence(
                    document=profile.digest,
                    locator=f"/statements/{number}/facts/{name}",
                    quote=stated.says,
                    value=stated.value,
                    grade=stated.grade,
                    retrieved=stated.read_on.isoformat(),
                    inherited_from=profile.name,
                    source=str(stated.source),
                ),
            )


def _is_of(names: set[str], hosts: list[str], matches: Matches) -> bool:
    if any(name.casefold() in names for name in matches.names):
        return True
    return any(host == known or host.endswith("." + known) for host in hosts for known in matches.hosts)


def _organizations(program: Program) -> list[Organization]:
    return [each for each in (program.issuer, program.awarding_body) if each]


def _names(program: Program) -> set[str]:
    return {each.name.casefold() for each in _organizations(program)}


def _hosts(program: Program) -> list[str]:
    addresses = (program.url, program.id, *(each.url for each in _organizations(program)))
    return [_host(url) for url in dict.fromkeys(addresses) if url]


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").casefold()
    except ValueError:
        return ""
