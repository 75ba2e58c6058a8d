"""Profiles: what programs inherit from what their issuers and platforms publish."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import yaml

from evaluator.facts import dictionary
from evaluator.program import Document, Draft, Organization, Program, document
from evaluator.strict_yaml import SpecError
from providers.profile import CLOSENESS, Profile, built_in, inherit, parse_profile

SOURCE: Document = document("p.json", b"{}", "application/json", "2026-11-24T00:00:00Z")


def stated(value: Any, says: str = "The help page says so.") -> dict[str, Any]:
    return {
        "value": value,
        "source": "https://help.academy.example/exams",
        "read_on": datetime.date(2026, 11, 20),
        "says": says,
    }


def made(facts: dict[str, Any], holds_for: str | None = None, **changes: Any) -> Profile:
    """A profile of the academy with one statement."""
    content: dict[str, Any] = {
        "profile": "academy",
        "kind": "issuer",
        "name": "Academy of Trades",
        "matches": {"names": ["Academy of Trades"], "hosts": ["academy.example"]},
        "statements": [{"holds_for": holds_for, "facts": {name: stated(value) for name, value in facts.items()}}],
        **changes,
    }
    return parse_profile(yaml.safe_dump(content).encode(), "academy.yaml")


def program(facts: dict[str, Any] | None = None, **fields: Any) -> Program:
    draft = Draft(SOURCE, "documented")
    for name, value in (facts or {}).items():
        draft.state(name, value, f"/{name}")
    return draft.finish(**{"title": "Welding", "issuer": Organization(name="Academy of Trades"), **fields})


# Inheriting


def test_what_is_unknown_is_filled_with_its_source() -> None:
    profile = made({"identity_verified": True})
    fact = inherit(program(), [profile]).facts["identity_verified"]
    (evidence,) = fact.evidence
    assert fact.value is True
    assert fact.grade == evidence.grade == "documented"
    assert evidence.inherited_from == "Academy of Trades"
    assert evidence.source == "https://help.academy.example/exams"
    assert evidence.retrieved == "2026-11-20"
    assert evidence.quote == "The help page says so."
    assert evidence.locator == "/statements/0/facts/identity_verified"
    assert evidence.document == profile.digest


def test_where_it_agrees_it_stands_as_further_evidence() -> None:
    fact = inherit(program({"pass_mark": 0.7}), [made({"pass_mark": 0.7})]).facts["pass_mark"]
    assert sorted(piece.inherited_from or "own" for piece in fact.evidence) == ["Academy of Trades", "own"]
    assert not fact.conflict


@pytest.mark.parametrize("grade", ["claimed", "documented"])
def test_where_it_disagrees_the_programs_own_document_stands(grade: Any) -> None:
    draft = Draft(SOURCE, grade)
    draft.state("identity_verified", False, "/x")
    own = draft.finish(title="Welding", issuer=Organization(name="Academy of Trades"))
    inherited = inherit(own, [made({"identity_verified": True})])
    assert inherited.facts["identity_verified"] == own.facts["identity_verified"]


def test_a_conflict_of_the_programs_own_documents_is_not_decided_by_a_profile() -> None:
    draft = Draft(SOURCE, "documented")
    draft.state("delivery", "online", "/1")
    draft.state("delivery", "onsite", "/2")
    own = draft.finish(title="Welding", issuer=Organization(name="Academy of Trades"))
    assert own.value("delivery") is None
    assert inherit(own, [made({"delivery": "online"})]).facts["delivery"] == own.facts["delivery"]


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("issuer", "Academy of Trades", True),
        ("issuer", "Another Academy", None),
        ("platform", "Academy of Trades", None),
    ],
)
def test_an_issuer_whose_profile_says_where_it_publishes_can_be_found(kind: Any, name: str, expected: Any) -> None:
    own = program(issuer=Organization(name=name), url="https://academy.example/welding")
    inherited = inherit(own, [made({"supervised": True}).model_copy(update={"kind": kind})])
    assert inherited.value("supervised") is True
    assert inherited.value("issuer_identified") is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"credential_type": "certification"}, True),
        ({"credential_type": "course"}, None),
        ({}, None),
    ],
)
def test_a_statement_holds_only_where_its_condition_does(facts: dict[str, Any], expected: bool | None) -> None:
    profile = made({"supervised": True}, holds_for="credential_type = 'certification'")
    assert inherit(program(facts), [profile]).value("supervised") is expected


def test_the_condition_of_a_negation_is_not_met_by_the_unknown() -> None:
    profile = made({"supervised": False}, holds_for="NOT (credential_type = 'certification')")
    assert inherit(program(), [profile]).value("supervised") is None
    assert inherit(program({"credential_type": "course"}), [profile]).value("supervised") is False


def test_who_is_closer_to_the_program_is_heard_first() -> None:
    issuer = made({"pass_mark": 0.7})
    platform = made({"pass_mark": 0.5, "honour_statement": True}, kind="platform", name="Platform")
    inherited = inherit(program(), sorted([platform, issuer], key=lambda one: CLOSENESS.index(one.kind)))
    assert inherited.value("pass_mark") == 0.7
    assert not inherited.facts["pass_mark"].conflict
    assert inherited.value("honour_statement") is True


# Matching


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, True),
        ({"issuer": Organization(name="ACADEMY of trades")}, True),
        ({"issuer": None, "awarding_body": Organization(name="Academy of Trades")}, True),
        ({"issuer": Organization(name="Academy of Trades and Crafts")}, False),
        ({"issuer": Organization(name="Other")}, False),
        ({"issuer": None}, False),
        ({"issuer": None, "url": "https://academy.example/welding"}, True),
        ({"issuer": None, "url": "https://WWW.Academy.Example:443/welding"}, True),
        ({"issuer": None, "id": "https://learn.academy.example/1"}, True),
        ({"issuer": Organization(name="Other", url="https://academy.example")}, True),
        ({"issuer": None, "url": "https://evil-academy.example/"}, False),
        ({"issuer": None, "url": "https://academy.example.evil.example/"}, False),
        ({"issuer": None, "url": "https://evil.example/academy.example"}, False),
        ({"issuer": None, "url": "https://evil.example/?at=https://academy.example/"}, False),
        ({"issuer": None, "url": "https://academy.example@evil.example/"}, False),
        ({"issuer": None, "url": "https://[academy.example"}, False),
        ({"issuer": None, "url": "academy.example"}, False),
    ],
)
def test_programs_are_matched_by_whole_names_and_hosts(fields: dict[str, Any], matches: bool) -> None:
    assert inherit(program(**fields), [made({"supervised": True})]).value("supervised") is (True if matches else None)


@pytest.mark.parametrize(
    ("url", "inherits"),
    [
        ("https://www.coursera.org/learn/x", True),
        ("https://evil-coursera.org/learn/x", False),
        ("https://coursera.org.evil.example/learn/x", False),
    ],
)
def test_the_built_in_profile_of_a_platform(url: str, inherits: bool) -> None:
    inherited = inherit(program(issuer=Organization(name="University"), url=url), built_in())
    names = {piece.inherited_from for fact in inherited.facts.values() for piece in fact.evidence}
    assert names == ({"Coursera"} if inherits else set())


# Loading


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"facts": {"pass_mrak": 0.7}},
            'academy.yaml, statement 0: unknown fact "pass_mrak". Did you mean "pass_mark"?',
        ),
        ({"facts": {"pass_mark": 70}}, "academy.yaml, statement 0: pass_mark"),
        ({"facts": {"title_stated": True}}, "title_stated is derived"),
        (
            {"facts": {"supervised": True}, "holds_for": "credential_typ = 'course'"},
            "academy.yaml, statement 0, holds_for",
        ),
        ({"facts": {"supervised": True}, "kind": "agency"}, "kind"),
        ({"facts": {"supervised": True}, "extra": 1}, "extra"),
    ],
)
def test_mistakes_name_file_and_fact(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as raised:
        made(**changes)
    assert message in str(raised.value)


def test_a_statement_without_a_public_source_is_refused() -> None:
    for key, value in (
        ("source", "academy.example"),
        ("source", "ftp://academy.example/"),
        ("says", ""),
        ("read_on", "soon"),
    ):
        with pytest.raises(SpecError, match=key):
            made({}, statements=[{"holds_for": None, "facts": {"supervised": {**stated(True), key: value}}}])


# What comes with Touchstone


@pytest.mark.parametrize("profile", built_in(), ids=lambda profile: profile.profile)
def test_built_in_profiles(profile: Profile) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", profile.profile)
    assert profile.digest.startswith("sha256:")
    assert profile.matches.names or profile.matches.hosts
    for host in profile.matches.hosts:
        assert re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", host), host
        assert not host.startswith("www.")
    facts = [(name, fact) for statement in profile.statements for name, fact in statement.facts.items()]
    assert facts
    for name, fact in facts:
        assert name in dictionary()
        assert fact.source.scheme in ("https", "http")
        assert datetime.date(2026, 1, 1) <= fact.read_on <= datetime.date.today()
        assert len(fact.says) >= 20, (name, fact.says)


def test_built_in_profiles_come_closest_first_under_names_of_their_own() -> None:
    profiles = built_in()
    kinds = [CLOSENESS.index(profile.kind) for profile in profiles]
    assert kinds == sorted(kinds)
    assert {profile.kind for profile in profiles} == set(CLOSENESS)
    for part in ("profile", "name"):
        assert len({getattr(profile, part) for profile in profiles}) == len(profiles)
    for profile in profiles:
        for listed in (profile.matches.names, profile.matches.hosts):
            assert len({one.casefold() for one in listed}) == len(listed), profile.profile
