"""Rubric files: loaded strictly, with errors that name file, criterion and mend; and digests by content."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluator.rubric import MAX_APPLIES, Rubric, load_rubric, parse_rubric
from evaluator.score import row_of
from evaluator.sql import points, scale
from evaluator.strict_yaml import SpecError
from tests.evaluator.strategies import BASIS, rubric_of

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "rubric_model.yaml").read_text())

GOOD: dict[str, Any] = {
    "rubric": "sample",
    "version": "1.0.0",
    "title": "Sample",
    "asks": "Does it work?",
    "publisher": {"name": "Somebody"},
    "license": "CC0-1.0",
    "evidence_floor": "documented",
    "criteria": [
        {
            "id": name,
            "asks": "How?",
            "why": "It matters.",
            "weight": 10,
            "basis": [BASIS],
            "levels": {
                0: {"says": "nothing"},
                1: {"says": "some", "when": some},
                2: {"says": "all", "when": everything},
            },
            "remedy": "Publish it.",
        }
        for name, some, everything in (
            ("identity", "honour_statement", "identity_verified"),
            ("mark", "pass_mark >= 0.5", "pass_mark >= 0.7"),
        )
    ],
    "caps": [{"id": "no-assessment", "when": "NOT assessment_exists", "at_most": 20, "says": "no assessment"}],
    "cases": [{"name": "all", "facts": {"identity_verified": True}, "expect": {"identity": 2, "mark": "unknown"}}],
}


def _text(changed: Any = GOOD) -> str:
    return yaml.safe_dump(changed, sort_keys=False)


def test_a_good_rubric_is_read() -> None:
    rubric = parse_rubric(_text(), "sample.yaml")
    assert (rubric.name, rubric.concentration) == ("sample@1.0.0", 50)
    assert rubric.facts == ("honour_statement", "identity_verified", "pass_mark", "assessment_exists")
    assert [criterion.maximum for criterion in rubric.criteria] == [2, 2]
    assert rubric.criteria[1].facts == ("pass_mark",)


@pytest.mark.parametrize("case", CASES["mistakes"], ids=lambda case: case["says"][-1][:60])
def test_mistakes_are_named(case: Mapping[str, Any]) -> None:
    changed = copy.deepcopy(GOOD)
    place: Any = changed
    for step in case["path"][:-1]:
        place = place[step]
    place[case["path"][-1]] = case["set"]
    with pytest.raises(SpecError) as caught:
        parse_rubric(_text(changed), "sample.yaml")
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith("sample.yaml")
    for words in case["says"]:
        assert words in caught.value.problems[0]


def test_every_mistake_is_listed() -> None:
    changed = copy.deepcopy(GOOD)
    changed["criteria"][0]["levels"][1]["when"] = "fre"
    changed["criteria"][1]["levels"][2]["when"] = "pass_mark"
    changed["caps"][0]["when"] = "mode = 'x'"
    with pytest.raises(SpecError) as caught:
        parse_rubric(_text(changed), "sample.yaml")
    assert len(caught.value.problems) == 3


def test_the_path_names_id_and_version(tmp_path: Path) -> None:
    for folder, name, good in (("sample", "1.0.0", True), ("sample", "1.0.1", False), ("other", "1.0.0", False)):
        path = tmp_path / folder / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_text())
        if good:
            assert load_rubric(path).name == "sample@1.0.0"
        else:
            with pytest.raises(SpecError, match=r"holds sample@1\.0\.0, so its path must end in sample/1\.0\.0\.yaml"):
                load_rubric(path)


def test_what_bounds_can_not_try_is_refused() -> None:
    conditions = ["free", "supervised", "self_paced", "expires"]
    criteria = [{"id": f"c{n}", "levels": {1: "free"}, "applies": each} for n, each in enumerate([None, *conditions])]
    rubric_of(criteria[: MAX_APPLIES + 1])
    with pytest.raises(ValueError, match=f"at most {MAX_APPLIES} different `applies`"):
        rubric_of(criteria)


def test_some_criterion_always_applies() -> None:
    with pytest.raises(ValueError, match="at least one criterion must apply to every program"):
        rubric_of([{"id": "only", "levels": {1: "free"}, "applies": "supervised"}])


def test_sums_stay_whole_and_small() -> None:
    uneven = [{"id": f"c{n}", "levels": {top: "free"}} for n, top in enumerate((7, 11, 13, 16, 17, 19))]
    with pytest.raises(ValueError, match="too large a common multiple"):
        rubric_of(uneven)
    rubric = rubric_of([{"id": "aa", "weight": 3, "levels": {3: "free"}}, {"id": "bb", "levels": {4: "free"}}])
    assert scale(rubric) == 12
    assert points(rubric) == {"aa": 12, "bb": 30}
    assert row_of({"free": True}, rubric)["score_low"] == 100


def test_comparisons_are_limited() -> None:
    texts = {n: " OR ".join(f"completers = {n * 100 + m}" for m in range(55)) for n in range(1, 21)}
    levels = {0: {"says": "x"}} | {n: {"says": "x", "when": text} for n, text in texts.items()}
    changed = copy.deepcopy(GOOD)
    changed["criteria"][0]["levels"] = levels
    changed["cases"] = []
    with pytest.raises(SpecError, match="the levels make 1102 different comparisons; at most 1000"):
        parse_rubric(_text(changed), "sample.yaml")


def test_the_digest_is_of_the_content() -> None:
    def digest(**changes: Any) -> str:
        return Rubric.model_validate({**GOOD, **changes}).digest

    assert digest() == digest() == parse_rubric(_text(), "another name").digest
    assert parse_rubric(_text(dict(reversed(GOOD.items()))), "x").digest == digest()
    other = [
        digest(title="Other"),
        digest(cases=[]),
        digest(caps=[]),
        digest(concentration=51),
        digest(version="1.0.1"),
    ]
    assert len({digest(), *other}) == 6
    assert Rubric.model_validate(GOOD) == Rubric.model_validate(GOOD)
    assert len({Rubric.model_validate(GOOD), Rubric.model_validate(GOOD)}) == 1
