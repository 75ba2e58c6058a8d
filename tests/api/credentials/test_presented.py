"""Reports: what is worth asking next, what an issuer's name is worth, and what of a credential becomes a program."""

from __future__ import annotations

import json

import msgspec
import pytest

from api import presented
from api.presented import Report, look, look_at_link, own_program
from api.verdict_words import CHECK_NAMES, OUTCOME_SIGNS, OUTCOME_WORDS, headline
from api.world import Asked, Worlds, nothing
from evaluator.credentials.matching import Candidate
from evaluator.credentials.verdict import CHECKS, Claims, Identity, Issuer
from evaluator.credentials.world import Unavailable
from tests.api.credentials.vectors import AT, FIVE, HOLDER, NAMED, REAL, Bad, content, needs_vectors, offline

OB3 = {
    "id": "https://college.example/a",
    "type": ["Achievement"],
    "name": "Certificate in Data Analysis",
    "description": "Analyse data.",
    "criteria": {"narrative": "An examination."},
}
OB2 = {
    **OB3,
    "type": "BadgeClass",
    "issuer": "https://college.example/issuer",
    "image": "https://college.example/i.png",
}
HOLDERS = Identity(type="email", value="private.person@example.org")


def one(name: str, *recipients: str) -> Report:
    return look(name, content(name), offline().world(Asked(recipients)), lambda _: [])[0].report


@pytest.mark.parametrize("achievement", [OB2, OB3], ids=["2.0", "3.0"])
def test_a_program_is_read_from_the_achievement_and_from_nothing_else(achievement: dict[str, object]) -> None:
    issuer = Issuer(id="https://college.example/issuer", name="Example College")
    claims = Claims(issuer=issuer, title="Awarded to Private Person", achievement=achievement, identities=(HOLDERS,))
    program = own_program(claims, AT)
    assert program is not None
    assert (program.id, program.title) == ("https://college.example/a", "Certificate in Data Analysis")
    assert program.issuer is not None
    assert program.issuer.name == "Example College"
    assert "rivate" not in msgspec.json.encode(program).decode()
    other = msgspec.structs.replace(claims, title="Awarded to Another", identities=())
    assert own_program(other, AT) == program, "not even a digest depends on the holder"


@pytest.mark.parametrize("achievement", [None, {}, {"type": "Achievement"}, {"name": 3}])
def test_an_achievement_that_describes_nothing_gives_no_program(achievement: dict[str, object] | None) -> None:
    assert own_program(Claims(achievement=achievement), AT) is None


@needs_vectors
def test_every_program_of_a_real_credential_is_without_its_holder() -> None:
    seen = look(NAMED, content(NAMED), offline().world(Asked((HOLDER,))), lambda _: [])[0]
    assert seen.own_program is not None
    text = msgspec.json.encode(seen.own_program).decode()
    for private in (HOLDER, "ecf5409f3f4b91ab", "deadsea"):
        assert private not in text


@needs_vectors
def test_a_known_program_comes_before_the_credentials_own_words() -> None:
    known = Candidate(id="urn:known", title="Awesome Robotics Badge", issuer="An Example Badge Issuer")
    seen = look(NAMED, content(NAMED), offline().world(Asked()), lambda _: [known])[0]
    assert seen.own_program is None
    assert seen.report.program is not None
    assert (seen.report.program.id, seen.report.program.score) == ("urn:known", 1.0)


@needs_vectors
@pytest.mark.parametrize("bad", FIVE, ids=lambda bad: bad.code)
def test_the_first_thing_to_ask_for_mends_what_is_wrong(bad: Bad) -> None:
    report = one(bad.name, *bad.recipients)
    assert headline(report) == bad.headline
    assert presented.asks(report)[0] == bad.next
    assert "Give the applicant's e-mail address, and it will be compared." not in presented.asks(report)


@needs_vectors
def test_a_right_answer_about_an_altered_file_is_no_answer() -> None:
    report = one("altered.json", HOLDER)
    assert report.outcome == "invalid"
    assert report.holder_match is None
    answers = {check.id: check.outcome for check in report.checks}
    assert (answers["integrity"], answers["validity_period"], answers["recipient"]) == ("fail", "unknown", "unknown")


@needs_vectors
def test_a_title_that_names_the_holder_is_no_achievement() -> None:
    record = "1edtech-clr20/simple_v1.json"
    assert b"Ellis Monday" in content(record)
    assert b"Ellis Monday" not in msgspec.json.encode(one(record))


@needs_vectors
def test_what_stands_inside_is_reported_by_itself() -> None:
    def inside(name: str) -> list[str]:
        return [each.outcome for each in look(name, content(name), offline().world(Asked()), lambda _: [])[0].inside]

    assert inside("1edtech-clr20/simple_v1.json") == ["indeterminate", *["invalid"] * 5]
    assert inside("1edtech-ob30/complete.json") == ["invalid"] * 3
    assert inside(REAL) == inside("altered.json") == []


@needs_vectors
def test_a_key_is_not_an_organisation() -> None:
    report = one(REAL)
    assert report.outcome == "valid"
    assert presented.is_only_a_key(report)
    assert presented.ASK_WHOSE_KEY in presented.asks(report)
    assert not presented.is_only_a_key(one(NAMED))


def test_every_question_and_answer_has_words() -> None:
    assert tuple(CHECK_NAMES) == CHECKS
    assert set(OUTCOME_WORDS) == set(OUTCOME_SIGNS) == {"pass", "fail", "unknown", "not_applicable"}
    assert len(set(OUTCOME_SIGNS.values())) == len(set(OUTCOME_WORDS.values())) == 4


# --- links --------------------------------------------------------------------------------------------------

UUID = "0a1b2c3d-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("found", "outcome", "code"),
    [
        (b"<!doctype html><html></html>", "invalid", "page_without_credential"),
        (Unavailable("the server failed", 500), "indeterminate", "link_unavailable"),
        (Unavailable("it is gone", 410), "invalid", "revoked"),
    ],
)
def test_what_can_lie_behind_a_link(found: bytes | Unavailable, outcome: str, code: str) -> None:
    asked: list[str] = []

    def fetch(key: str) -> bytes:
        asked.append(key)
        if isinstance(found, Unavailable):
            raise found
        return found

    world = Worlds(fetch, nothing).world(Asked())
    report = look_at_link(f"https://www.credly.com/badges/{UUID}", world, lambda _: [])[0].report
    assert asked == [f"https://www.credly.com/api/v1/obi/v2/badge_assertions/{UUID}"]
    assert (report.outcome, report.codes) == (outcome, (code,))
    assert report.file == f"https://www.credly.com/badges/{UUID}"


@needs_vectors
def test_a_page_leads_to_the_credential_behind_it() -> None:
    behind = f"https://api.accredible.com/v1/obi/badge_assertions/{UUID}"
    world = offline({behind: content(NAMED)}).world(Asked((HOLDER,)))
    report = look_at_link(f"https://www.credential.net/{UUID}", world, lambda _: [])[0].report
    assert (report.outcome, report.holder_match) == ("valid", True)
    assert json.loads(msgspec.json.encode(report))["issuer"]["proven"] is True


@needs_vectors
def test_two_proofs_that_are_both_right_are_said_once() -> None:
    report = one("dcc/v1__bothSignatureTypes__didKey__oidf-noStatus-expired.json")
    told = [(check.id, check.outcome, check.says) for check in report.checks]
    assert len(told) == len(set(told))
    assert [check for check in told if check[0] == "integrity"] == [
        ("integrity", "pass", "Nothing has been changed since it was signed.")
    ]
