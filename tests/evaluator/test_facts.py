"""The dictionary is complete, coherent and true to the vocabularies it names."""

from __future__ import annotations

import json
import re

import pytest

from evaluator.facts import FactDefinition, dictionary
from tests.corpus import PROVIDERS, needs_corpus

FACTS = dictionary()
CTDL_VOCABULARY = PROVIDERS / "ctdl/ctdl-validate/src__ctdl_validate__vendor__ctdl__schema.json"

ORDERED = {
    "supervision": ["none", "remote_auto", "remote_live", "onsite"],
    "assessment_graded_by": ["none", "auto", "peer", "instructor", "independent"],
    "standard_setting": ["none", "policy", "judgemental", "empirical"],
    "need_evidence": ["none", "expert", "consultation", "job_task_analysis"],
    "qa_conformity": ["none", "self_declared", "in_progress", "provider", "program"],
    "workload_credit_coherence": ["neither", "one", "outside", "inside", "validated"],
    "level_assigned_by": ["self", "awarding_body", "external"],
    "outcome_source": ["none", "testimonials", "provider", "audited", "administrative"],
    "declared_framework_result": ["fail", "undetermined", "pass"],
    "accessibility": ["none", "claim", "partial_audit", "wcag21_aa", "wcag22_aa"],
}
"""Lists whose order decides which of two values is the more cautious."""

HARMFUL = {"qa_lapsed", "credit_recommendation_expired"}
"""Facts that tell against a program when they are true."""

NEUTRAL = {"self_paced", "expires", "assessment_group"}
"""Yes-or-no facts of which neither answer is the less flattering."""


@pytest.mark.parametrize(("name", "values"), ORDERED.items())
def test_ordered_lists_run_from_least_to_most(name: str, values: list[str]) -> None:
    assert list(FACTS[name].values) == values
    assert FACTS[name].cautious == "listed"


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_two_equally_good_sources_settle_on_the_less_flattering_value(fact: FactDefinition) -> None:
    if fact.type == "boolean":
        expected = "true" if fact.name in HARMFUL else "unknown" if fact.name in NEUTRAL else "false"
        assert fact.cautious == expected
    if fact.name.endswith("_low"):
        assert fact.cautious == "lower"
    if fact.name.endswith("_high"):
        assert fact.cautious == "higher"


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_an_order_is_used_only_where_there_is_one(fact: FactDefinition) -> None:
    assert fact.cautious != "listed" or fact.values


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_words_fit_into_sentences(fact: FactDefinition) -> None:
    assert fact.says.endswith(".")
    assert ". " not in fact.says, "one sentence"
    assert fact.says[0].isupper()
    assert not fact.label.endswith(".")
    assert len(fact.label) <= 45
    assert "_" not in fact.label


def test_labels_are_distinct() -> None:
    labels = [fact.label for fact in FACTS.values()]
    assert sorted(label for label in labels if labels.count(label) > 1) == []


def test_intervals_have_two_ends_of_one_kind() -> None:
    lows = [name for name in FACTS if name.endswith("_low")]
    assert len(lows) == 6
    for low in lows:
        ends = FACTS[low], FACTS[low.removesuffix("_low") + "_high"]
        assert len({(end.type, end.unit, end.group, end.minimum, end.maximum, end.derived) for end in ends}) == 1


def test_shares_lie_between_zero_and_one() -> None:
    for fact in FACTS.values():
        if fact.unit == "share":
            assert (fact.minimum, fact.maximum) == (0, 1), fact.name


@pytest.mark.parametrize("value", [2**53, -(2**53), 10**400, float("inf"), float("nan"), True, "5"])
def test_numbers_are_those_that_canonical_json_can_keep(value: object) -> None:
    assert "a finite integer" in (FACTS["completers"].fault(value) or "")
    assert FACTS["completers"].fault(2**53 - 1) is None


def test_every_kind_of_hours_is_a_fact_of_its_own() -> None:
    assert {"workload_hours_low", "contact_hours_low", "clock_hours_low"} <= set(FACTS)


@needs_corpus
@pytest.mark.parametrize("fact", [fact for fact in FACTS.values() if "ctdl" in fact.maps], ids=lambda fact: fact.name)
def test_ctdl_terms_exist(fact: FactDefinition) -> None:
    terms = {entry["@id"] for entry in json.loads(CTDL_VOCABULARY.read_bytes())["@graph"]}
    named = re.findall(r"\b[A-Za-z]+:\w+", fact.maps["ctdl"])
    assert named or fact.maps["ctdl"] == "@type"
    assert [term for term in named if not term.startswith("schema:") and term not in terms] == []
