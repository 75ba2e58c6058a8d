"""CTDL: every shape it comes in, what its terms mean, and that nothing in a document can break the reading."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.program import Document, Program, Reading, document
from providers.ctdl import provider
from providers.ctdl_graph import key, plain
from providers.json_document import UnreadableJson, parse, resolve
from tests.corpus import CORPUS, PROVIDERS, needs_corpus

CONTEXT = "https://credreg.net/ctdl/schema/context/json"
REGISTRY = "https://credentialengineregistry.org"
CTID = "ce-59e8d15f-7895-4346-a5a8-7a0739a3d344"
OTHER_CTID = "ce-1f5f1d34-9dbe-4bbf-9c4d-2b1e4f0c1a11"


def source_of(content: bytes, name: str = "a.json") -> Document:
    return document(name, content, "application/json", "2026-11-24T00:00:00Z")


def read(value: Any) -> Reading:
    return provider.read(source_of(json.dumps(value).encode()))


def program(*others: dict[str, Any], kind: str = "Course", **properties: Any) -> Program:
    """The program of a graph with one resource, whose CTDL properties these are, and others."""
    return graph(*others, kind=kind, **properties).programs[0]


def graph(*others: dict[str, Any], kind: str = "Course", **properties: Any) -> Reading:
    node = {"@type": f"ceterms:{kind}", "@id": f"{REGISTRY}/resources/{CTID}"}
    node |= {f"ceterms:{name}": value for name, value in properties.items()}
    return read({"@context": CONTEXT, "@graph": [node, *others]})


def term(name: str, **more: Any) -> dict[str, Any]:
    return {"@type": "ceterms:CredentialAlignmentObject", "ceterms:targetNode": name, **more}


def values(made: Program, *names: str) -> dict[str, Any]:
    return {name: made.value(name) for name in names if name in made.facts}


def at(made: Program, fact: str) -> list[str]:
    return [evidence.locator for evidence in made.facts[fact].evidence]


# Shapes of documents


def envelope(resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    headers = {"created_at": "2024-05-06T07:08:09.000Z", "updated_at": "2025-01-02T03:04:05.000Z", "deleted_at": None}
    head = {"envelope_community": "ce_registry", "envelope_id": "5f", "envelope_ceterms_ctid": CTID.upper()}
    return {**head, "decoded_resource": resource, "node_headers": headers, **more}


def token(payload: bytes) -> str:
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"RS256"}', payload, b"x"))


RESOURCE = {"@type": "ceterms:MicroCredential", "ceterms:ctid": CTID, "ceterms:name": {"en": "Rubbing gold"}}


def test_an_envelope_is_an_entry_in_a_catalogue_but_no_third_party_evidence() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(envelope({"@context": CONTEXT, "@graph": [RESOURCE]})).encode()
    assert provider.recognises(source_of(content))
    made = provider.read(source_of(content))
    assert not made.problems
    (found,) = made.programs
    assert (found.title, found.id) == ("Rubbing gold", CTID)
    assert (found.dates.published, found.dates.modified) == ("2024-05-06", "2025-01-02")
    assert at(found, "catalogue_listed") == ["/envelope_ceterms_ctid"]
    assert at(found, "credential_type") == ["/decoded_resource/@graph/0/@type"]
    assert {fact.grade for fact in found.facts.values()} == {"documented"}
    assert "register_listed" not in found.facts


def test_a_page_of_envelopes_gives_the_programs_of_all() -> None:
    made = read([envelope(RESOURCE), "noise", envelope({**RESOURCE, "ceterms:name": "Second"})])
    assert [found.title for found in made.programs] == ["Rubbing gold", "Second"]
    assert [(problem.locator, problem.message) for problem in made.problems] == [
        ("/1", "a resource (a JSON object) is expected here")
    ]


def test_a_token_is_read_without_checking_it_and_says_so() -> None:
    bare = {name: value for name, value in envelope(RESOURCE).items() if name != "decoded_resource"}
    made = read({**bare, "resource": token(json.dumps({"@graph": [RESOURCE]}).encode())})
    assert at(made.programs[0], "credential_type") == ["/resource#/@graph/0/@type"]
    assert made.programs[0].facts["credential_type"].grade == "documented"
    assert ["signature was not checked" in problem.message for problem in made.problems] == [True]


@pytest.mark.parametrize(
    "resource", ["", "a.b", "a.%.c", "a.b.c.d", token(b"\xff"), token(b"{"), token(b"[NaN]"), 5, None]
)
def test_a_broken_token_is_a_problem(resource: Any) -> None:
    made = read([{"envelope_id": "5f", "resource": resource}, RESOURCE])
    assert [found.title for found in made.programs] == ["Rubbing gold"]
    assert [problem.locator for problem in made.problems] in (["/0"], ["/0/resource"])


def test_an_entry_that_was_withdrawn_is_no_entry() -> None:
    made = read(envelope(RESOURCE, node_headers={"deleted_at": "2025-01-01"}))
    assert "catalogue_listed" not in made.programs[0].facts
    assert [problem.locator for problem in made.problems] == ["/node_headers/deleted_at"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"Credential": {"Name": "A", "CredentialType": "Badge"}, "DefaultLanguage": "en"}, "Registry Assistant"),
        ({"@graph": []}, "holds no resources"),
        ([], "holds no resources"),
        (5, "a JSON object"),
        ({"@graph": [1, 2, RESOURCE["@type"]]}, "and 2 more like it"),
        ({"a": 1}, "1 × without a class"),
        ({"@type": "Course", "name": "schema.org means something else"}, "1 × without a class"),
        ({"@type": "ceterms:QualityAssuranceCredential"}, "1 × QualityAssuranceCredential"),
        ({"@type": ["ceasn:Competency", "x"]}, "1 × ceasn:Competency"),
    ],
)
def test_a_document_without_a_program_says_what_it_holds(value: Any, says: str) -> None:
    made = read(value)
    assert not made.programs
    assert says in made.problems[0].message


def test_context_beside_programs_is_no_problem() -> None:
    assert not graph({"@id": "_:a", "@type": "ceterms:CostManifest"}).problems


def test_a_blank_node_is_a_program_only_when_there_is_no_other() -> None:
    degree = {"@id": "_:a", "@type": "ceterms:MasterDegree", "ceterms:name": "A degree"}
    assert [made.title for made in graph(degree, name="Mine").programs] == ["Mine"]
    assert [made.title for made in read({"@graph": [degree]}).programs] == ["A degree"]


def test_loose_resources_know_each_other() -> None:
    owner = {"@type": "ceterms:CredentialOrganization", "@id": "http://example.org/o", "ceterms:name": "Owner"}
    made = read([{**RESOURCE, "ceterms:ownedBy": [{"@id": "http://example.org/o"}]}, owner])
    assert made.programs[0].issuer is not None
    assert made.programs[0].issuer.name == "Owner"


# References


@pytest.mark.parametrize(
    "reference",
    [
        f"{REGISTRY}/resources/{OTHER_CTID}",
        f"{REGISTRY}/graph/{OTHER_CTID.upper()}",
        f"http://credentialengineregistry.org/resource/urn:ctid:{OTHER_CTID.removeprefix('ce-')}",
        {"@id": f"{REGISTRY}/graph/{OTHER_CTID}"},
        {"@type": "ceterms:Organization", "@id": f"res:{OTHER_CTID}"},
        OTHER_CTID.upper(),
    ],
)
def test_a_resource_is_found_under_every_name_of_it(reference: Any) -> None:
    owner = {"@id": f"{REGISTRY}/resources/{OTHER_CTID}", "ceterms:name": {"en": "Owner"}}
    for owned in (reference, [reference]):
        made = program(owner, ownedBy=owned)
        assert made.issuer is not None
        assert made.issuer.name == "Owner"


def test_only_so_many_references_are_followed() -> None:
    made = graph(
        *({"@id": f"_:{number}", "ceterms:name": f"{number}"} for number in range(1_002)),
        accreditedBy=[f"_:{number}" for number in range(1_002)],
    )
    assert len(made.programs[0].recognitions) == 1_000
    assert [problem.locator for problem in made.problems] == ["/@graph/0/ceterms:accreditedBy/1000"]


def test_what_lies_elsewhere_is_unknown_and_a_missing_blank_node_is_a_problem() -> None:
    made = graph(ownedBy=["http://example.org/elsewhere"], accreditedBy=["_:b", "_:b"])
    assert made.programs[0].issuer is not None
    assert made.programs[0].issuer.name == "http://example.org/elsewhere"
    assert "qa_external_program" not in made.programs[0].facts
    assert [problem.locator for problem in made.problems] == ["/@graph/0/ceterms:accreditedBy/0"]


@pytest.mark.parametrize("stated", ["ce-abc", "", 5, None, "ce-" + "g" * 36])
def test_a_malformed_ctid_identifies_nothing(stated: Any) -> None:
    made = program(ctid=stated)
    assert "machine_identifier" not in made.facts
    assert made.id == f"{REGISTRY}/resources/{CTID}"


def test_a_name_of_this_document_only_is_no_identifier() -> None:
    made = read({"@type": "ceterms:Badge", "@id": "res:1", "ceterms:name": "A"})
    assert made.programs[0].id.startswith("urn:touchstone:")


def test_ctids_are_compared_without_regard_to_case_and_blank_nodes_are_not() -> None:
    assert key(f"{REGISTRY}/graph/{CTID.upper()}") == key(CTID) == CTID
    assert key("_:A") != key("_:a")


# Terms


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("MicroCredential", "micro_credential"),
        ("DigitalBadge", "badge"),
        ("OpenBadge", "badge"),
        ("Certificate", "certificate"),
        ("TechnicalLevel1Certificate", "certificate"),
        ("CertificateOfCompletion", "certificate_of_completion"),
        ("ProfessionalCertificate", "professional_certificate"),
        ("Certification", "certification"),
        ("License", "license"),
        ("AssociateOfAppliedScienceDegree", "degree"),
        ("ResearchDoctorate", "degree"),
        ("SecondarySchoolDiploma", "other"),
        ("Course", "course"),
        ("LearningProgram", None),
    ],
)
def test_kinds_of_credential(kind: str, expected: str | None) -> None:
    assert program(kind=kind).value("credential_type") == expected
    iri = read({"@type": ["schema:Thing", f"http://purl.org/ctdl/terms/{kind}"]}).programs[0]
    assert iri.value("credential_type") == expected
    assert expected is None or at(iri, "credential_type") == ["/@type/1"]


@pytest.mark.parametrize(
    "written",
    [
        "deliveryType:OnlineOnly",
        term("deliveryType:OnlineOnly"),
        term("https://credreg.net/ctdl/vocabs/deliveryType/OnlineOnly"),
        {"ceterms:targetNode": {"@id": "https://purl.org/ctdl/vocabs/deliveryType#OnlineOnly"}},
        {"ceterms:targetNodeName": {"en": "Online Only"}},
        {"@id": "deliveryType:OnlineOnly"},
        [term("deliveryType:OnlineOnly"), term("deliveryType:VariableSite")],
    ],
)
def test_a_term_is_known_in_every_form(written: Any) -> None:
    assert program(deliveryType=written).value("delivery") == "online"


def test_terms_are_compared_by_their_letters() -> None:
    assert (
        plain("creditUnit:DegreeeCredit")
        == plain("https://credreg.net/creditUnit/DegreeCredit/")
        == plain("Degree Credit")
    )


def test_a_choice_of_places_is_no_blend() -> None:
    both = [term("deliveryType:OnlineOnly"), term("deliveryType:InPerson")]
    assert "delivery" not in program(learningDeliveryType=both).facts
    assert program(learningDeliveryType=term("deliveryType:BlendedDelivery")).value("delivery") == "blended"


def test_pace_and_way_of_learning() -> None:
    made = program(learningMethodType=[term("learnMethod:SelfPaced"), term("learnMethod:Internship")])
    assert values(made, "self_paced", "mode") == {"self_paced": True}
    assert program(learningMethodType=[term("learnMethod:Apprenticeship")]).value("mode") == "work_based"
    assert not values(program(learningMethodType=term("learnMethod:CohortBased")), "self_paced", "mode")


def test_an_audience_is_no_level() -> None:
    made = program(audienceLevelType=[term("audLevel:BeginnerLevel"), term("audLevel:MastersDegreeLevel")])
    assert values(made, "audience_level", "level_code", "level_framework") == {"audience_level": "beginner"}
    both = [term("audLevel:BeginnerLevel"), term("audLevel:AdvancedLevel")]
    assert program(audienceLevelType=both).value("audience_level") == "mixed"


def test_a_level_counts_where_its_framework_is_named() -> None:
    aligned = {
        "ceterms:frameworkName": {"en": "European Qualifications Framework"},
        "ceterms:targetNodeName": {"en": "Level 6"},
    }
    made = program(creditValue={"schema:value": 5, "ceterms:creditLevelType": aligned})
    assert values(made, "level_framework", "level_code") == {"level_framework": "eqf", "level_code": "Level 6"}
    assert "level_assigned_by" not in made.facts


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"ceterms:exactDuration": "P60M"}, {"duration_weeks_low": 260.7, "duration_weeks_high": 260.7}),
        (
            {"ceterms:minimumDuration": "P3M", "ceterms:maximumDuration": "P9M"},
            {"duration_weeks_low": 13.035, "duration_weeks_high": 39.105},
        ),
        ({"ceterms:exactDuration": "PT60M"}, {"workload_hours_low": 1.0, "workload_hours_high": 1.0}),
        (
            {"ceterms:timeRequired": "PT50H", "ceterms:exactDuration": "P6M"},
            {
                "duration_weeks_low": 26.07,
                "duration_weeks_high": 26.07,
                "workload_hours_low": 50.0,
                "workload_hours_high": 50.0,
            },
        ),
        (
            [{"ceterms:exactDuration": "P2W"}, {"ceterms:exactDuration": "P1W"}],
            {"duration_weeks_low": 1.0, "duration_weeks_high": 2.0},
        ),
        ({"ceterms:description": "four years"}, {}),
    ],
)
def test_durations(profile: Any, expected: dict[str, float]) -> None:
    made = graph(estimatedDuration=profile)
    names = [f"{kind}_{end}" for kind in ("duration_weeks", "workload_hours") for end in ("low", "high")]
    assert values(made.programs[0], *names) == expected
    assert not any(fact.conflict for fact in made.programs[0].facts.values())
    assert not made.problems


def test_the_hours_of_a_certification_are_those_of_its_exam() -> None:
    made = program(kind="Certification", estimatedDuration={"ceterms:exactDuration": "PT3H"})
    assert "workload_hours_low" not in made.facts
    assert (
        program(kind="DigitalBadge", estimatedDuration={"ceterms:exactDuration": "PT3H"}).value("workload_hours_low")
        == 3
    )


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ({"ceterms:timeRequired": "P60M"}, "months or years of work"),
        ({"ceterms:exactDuration": "9 months"}, "ISO 8601"),
        ({"ceterms:exactDuration": {"Years": 2}}, "ISO 8601"),
    ],
)
def test_a_duration_that_can_not_be_meant_is_a_problem(profile: Any, says: str) -> None:
    made = graph(estimatedDuration=[profile])
    assert not {name for name in made.programs[0].facts if "duration" in name or "hours" in name}
    assert [says in problem.message for problem in made.problems] == [True]


def credit(amount: float, unit: str | None = None, **more: Any) -> dict[str, Any]:
    unit_type = {"ceterms:creditUnitType": [term(unit)]} if unit else {}
    return {"@type": "schema:QuantitativeValue", "schema:value": amount, **unit_type, **more}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (credit(3, "creditUnit:SemesterHour"), (3, "us_semester_hour")),
        (credit(4.5, "https://credreg.net/ctdl/vocabs/creditUnit/QuarterHour"), (4.5, "us_quarter_hour")),
        (credit(2, "creditUnit:ContinuingEducationUnit"), (2, "ceu")),
        (credit(60, "creditUnit:DegreeeCredit"), (60, "other")),
        (credit(60, "creditUnit:DegreeCredit", **{"schema:description": {"en": "ECTS credits"}}), (60, "ects")),
        (
            {"schema:minValue": 3, "schema:maxValue": 6, "ceterms:creditUnitType": term("creditUnit:SemesterHour")},
            (3, "us_semester_hour"),
        ),
        (credit(7), (7, None)),
        ([credit(3, "creditUnit:SemesterHour"), credit(45, "creditUnit:ContactHour")], (3, "us_semester_hour")),
        ([credit(3, "creditUnit:SemesterHour"), credit(9, "creditUnit:SemesterHour")], (None, None)),
        ({"schema:value": "five", "ceterms:creditUnitType": term("creditUnit:SemesterHour")}, (None, None)),
    ],
)
def test_credits_keep_their_unit(value: Any, expected: tuple[float | None, str | None]) -> None:
    made = program(creditValue=value)
    assert (made.value("credit_amount"), made.value("credit_unit")) == expected
    assert "workload_hours_low" not in made.facts


def test_hours_are_stated_only_where_credit_is_counted_in_hours() -> None:
    made = program(creditValue=[credit(45, "creditUnit:ContactHour"), credit(900, "creditUnit:ClockHour")])
    names = ("contact_hours_low", "contact_hours_high", "clock_hours_low", "clock_hours_high")
    assert values(made, *names) == dict(zip(names, (45, 45, 900, 900), strict=True))
    assert not values(program(creditValue=credit(45, "creditUnit:SemesterHour")), *names)


def test_credit_that_the_requirements_name() -> None:
    made = program(
        requires=[{"ceterms:creditUnitValue": 48.0, "ceterms:creditUnitType": term("creditUnit:DegreeCredit")}]
    )
    assert (made.value("credit_amount"), made.value("credit_unit")) == (48.0, "other")
    assert at(made, "credit_amount") == ["/@graph/0/ceterms:requires/0/ceterms:creditUnitValue"]


@pytest.mark.parametrize(("stated", "expected"), [(True, False), ("true", False), (False, None), ("perhaps", None)])
def test_no_official_credit_is_a_no_and_the_reverse_is_not_a_yes(stated: Any, expected: bool | None) -> None:
    assert program(isNonCredit=stated).value("credit_awarded") is expected


# Assessment


def test_assessment_is_read_from_what_is_required() -> None:
    exam = {
        "@id": "_:exam",
        "@type": "ceterms:AssessmentProfile",
        "ceterms:name": "Final",
        "ceterms:assessmentMethodType": [term("assessMethod:Exam"), term("assessMethod:Artifact")],
        "ceterms:assessmentUseType": term("assessUse:Summative"),
        "ceterms:isProctored": True,
        "ceterms:hasGroupEvaluation": False,
        "ceterms:hasRubric": "https://example.org/rubric",
        "ceterms:assesses": [{"ceterms:targetNodeName": {"en": "Tell gold from brass"}}],
    }
    made = program(exam, kind="Certification", requires={"ceterms:targetAssessment": ["_:exam"]})
    assert values(made, *(name for name in made.facts if name.startswith(("assessment", "supervis", "marking")))) == {
        "assessment_exists": True,
        "assessment_written": True,
        "assessment_project": True,
        "assessment_summative": True,
        "assessment_group": False,
        "supervised": True,
        "marking_rubric_published": True,
    }
    assert made.outcomes == ("Tell gold from brass",)
    assert at(made, "supervised") == ["/@graph/1/ceterms:isProctored"]
    assert not values(made, "identity_verified", "supervision", "pass_mark")


def test_an_assessment_described_elsewhere_exists_and_no_more_is_known() -> None:
    made = program(targetAssessment=[f"{REGISTRY}/resources/{OTHER_CTID}"])
    assert {name for name in made.facts if name.startswith(("assessment", "supervis"))} == {"assessment_exists"}


def test_no_proctoring_is_a_no_and_silence_is_not() -> None:
    assert program(targetAssessment={"ceterms:isProctored": False}).value("supervised") is False
    assert "supervised" not in program(targetAssessment={"ceterms:name": "Quiz"}).facts
    assert "assessment_exists" not in program(description="You will be assessed.").facts


def test_methods_of_a_course_itself() -> None:
    methods = [term("assessMethod:Performance"), term("assessMethod:PortfolioEvaluation"), term("assessMethod:Unheard")]
    made = program(assessmentMethodType=methods)
    assert {name for name in made.facts if name.startswith("assessment")} == {
        "assessment_exists",
        "assessment_practical",
        "assessment_portfolio",
    }


# Validity, prices, prerequisites, competencies


def test_renewal() -> None:
    made = program(kind="Certification", renewalFrequency="P3Y", expirationDate="2027-01-31")
    assert values(made, "expires", "renewal_months") == {"expires": True, "renewal_months": 36}
    assert made.dates.expires == "2027-01-31"
    assert not values(program(expirationDate="2027-01-31"), "expires", "renewal_months")
    assert [problem.locator for problem in graph(renewalFrequency="yearly").problems] == [
        "/@graph/0/ceterms:renewalFrequency"
    ]


def cost(price: Any, kind: str | None = None, currency: Any = "US Dollar", **more: Any) -> dict[str, Any]:
    direct = {"ceterms:directCostType": term(f"costType:{kind}")} if kind else {}
    return {"@type": "ceterms:CostProfile", "ceterms:price": price, "ceterms:currency": currency, **direct, **more}


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([cost(995.0, "Tuition")], (995.0, "USD")),
        ([cost("950", "EnrollmentFee", "EUR")], (950, "EUR")),
        ([cost(0, "Tuition")], (0, "USD")),
        ([cost(10, None, "Galactic Credit")], (10, None)),
        ([cost(10, None, None)], (10, None)),
        ([cost(500, "AggregateCost"), cost(900, "AggregateCost"), cost(80, "Tuition")], (500, "USD")),
        ([cost(500, "AggregateCost", "USD"), cost(400, "AggregateCost", "Euro")], (None, None)),
        ([cost(100, "Application"), cost(12999, "Tuition")], (None, None)),
        ([cost(65, "RenewalFee")], (None, None)),
        ([cost(300, "Tuition", **{"ceterms:paymentPattern": "per semester"})], (None, None)),
        ([cost(9000, "AggregateCost", **{"ceterms:name": {"en": "Annual cost"}})], (None, None)),
        ([{"ceterms:currency": "USD"}], (None, None)),
        ([cost("ask us", "Tuition")], (None, None)),
    ],
)
def test_the_price_of_the_credential(costs: list[Any], expected: tuple[float | None, str | None]) -> None:
    made = program(estimatedCost=costs)
    assert (made.value("price_amount"), made.value("price_currency")) == expected


def test_every_price_is_listed_with_what_it_buys() -> None:
    manifest = {"@id": "_:costs", "@type": "ceterms:CostManifest", "ceterms:estimatedCost": [cost(50, "Application")]}
    made = program(
        manifest, estimatedCost=[cost(99, None, "Euro", **{"ceterms:name": "Course"})], commonCosts=["_:costs"]
    )
    assert [(price.amount, price.currency, price.what) for price in made.prices] == [
        (99, "EUR", "Course"),
        (50, "USD", "Application"),
    ]


def test_a_negative_price_is_a_problem() -> None:
    made = graph(estimatedCost=cost(-1, "Tuition"))
    assert not made.programs[0].prices
    assert [problem.locator for problem in made.problems] == ["/@graph/0/ceterms:estimatedCost/ceterms:price"]


def test_prerequisites_are_conditions_not_what_is_done_to_earn_it() -> None:
    entry = {"ceterms:condition": {"en": ["Age 18", "A licence"]}, "ceterms:description": "Ignored beside conditions"}
    requires = {"ceterms:description": "Pass the curriculum."}
    missing = {"ceterms:description": "*** Condition PROFILE DESCRIPTION MISSING ***"}
    assert program(kind="Certificate", entryCondition=entry, requires=requires).prerequisites == ("Age 18", "A licence")
    assert program(kind="Course", requires=[requires, missing]).prerequisites == ("Pass the curriculum.",)


def test_competencies_are_outcomes_and_those_of_a_framework_are_skills() -> None:
    competency = {
        "@id": "http://example.org/c1",
        "@type": "ceasn:Competency",
        "ceasn:competencyText": {"en": "Weigh gold"},
        "ceasn:isPartOf": "http://example.org/framework",
    }
    esco = "http://data.europa.eu/esco/skill/1"
    made = program(
        competency,
        teaches=[
            "http://example.org/c1",
            term(esco, **{"ceterms:targetNodeName": {"en": "assay metal"}, "ceterms:frameworkName": {"en": "ESCO"}}),
            {"ceterms:targetNodeName": {"en": "be careful", "de": "vorsichtig sein"}},
            "http://example.org/elsewhere",
        ],
        requires={"ceterms:targetCompetency": [{"ceterms:targetNodeDescription": "Be careful indeed"}]},
    )
    assert made.outcomes == ("Weigh gold", "assay metal", "be careful", "Be careful indeed")
    assert [(skill.label, skill.id, skill.framework) for skill in made.skills] == [
        ("Weigh gold", "http://example.org/c1", "http://example.org/framework"),
        ("assay metal", esco, "ESCO"),
    ]


# Recognition


def body(name: str, reference: str = "_:body", **more: Any) -> dict[str, Any]:
    return {"@id": reference, "@type": "ceterms:QACredentialOrganization", "ceterms:name": {"en": name}, **more}


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("accreditedBy", {"qa_external_program", "program_approved"}),
        ("approvedBy", {"qa_external_program", "program_approved"}),
        ("recognizedBy", {"qa_external_program"}),
        ("regulatedBy", {"qa_external_program", "regulator_recognised"}),
    ],
)
def test_decisions_about_the_program(relation: str, expected: set[str]) -> None:
    facts = {"qa_external_program", "program_approved", "regulator_recognised", "qa_external_institution"}
    made = program(body("Assay Office"), kind="Course", **{relation: ["_:body"]})
    assert facts & made.facts.keys() == expected
    assert [(one.body, one.scope) for one in made.recognitions] == [("Assay Office", "program")]
    within = program(
        body("Assay Office"), kind="Course", **{relation.replace("By", "In"): [{"ceterms:assertedBy": "_:body"}]}
    )
    assert facts & within.facts.keys() == expected


def test_a_decision_about_the_owner_is_not_about_the_program() -> None:
    owner = {"@id": "_:owner", "ceterms:name": "Owner", "ceterms:accreditedBy": [f"{REGISTRY}/resources/{OTHER_CTID}"]}
    made = program(owner, ownedBy="_:owner", offeredBy="_:owner")
    assert values(made, "qa_external_institution", "issuer_accredited", "qa_external_program", "program_approved") == {
        "qa_external_institution": True,
        "issuer_accredited": True,
    }
    assert [one.scope for one in made.recognitions] == ["institution"]
    assert at(made, "issuer_accredited") == ["/@graph/1/ceterms:accreditedBy/0"]


def test_nobody_accredits_themselves() -> None:
    made = program(body("Owner", "_:owner"), ownedBy="_:owner", accreditedBy="_:owner")
    assert not made.recognitions
    assert not values(made, "qa_external_program", "program_approved")


def test_a_dated_action_gives_the_last_valid_day() -> None:
    action = {
        "@type": "ceterms:AccreditAction",
        "ceterms:object": [f"{REGISTRY}/graph/{CTID.upper()}"],
        "ceterms:actingAgent": ["_:body"],
        "ceterms:startDate": "2023-01-01",
        "ceterms:endDate": "2026-01-01",
    }
    made = program(body("Assay Office"), action)
    assert values(made, "qa_external_program", "qa_valid_to", "qa_lapsed") == {
        "qa_external_program": True,
        "qa_valid_to": "2026-01-01",
    }
    assert (made.recognitions[0].valid_from, made.recognitions[0].valid_to) == ("2023-01-01", "2026-01-01")
    planned = {**action, "ceterms:actionStatusType": term("actionStat:PotentialActionStatus")}
    assert not program(body("Assay Office"), planned).recognitions


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("National College Credit Recommendation Service (NCCRS)", True),
        ("American Council on Education", True),
        ("Accreditation Commission for Education in Nursing (ACEN)", None),
        ("Ace Hardware Academy", None),
    ],
)
def test_credit_recommendations(name: str, expected: bool | None) -> None:
    assert program(body(name), approvedBy="_:body").value("credit_recommended") is expected


def test_stacking_is_documented_where_the_larger_thing_is_described() -> None:
    degree = {"@id": "http://example.org/d", "@type": "ceterms:BachelorDegree", "ceterms:name": "Degree"}
    own = {**degree, "ceterms:ownedBy": "http://example.org/o"}
    facts = ("stack_own_path", "stack_into_qualification")
    assert not values(program(isRequiredFor="http://example.org/d"), *facts)
    assert values(program(degree, isRequiredFor={"ceterms:targetCredential": "http://example.org/d"}), *facts) == {
        "stack_into_qualification": True
    }
    assert values(program(own, isPartOf="http://example.org/d", ownedBy="http://example.org/o"), *facts) == {
        "stack_own_path": True
    }


# Robustness


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"@type": "ceterms:Badge"}', True),
        (b'{"ceterms:name": broken', True),
        (b"<html>ceterms:Badge</html>", False),
        (b'{"@context": "https://schema.org", "@type": "Course"}', False),
        (
            b'{"@context": ["https://www.w3.org/ns/credentials/v2"], "alignment": {"targetType": "ceterms:Badge"}}',
            False,
        ),
        (b"", False),
    ],
)
def test_its_own_documents_are_recognised(content: bytes, expected: bool) -> None:
    assert provider.recognises(source_of(content)) is expected


def place(root: Any, locator: str) -> Any:
    """What a locator leads to, also inside the payload of a token."""
    outer, _, inner = locator.partition("#")
    found = resolve(root, outer)
    if not inner:
        return found
    payload = found.split(".")[1]
    return resolve(parse(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).value, inner)


def is_quoted(found: Any, quote: str) -> bool:
    """Whether the quote tells what stands at the place, or part of it."""
    said = {True: "yes", False: "no"}[found] if isinstance(found, bool) else found
    words = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    words = " ".join(words.split())
    return words in quote or quote.rstrip("…") in words


@needs_corpus
@pytest.mark.parametrize("path", sorted((PROVIDERS / "ctdl").rglob("*.json")), ids=lambda path: path.name)
def test_evidence_leads_to_what_it_quotes(path: Path) -> None:
    content = path.read_bytes()
    reading = provider.read(source_of(content, path.name))
    try:
        root = parse(content).value
    except UnreadableJson:
        assert len(reading.problems) == 1
        return
    for made in reading.programs:
        for name, fact in made.facts.items():
            for evidence in fact.evidence:
                found = place(root, evidence.locator)
                # The share of the minimum is counted over the whole resource.
                assert name == "metadata_required_share" or is_quoted(found, evidence.quote), evidence
    for problem in reading.problems:
        place(root, problem.locator)


@needs_corpus
def test_no_document_of_any_kind_breaks_it() -> None:
    documents = [path for path in CORPUS.rglob("*") if path.suffix in {".json", ".jsonld", ".jsonl", ".html", ".csv"}]
    assert documents
    for path in documents:
        if path.stat().st_size < 5_000_000:
            reading = provider.read(source_of(path.read_bytes(), path.name))
            assert reading.programs or reading.problems


PROPERTIES = """
    name ctid ownedBy offeredBy accreditedBy accreditedIn assertedBy accredits object actingAgent endDate requires
    entryCondition condition teaches assesses targetNode targetNodeName framework frameworkName codedNotation address
    targetAssessment isProctored assessmentMethodType estimatedDuration exactDuration timeRequired creditValue
    creditUnitType creditUnitValue estimatedCost commonCosts price currency directCostType renewal renewalFrequency
    aggregateData numberAwarded jobsObtained isPartOf isRequiredFor targetCredential inLanguage dateEffective
    deliveryType learningMethodType audienceLevelType reviewProcess processFrequency accommodationType isNonCredit
    subjectWebpage addressCountry
"""
OTHER_NAMES = """
    @id @type @graph @value @language en decoded_resource resource envelope_id node_headers deleted_at GraphInput
    schema:value schema:minValue qdata:percentage ceasn:competencyText
"""
WORDS = """
    ceterms:Course ceterms:Certification ceterms:AccreditAction _:a _:b P60M PT5H creditUnit:SemesterHour USD 5 true
    deliveryType:OnlineOnly costType:Tuition 2025-02-30 EQF a.b.c
"""
NAMES = st.sampled_from([*OTHER_NAMES.split(), *(f"ceterms:{name}" for name in PROPERTIES.split())])
LEAVES = st.sampled_from([*WORDS.split(), CTID, f"{REGISTRY}/graph/{CTID}", -1, 10**400, 1e300, 0, True, None])
ANY = st.recursive(
    LEAVES | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=8),
    max_leaves=40,
)
NODES = st.dictionaries(NAMES, ANY, max_size=12).flatmap(
    lambda node: st.sampled_from(["Course", "Certification", "CredentialOrganization", "AccreditAction"]).map(
        lambda kind: {"@id": "_:a", **node, "@type": f"ceterms:{kind}"}
    )
)


@settings(max_examples=300, deadline=None)
@given(ANY | st.lists(NODES, max_size=4).map(lambda nodes: {"@graph": nodes}))
def test_any_json_gives_programs_or_problems_whose_places_exist(value: Any) -> None:
    content = json.dumps(value).encode()
    provider.recognises(source_of(content))
    reading = provider.read(source_of(content))
    assert reading.programs or reading.problems
    for made in reading.programs:
        assert made.digest()
        for fact in made.facts.values():
            for evidence in fact.evidence:
                place(value, evidence.locator)
    for problem in reading.problems:
        place(value, problem.locator.partition("#")[0])
