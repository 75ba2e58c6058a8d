"""Open Badges: every carrier is opened, what stands in the badge is read, and nothing of its holder is kept."""

from __future__ import annotations

import copy
import json
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.credentials.limits import PICTURE_TEXT_BYTES
from evaluator.program import Document, Fact, Organization, Program, Reading, Recognition, Skill, document
from providers import open_badges
from tests.providers import seeds
from tests.providers.seeds import (
    ACHIEVEMENT,
    ASSERTION,
    BADGE_CLASS,
    CREDENTIAL,
    RECORD_OF_LEARNING,
    baked_png,
    baked_svg,
    chunk,
    jws,
    png,
)

PRESENTATION = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": "VerifiablePresentation",
    "holder": "did:example:robin-holder",
    "verifiableCredential": [CREDENTIAL],
}
ENVELOPED = {
    "@context": "https://www.w3.org/ns/credentials/v2",
    "type": "EnvelopedVerifiableCredential",
    "id": "data:application/vc+jwt," + jws(CREDENTIAL),
}
OLD_CLASS = {key: BADGE_CLASS[key] for key in ("name", "description", "image", "criteria", "issuer")}
OLD_ASSERTION = {
    "uid": "1",
    "recipient": {"type": "email", "hashed": False, "identity": "robin.holder@mail.example"},
    "verify": {"type": "hosted", "url": "https://academy.example/assertions/1"},
    "badge": OLD_CLASS,
}


def made(content: Any) -> Document:
    """A document with these bytes, this text, or this value as JSON."""
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content)
    encoded = content.encode() if isinstance(content, str) else content
    return document("badge", encoded, "application/octet-stream", "2026-11-24T00:00:00Z")


def read(content: Any) -> Reading:
    source = made(content)
    assert open_badges.recognises(source)
    return open_badges.read(source)


def only(content: Any) -> Program:
    reading = read(content)
    assert not reading.problems, reading.problems
    (program,) = reading.programs
    return program


def says(reading: Reading) -> str:
    return "\n".join(f"{problem.locator}: {problem.message}" for problem in reading.problems)


def places(fact: Fact) -> list[str]:
    return [evidence.locator for evidence in fact.evidence]


def achievement(**changes: Any) -> dict[str, Any]:
    """The credential with its achievement changed; `None` removes a property."""
    changed = copy.deepcopy(CREDENTIAL)
    node = changed["credentialSubject"]["achievement"] | changes
    changed["credentialSubject"]["achievement"] = {key: value for key, value in node.items() if value is not None}
    return changed


# Carriers

CARRIERS = {
    "badge class": (BADGE_CLASS, "Welding Basics", ""),
    "assertion": (ASSERTION, "Welding Basics", "/badge"),
    "assertion of 1.0": (OLD_ASSERTION, "Welding Basics", "/badge"),
    "signed assertion": (jws(ASSERTION), "Welding Basics", "payload /badge"),
    "achievement": ({"@context": CREDENTIAL["@context"], **ACHIEVEMENT}, "Soldering", ""),
    "credential": (CREDENTIAL, "Soldering", "/credentialSubject/achievement"),
    "list": ([CREDENTIAL], "Soldering", "/0/credentialSubject/achievement"),
    "token": (jws(CREDENTIAL), "Soldering", "payload /credentialSubject/achievement"),
    "token with the claim vc": (
        jws({"vc": CREDENTIAL, "sub": "did:example:robin-holder", "exp": 1893456000}),
        "Soldering",
        "payload /vc/credentialSubject/achievement",
    ),
    "presentation": (PRESENTATION, "Soldering", "/verifiableCredential/0/credentialSubject/achievement"),
    "presentation of tokens": (
        {
            "@context": PRESENTATION["@context"],
            "type": "VerifiablePresentation",
            "verifiableCredential": jws(CREDENTIAL),
        },
        "Soldering",
        "/verifiableCredential payload /credentialSubject/achievement",
    ),
    "envelope": (ENVELOPED, "Soldering", "/id payload /credentialSubject/achievement"),
    "iTXt": (baked_png(json.dumps(ASSERTION)), "Welding Basics", "iTXt:openbadges /badge"),
    "compressed iTXt with a token": (
        baked_png(jws(CREDENTIAL), "openbadgecredential", compressed=True),
        "Soldering",
        "iTXt:openbadgecredential payload /credentialSubject/achievement",
    ),
    "tEXt after other chunks": (
        png(
            chunk(b"tEXt", b"Software\x00Paint"),
            chunk(b"iTXt", b"openbadge\x00\x00\x00\x00\x00{}"),
            chunk(b"tEXt", b"openbadges\x00" + json.dumps(ASSERTION).encode()),
        ),
        "Welding Basics",
        "tEXt:openbadges /badge",
    ),
    "SVG with an assertion": (baked_svg(json.dumps(ASSERTION)), "Welding Basics", r"openbadges\:assertion /badge"),
    "SVG with a token": (
        baked_svg(verify=jws(CREDENTIAL), element="openbadges:credential"),
        "Soldering",
        r"openbadges\:credential[verify] payload /credentialSubject/achievement",
    ),
    "byte order mark": (b"\xef\xbb\xbf" + json.dumps(BADGE_CLASS).encode(), "Welding Basics", ""),
}


@pytest.mark.parametrize(("content", "title", "at"), CARRIERS.values(), ids=CARRIERS.keys())
def test_every_carrier_is_opened(content: Any, title: str, at: str) -> None:
    program = only(content)
    assert program.title == title
    assert program.provider == "open_badges"
    assert program.issuer is not None
    assert program.issuer.name == "Academy of Trades"
    locators = [place for fact in program.facts.values() for place in places(fact)]
    assert any(place.startswith(f"{at}/") or place == at for place in locators), locators
    assert {fact.grade for fact in program.facts.values()} == {"documented"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (BADGE_CLASS, {"record_format": "ob2", "metadata_standard": "ob2"}),
        (ASSERTION, {"record_format": "ob2", "record_signed": False, "record_revocable": True, "expires": True}),
        (jws(ASSERTION), {"record_signed": True, "record_holder_bound": True}),
        (jws(CREDENTIAL, "none"), {"record_format": "ob3", "record_signed": False}),
        (CREDENTIAL, {"record_signed": True, "record_revocable": True, "expires": True, "record_format": "ob3"}),
    ],
)
def test_how_records_look(content: Any, expected: dict[str, Any]) -> None:
    program = only(content)
    assert {name: program.value(name) for name in expected} == expected


def test_what_a_badge_class_alone_leaves_unknown() -> None:
    program = only(BADGE_CLASS)
    assert not program.facts.keys() & {"record_signed", "record_revocable", "record_holder_bound", "expires"}
    assert not only(OLD_ASSERTION).facts.keys() & {"record_format", "metadata_standard"}


def test_a_token_that_expires_says_that_the_credential_does() -> None:
    undated = {key: value for key, value in CREDENTIAL.items() if key != "validUntil"}
    assert "expires" not in only(jws({"vc": undated})).facts
    fact = only(jws({"vc": undated, "exp": 1893456000})).facts["expires"]
    assert places(fact) == ["payload /exp"]


def test_tokens_within_tokens_are_followed_without_recursion() -> None:
    token = jws(CREDENTIAL)
    for _ in range(12):
        token = jws({"type": "VerifiablePresentation", "verifiableCredential": [token]})
    assert only(token).title == "Soldering"


# What cannot be opened


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        (png(), ["the picture has no badge data"]),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', ["the picture has no badge data"]),
        (baked_svg(), ["openbadges\\:assertion: the picture has no badge data"]),
        (baked_svg(json.dumps(BADGE_CLASS))[:-90], ["line 1, column", "not well-formed"]),
        (
            b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
            ["SVG picture: it declares XML entities"],
        ),
        (b'<?xml version="1.0" encoding="utf-88"?><svg/>', ["SVG picture: in an encoding that is not known"]),
        (b'<?xml version="1.0" encoding="shift_jis"?><svg/>', ["SVG picture: in an encoding that is not known"]),
        (baked_png("https://academy.example/1.json"), ["iTXt:openbadges: the badge data is only an address"]),
        (baked_png('{"type": "Assertion",'), ["iTXt:openbadges line 1, column", "the rest is missing"]),
        (png(chunk(b"iTXt", b"openbadges\x00\x01\x00\x00\x00no deflate")), ["damaged"]),
        (png(chunk(b"iTXt", b"openbadges\x00\x01\x00")), ["cut off"]),
        (
            png(chunk(b"iTXt", b"openbadges\x00\x01\x00\x00\x00" + zlib.compress(b" " * (PICTURE_TEXT_BYTES + 10)))),
            ["iTXt:openbadges: inflates to more than"],
        ),
        (jws([]), ["payload: the document is empty; a badge class, achievement or credential is expected"]),
        ('{"@context": "https://w3id.org/openbadges/v2", "type": "BadgeClass", "name": "Weld', ["line 1, column"]),
        (
            {**ASSERTION, "badge": "https://academy.example/1"},
            ["/badge: ", "read the badge class from https://academy"],
        ),
        ({**ASSERTION, "badge": None}, ["/badge: the assertion names no badge class"]),
        (achievement(name=None, id=None), ["/credentialSubject/achievement: ", "has no name; give it one"]),
        (
            {**CREDENTIAL, "credentialSubject": {"id": "did:example:1"}},
            ["/credentialSubject: the credential names no achievement"],
        ),
        (
            {**CREDENTIAL, "credentialSubject": {"achievement": "https://academy.example/a"}},
            ["/credentialSubject/achievement: ", "only a reference; read it from https://academy.example/a"],
        ),
        (
            {"@context": "https://w3id.org/openbadges/v2", "type": "Issuer", "name": "Academy"},
            ["Issuer is no badge class"],
        ),
        ({**PRESENTATION, "@context": CREDENTIAL["@context"], "verifiableCredential": ["urn:1"]}, ["/0: a credential"]),
    ],
)
def test_what_gives_no_program_says_where_and_what_to_mend(content: Any, fragments: list[str]) -> None:
    reading = open_badges.read(made(content))
    assert not reading.programs
    assert not [fragment for fragment in fragments if fragment not in says(reading)], says(reading)


def test_one_bad_member_does_not_cost_the_others() -> None:
    changed = copy.deepcopy(RECORD_OF_LEARNING)
    changed["credentialSubject"]["verifiableCredential"][:0] = ["eyJ.broken", jws(CREDENTIAL)[:-40] + ".%", 7]
    reading = read(changed)
    assert [program.title for program in reading.programs] == ["Soldering", "Diploma in Electronics", "Soldering"]
    assert len(reading.problems) == 3


@pytest.mark.parametrize(
    "content",
    [
        seeds.CTDL,
        seeds.COURSE,
        seeds.TABLE,
        {"data": [{"badge_template": {"name": "Welding"}}]},
        {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiableCredential", "credentialSubject": {}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Achievement"},
        "eyJ",
        "",
    ],
)
def test_what_is_no_open_badge_is_left_to_others(content: Any) -> None:
    assert not open_badges.recognises(made(content))


# Holders

SECRETS = ("robin", "Robin", "94321", "holder@", '"48"')


@pytest.mark.parametrize("content", [one for one, *_ in CARRIERS.values()], ids=CARRIERS.keys())
def test_nothing_of_the_holder_is_kept(content: Any) -> None:
    kept = msgspec.json.encode(open_badges.read(made(content)).programs).decode()
    assert not [secret for secret in SECRETS if secret in kept]


def test_that_records_are_bound_to_holders_is_known_without_naming_one() -> None:
    for content, place in ((ASSERTION, "/recipient/identity"), (CREDENTIAL, "/credentialSubject/id")):
        (evidence,) = only(content).facts["record_holder_bound"].evidence
        assert evidence.locator == place
        assert evidence.quote == "(withheld: identifies the holder)"


@given(secret=st.from_regex(r"\A[a-z]{6}QQ[0-9]{6}\Z"), data=st.data())
@settings(max_examples=60, deadline=None)
def test_nothing_beside_the_achievement_is_repeated(secret: str, data: st.DataObject) -> None:
    changed = copy.deepcopy(CREDENTIAL)
    subject = changed["credentialSubject"]
    for key in data.draw(
        st.sets(st.sampled_from(["id", "name", "givenName", "licenseNumber", "term", "image"]), min_size=1)
    ):
        subject[key] = secret
    subject["identifier"] = [{"type": "IdentityObject", "identityHash": secret}]
    subject["result"] = [{"type": ["Result"], "value": secret}]
    changed |= {"id": f"urn:{secret}", "name": secret, "description": secret, "evidence": [{"narrative": secret}]}
    if data.draw(st.booleans()):
        subject["achievement"]["id"] = f"urn:{secret}"
    token = jws({"vc": changed, "sub": secret, "jti": secret, "iss": secret})
    kept = msgspec.json.encode(open_badges.read(made(data.draw(st.sampled_from([changed, token])))).programs)
    assert secret.encode() not in kept


@pytest.mark.parametrize(
    ("own", "content"),
    [
        ("did:example:robin-holder", achievement(id="did:example:robin-holder")),
        ("urn:uuid:credential-of-robin", achievement(id="urn:uuid:credential-of-robin")),
        ("did:example:2", jws({"vc": achievement(id="did:example:2"), "sub": "did:example:2"})),
        ("robin.holder@mail.example", achievement(id="robin.holder@mail.example")),
        ("robin.holder@mail.example", {**ASSERTION, "badge": {**BADGE_CLASS, "id": "robin.holder@mail.example"}}),
    ],
)
def test_identifiers_of_holders_do_not_become_those_of_programs(own: str, content: Any) -> None:
    program = only(content)
    assert program.id.startswith("urn:touchstone:")
    assert own not in msgspec.json.encode(program).decode()


@pytest.mark.parametrize(
    "holder",
    [{"id": "did:example:robin"}, {"name": "Robin Holder"}, {"id": "did:example:robin", "name": "Robin Holder"}],
)
def test_holders_who_issue_to_themselves_are_no_issuer(holder: dict[str, str]) -> None:
    changed = achievement(creator=None)
    changed["issuer"] = {"id": "did:example:robin", "type": ["Profile"], "name": "Robin Holder"}
    changed["credentialSubject"] = {"achievement": changed["credentialSubject"]["achievement"], **holder}
    program = only(changed)
    assert program.issuer is None
    assert program.awarding_body is None


# Core properties


def test_a_badge_class() -> None:
    program = only(BADGE_CLASS)
    assert program.id == "https://academy.example/badges/welding"
    assert program.url == "https://academy.example/badges/welding/criteria"
    assert program.description == "Joins two plates so that they hold."
    assert program.issuer == Organization(
        name="Academy of Trades", id="https://academy.example/issuer", url="https://academy.example"
    )
    assert program.skills == (Skill(label="Weld metal", id="https://skills.example/weld", framework="Example Skills"),)
    assert program.value("metadata_required_share") == 1.0
    without_image = {key: value for key, value in BADGE_CLASS.items() if key != "image"}
    assert only(without_image).value("metadata_required_share") == round(6 / 7, 4)


def test_identifiers_that_only_one_document_knows_are_not_taken_over() -> None:
    first, second = (
        only(achievement(id="urn:epass:learningAchievement:1", name=name)) for name in ("Welding", "Turning")
    )
    assert first.id != second.id
    assert first.id.startswith("urn:touchstone:")
    assert "machine_identifier" not in first.facts


@pytest.mark.parametrize(
    ("stated", "value"),
    [
        ("MicroCredential", "micro_credential"),
        ("Certification", "certification"),
        ("MasterDegree", "degree"),
        ("Diploma", "other"),
        ("ext:Badge", "badge"),
        ("Achievement", None),
        ("Something", None),
        (["Badge"], None),
    ],
)
def test_kinds_of_credential(stated: Any, value: str | None) -> None:
    assert only(achievement(achievementType=stated)).value("credential_type") == value


def test_the_language_of_an_older_badge_stands_in_its_context() -> None:
    assert only({**BADGE_CLASS, "@language": "es"}).languages == ("es",)
    context = ["https://w3id.org/openbadges/v2", {"@language": "fr"}]
    assert only({**BADGE_CLASS, "@context": context}).languages == ("fr",)
    assert only(CREDENTIAL).languages == ("en",)
    assert only(BADGE_CLASS).languages == ()


# Alignments


@pytest.mark.parametrize(
    ("alignment", "level"),
    [
        ({"targetType": "ext:EQF", "targetName": "EQF level 6", "targetCode": "6"}, "6"),
        ({"targetType": "ext:EQF", "targetName": "EQF 7"}, "7"),
        ({"targetType": "ext:EQFLevel", "targetName": "x", "targetUrl": "http://data.europa.eu/snb/eqf/5"}, "5"),
        ({"targetName": "Level 2", "targetFramework": "European Qualifications Framework", "targetCode": "2"}, "2"),
    ],
)
def test_levels(alignment: dict[str, str], level: str) -> None:
    program = only(achievement(alignment=[alignment]))
    assert program.value("level_code") == level
    assert program.value("level_framework") == "eqf"
    assert program.skills == ()


@pytest.mark.parametrize("code", ["9", "0", "B2", ""])
def test_levels_that_the_framework_does_not_have(code: str) -> None:
    reading = read(achievement(alignment=[{"targetType": "ext:EQF", "targetName": "", "targetCode": code}]))
    assert "level_code" not in reading.programs[0].facts
    assert "/credentialSubject/achievement/alignment/0: the EQF has levels 1 to 8" in says(reading)


def test_only_competencies_are_skills() -> None:
    aligned = [
        {"targetType": "CFItem", "targetName": "Weld", "targetUrl": "https://a.example/1", "targetFramework": "F"},
        {"targetType": "ceasn:Competency", "targetName": "Cut"},
        {"targetType": "ext:ESCOSkill", "targetName": "Grind", "targetUrl": "http://data.europa.eu/esco/skill/1"},
        {"targetType": "ceterms:Credential", "targetName": "Another credential"},
        {"targetType": "CFRubric", "targetName": "A rubric"},
        {"targetType": "CFItem", "targetName": "Weld", "targetUrl": "https://a.example/1", "targetFramework": "F"},
    ]
    assert only(achievement(alignment=aligned)).skills == (
        Skill(label="Weld", id="https://a.example/1", framework="F"),
        Skill(label="Cut"),
        Skill(label="Grind", id="http://data.europa.eu/esco/skill/1", framework="ESCO"),
    )


def test_alignments_without_names_are_reported() -> None:
    reading = read(achievement(alignment=["https://a.example/1", {"targetType": "CFItem", "targetUrl": "https://a"}]))
    assert "alignment/0: an alignment is an object" in says(reading)
    assert "alignment/1: the alignment has no targetName" in says(reading)


def test_a_decision_about_quality_is_of_the_program() -> None:
    aligned = {"targetType": "ext:QualityAssurance", "targetName": "Decision 7", "targetUrl": "https://qa.example/7"}
    program = only(achievement(alignment=[aligned]))
    assert program.value("qa_external_program") is True
    assert program.recognitions == (
        Recognition(kind="quality_assurance", body="Decision 7", scope="program", url="https://qa.example/7"),
    )
    assert "qa_external_institution" not in program.facts


# Assessment


@pytest.mark.parametrize(
    ("results", "mark"),
    [
        ([{"resultType": "RawScore", "valueMin": "0", "valueMax": "50", "requiredValue": "30"}], 0.6),
        ([{"resultType": "Percent", "valueMin": 0, "valueMax": 100, "requiredValue": 75}], 0.75),
        ([{"resultType": "ext:Grade", "valueMin": "1", "valueMax": "10", "requiredValue": "6"}], 0.5556),
        (
            [
                {"resultType": "Percent", "valueMin": 0, "valueMax": 100, "requiredValue": 75},
                {"resultType": "Percent", "valueMin": 0, "valueMax": 100, "requiredValue": 50},
            ],
            0.5,
        ),
        ([{"resultType": "LetterGrade", "allowedValue": ["C", "B", "A"], "requiredValue": "B"}], None),
        ([{"resultType": "Percent", "requiredValue": "75"}], None),
    ],
)
def test_pass_marks(results: list[dict[str, Any]], mark: float | None) -> None:
    program = only(achievement(resultDescription=results))
    assert program.value("pass_mark") == mark
    assert program.value("assessment_exists") is True


def test_a_mark_that_is_not_on_its_scale_is_reported() -> None:
    result = {"resultType": "Percent", "valueMin": 0, "valueMax": 100, "requiredValue": 130}
    reading = read(achievement(resultDescription=[result, "x"]))
    assert "pass_mark" not in reading.programs[0].facts
    assert "resultDescription/0/requiredValue: 130 is not on the scale from 0 to 100" in says(reading)
    assert "resultDescription/1: a result description is an object" in says(reading)


@pytest.mark.parametrize("kind", ["Status", "Result"])
def test_a_status_is_no_assessment(kind: str) -> None:
    changed = achievement(resultDescription=[{"resultType": kind, "requiredValue": "Completed"}], assessmentType=None)
    assert "assessment_exists" not in only(changed).facts


def test_the_assessment_extension_of_badge_classes() -> None:
    program = only(BADGE_CLASS)
    at = "/extensions:AssessmentExtension/assessments/0"
    assert places(program.facts["assessment_practical"]) == [f"{at}/assessmentType"]
    assert program.value("assessment_group") is False
    assert places(program.facts["marking_rubric_published"]) == [f"{at}/rubrics/0/rubricCriteria/0/description"]
    assert program.facts.keys().isdisjoint({"assessment_written", "assessment_project", "identity_verified"})


@pytest.mark.parametrize(
    ("kind", "fact"),
    [("Exam", "assessment_written"), ("Performance", "assessment_practical"), ("Artifact", "assessment_project")],
)
def test_the_assessment_extension_of_achievements(kind: str, fact: str) -> None:
    result = {"type": ["ResultDescription", "AssessmentResultDescription"], "assessmentType": kind}
    program = only(achievement(resultDescription=[{**result, "hasGroupEvaluation": True}], assessmentType=None))
    methods = {"assessment_written", "assessment_practical", "assessment_project"}
    assert program.facts.keys() & methods == {fact}
    assert program.value("assessment_group") is True
    assert program.value("assessment_exists") is True


def test_a_rubric_that_is_only_named_is_not_published() -> None:
    result = {"resultType": "RubricCriterionLevel", "rubricCriterionLevel": [{"name": "Mastered"}]}
    program = only(achievement(resultDescription=[result]))
    assert "marking_rubric_published" not in program.facts


# The edubadges profile


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"participationType": "online"}, {"delivery": "online"}),
        ({"participationType": "work experience"}, {"delivery": "work_based"}),
        ({"participationType": "onsite or blended"}, {"delivery": None}),
        (
            {"supervisionType": "unsupervised with no identity verification", "identityChecked": None},
            {"supervised": False, "supervision": "none", "identity_verified": False},
        ),
        (
            {"supervisionType": "supervised online", "identityChecked": None},
            {"supervised": True, "supervision": None, "identity_verified": None},
        ),
        (
            {"supervisionType": "onsite with identity verification", "identityChecked": False},
            {"identity_verified": False},
        ),
        ({"assessmentType": "recognition of prior learning"}, {"assessment_prior_learning": True}),
        ({"assessmentType": ["testing", "portfolio"]}, {"assessment_written": True, "assessment_portfolio": True}),
        ({"ECTS": "2.5"}, {"credit_amount": 2.5, "credit_unit": "ects", "workload_hours_low": None}),
        ({"ECTS": None, "SBU": 84}, {"credit_amount": None, "workload_hours_low": 84, "workload_hours_high": 84}),
        ({"timeInvestment": 20, "SBU": 28}, {"workload_hours_low": 28}),
        (
            {"ECTS": None, "http://edubadges.nl/terms#ECTS": 4, "eduabages:participationType": "online"},
            {"credit_amount": 4, "delivery": "online"},
        ),
    ],
)
def test_the_profile(properties: dict[str, Any], expected: dict[str, Any]) -> None:
    program = only(achievement(**properties))
    assert {name: program.value(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"participationType": "onlin"}, 'participationType: "onlin" is not in the profile'),
        ({"supervisionType": 7}, "supervisionType: 7 is not in the profile's list"),
        ({"ECTS": 0}, "ECTS: a number above 0 is expected"),
        ({"SBU": "many"}, "SBU: a number above 0 is expected"),
        ({"identityChecked": "perhaps"}, "identityChecked: identityChecked is true or false"),
    ],
)
def test_slips_in_the_profile_are_reported(properties: dict[str, Any], message: str) -> None:
    reading = read(achievement(**properties))
    assert len(reading.programs) == 1
    assert message in says(reading)


def test_the_profile_on_badge_classes() -> None:
    extensions = {
        "extensions:ECTSExtension": {"type": ["Extension"], "ECTS": 2.5},
        "extensions:EQFExtension": {"EQF": 6},
        "extensions:LanguageExtension": {"Language": "nl_NL"},
        "extensions:LearningOutcomeExtension": {"LearningOutcome": "Welds plates."},
        "extensions:EducationProgramIdentifierExtension": {"EducationProgramIdentifier": 56789},
    }
    program = only({**BADGE_CLASS, **extensions})
    assert program.value("credit_amount") == 2.5
    assert program.value("level_code") == "6"
    assert program.outcomes == ("Welds plates.",)
    assert program.languages == ("nl_NL",)
    assert "/extensions:EducationProgramIdentifierExtension/EducationProgramIdentifier" in places(
        program.facts["machine_identifier"]
    )
    reading = read({**BADGE_CLASS, "extensions:EQFExtension": {"EQF": 12}})
    assert "the EQF has levels 1 to 8, not 12" in says(reading)


def test_the_schema_that_a_credential_names_tells_a_micro_credential() -> None:
    schema = {"id": "https://schemas.example/microcredential.json", "type": "1EdTechJsonSchemaValidator2019"}
    assert only({**achievement(achievementType=None), "credentialSchema": schema}).value("credential_type") == (
        "micro_credential"
    )
    assert (
        only({**achievement(achievementType="Course"), "credentialSchema": [schema]}).value("credential_type")
        == "course"
    )


# Others: endorsers, larger achievements


def endorsement(about: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": {"id": "https://chamber.example", "type": ["Profile"], "name": "Chamber of Trades"},
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": {"id": about, "type": ["EndorsementSubject"]},
        **changes,
    }


@pytest.mark.parametrize(
    ("about", "scope"),
    [
        ("https://academy.example/achievements/soldering", "program"),
        ("https://academy.example/issuer", "institution"),
        ("https://other.example", None),
        (None, "program"),
    ],
)
def test_endorsements_keep_what_they_are_about(about: str | None, scope: str | None) -> None:
    expected = (
        Recognition(
            kind="endorsement",
            body="Chamber of Trades",
            scope=scope,  # type: ignore[arg-type]
            url="https://chamber.example",
            valid_from="2025-01-01",
        ),
    )
    assert only(achievement(endorsement=[endorsement(about)])).recognitions == expected
    assert only(achievement(endorsementJwt=jws(endorsement(about)))).recognitions == expected


def test_endorsements_of_the_holders_record_say_nothing_about_the_program() -> None:
    assert only({**CREDENTIAL, "endorsement": [endorsement(None)]}).recognitions == ()


def test_endorsements_that_cannot_be_read_are_reported() -> None:
    reading = read(
        achievement(endorsement=["https://a.example/1", endorsement(None, issuer=None)], endorsementJwt="x.y")
    )
    assert len(reading.problems) == 3, says(reading)
    assert len(reading.programs) == 1


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        ("isPartOf", "https://academy.example/achievements/soldering", "urn:uuid:diploma"),
        ("isChildOf", "https://academy.example/achievements/soldering", "urn:uuid:diploma"),
        ("isParentOf", "urn:uuid:diploma", "https://academy.example/achievements/soldering"),
    ],
)
def test_a_part_of_a_larger_achievement(kind: str, source: str, target: str) -> None:
    record = copy.deepcopy(RECORD_OF_LEARNING)
    record["credentialSubject"]["association"] = [{"associationType": kind, "sourceId": source, "targetId": target}]
    soldering, diploma, awarded = read(record).programs
    for part in (soldering, awarded):
        assert part.value("stack_own_path") is True
        assert part.value("stack_into_qualification") is True
        assert "stack_claimed" not in part.facts
    assert diploma.facts.keys().isdisjoint({"stack_own_path", "stack_claimed", "stack_into_qualification"})


def test_a_part_of_what_another_offers_is_only_a_claim() -> None:
    record = copy.deepcopy(RECORD_OF_LEARNING)
    record["credentialSubject"]["achievement"][1]["creator"] = {
        "id": "https://university.example",
        "name": "University",
    }
    soldering, diploma, _ = read(record).programs
    assert soldering.value("stack_claimed") is True
    assert "stack_own_path" not in soldering.facts
    assert diploma.issuer is not None
    assert diploma.issuer.name == "University"


def test_a_record_that_names_very_many_larger_achievements_is_not_followed_to_the_end() -> None:
    record = copy.deepcopy(RECORD_OF_LEARNING)
    record["credentialSubject"]["association"] *= 500
    soldering, *_ = read(record).programs
    assert len(soldering.facts["stack_own_path"].evidence) == 20


def test_other_relations_and_achievements_that_are_not_described_stack_nothing() -> None:
    record = copy.deepcopy(RECORD_OF_LEARNING)
    own = "https://academy.example/achievements/soldering"
    record["credentialSubject"]["association"] = [
        {"associationType": "precedes", "sourceId": own, "targetId": "urn:uuid:diploma"},
        {"associationType": "isPartOf", "sourceId": own, "targetId": "urn:uuid:not-here"},
        {"associationType": "isPartOf", "sourceId": own, "targetId": own},
    ]
    assert all("stack_own_path" not in program.facts for program in read(record).programs)
