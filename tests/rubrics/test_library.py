"""Rubrics are found, loaded strictly and tested; every mistake is said with file, place, fault and mend."""

from __future__ import annotations

from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from typing import Any

import pytest

from evaluator import strict_yaml
from evaluator.rubric import parse_rubric
from evaluator.strict_yaml import SpecError
from rubrics import library

ERRORS: list[dict[str, Any]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("errors.yaml").read_bytes(), "cases/errors.yaml"
)

SAMPLE = """\
rubric: sample
version: 1.0.0
title: Sample
asks: Is it any good?
publisher: {name: Somebody}
license: CC0-1.0
evidence_floor: documented
criteria:
  - id: supervision
    asks: Who watched?
    why: It matters
    weight: 10
    basis: [{title: A standard, url: https://example.org/standard, read_on: 2026-11-24}]
    levels:
      0: {says: Nothing is shown}
      1: {says: Identified, when: identity_verified}
      2: {says: Supervised, when: supervised AND identity_verified}
    remedy: Publish who watches.
  - id: standard
    asks: What does passing take?
    why: It matters
    weight: 10
    basis: [{title: A standard, url: https://example.org/other, read_on: 2026-11-24}]
    applies: mode <> 'exam_only'
    levels:
      0: {says: Nothing is shown}
      1: {says: Watched live, when: "supervision IN ('remote_live', 'onsite')"}
      2:
        says: A high mark
        when: pass_mark >= 0.70
    remedy: Say what passing takes.
caps:
  - {id: unsupervised, when: NOT supervised AND NOT identity_verified, at_most: 40, says: Nobody watched}
cases:
  - name: Watched and known
    facts: {supervised: true, identity_verified: true}
    expect: {supervision: 2}
  - name: Nobody watched
    facts: {supervised: false, identity_verified: false}
    expect: {supervision: 0}
    caps: [unsupervised]
"""


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case["name"])
def test_every_mistake_is_said(case: dict[str, Any]) -> None:
    assert case["old"] in SAMPLE
    with pytest.raises(SpecError) as raised:
        parse_rubric(SAMPLE.replace(case["old"], case["new"], 1), "sample/1.0.0.yaml")
    assert [problem.removeprefix("sample/1.0.0.yaml") for problem in raised.value.problems] == case["problems"]


def test_what_is_not_sql_is_said_with_its_place() -> None:
    with pytest.raises(SpecError, match=r'^x, criterion "standard", level 2: not a SQL condition \(.*: pass_mark >='):
        parse_rubric(SAMPLE.replace("pass_mark >= 0.70", "pass_mark >="), "x")


# --- folders ------------------------------------------------------------------------------------------------


def written(folder: Path, text: str = SAMPLE, name: str = "sample/1.0.0") -> Path:
    """A rubric folder that holds the text under the name."""
    path = folder / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


def problems(*folders: Path) -> list[str]:
    with pytest.raises(SpecError) as raised:
        library.in_folders(folders)
    return list(raised.value.problems)


def test_a_folder_gives_its_rubrics_by_id_and_version(tmp_path: Path) -> None:
    for version in ("1.10.0", "1.9.0"):
        written(tmp_path, SAMPLE.replace("version: 1.0.0", f"version: {version}"), f"sample/{version}")
    written(tmp_path, SAMPLE.replace("rubric: sample", "rubric: another"), "another/1.0.0")
    found = library.in_folders([tmp_path])
    assert [rubric.name for rubric in found] == ["another@1.0.0", "sample@1.9.0", "sample@1.10.0"]
    assert [rubric.name for rubric in library.latest(found)] == ["another@1.0.0", "sample@1.10.0"]
    assert library.choose(found, "sample").name == "sample@1.10.0"
    assert library.choose(found, "sample@1.9.0").name == "sample@1.9.0"


def test_a_rubric_that_is_not_there_is_said_with_the_nearest(tmp_path: Path) -> None:
    found = library.in_folders([written(tmp_path)])
    with pytest.raises(LookupError) as raised:
        library.choose(found, "sampel")
    assert raised.value.args == ('There is no rubric "sampel". Did you mean "sample"? See `touchstone rubrics list`.',)


def test_a_rubric_lies_where_its_id_and_version_say(tmp_path: Path) -> None:
    assert problems(written(tmp_path / "mine", name="sample/2.0.0")) == [
        "mine/sample/2.0.0.yaml: holds sample@1.0.0, so its path must end in sample/1.0.0.yaml."
    ]


def test_two_files_of_one_id_and_version_must_agree(tmp_path: Path) -> None:
    one = written(tmp_path / "one")
    same = written(tmp_path / "same")
    other = written(tmp_path / "two", SAMPLE.replace("weight: 10", "weight: 11", 1))
    assert [rubric.name for rubric in library.in_folders([one, same])] == ["sample@1.0.0"]
    assert problems(one, other) == [
        "two/sample/1.0.0.yaml: another file holds sample@1.0.0 with other content. Keep one of them."
    ]


def test_the_mistakes_of_every_file_are_listed(tmp_path: Path) -> None:
    written(tmp_path / "mine", SAMPLE.replace("title: Sample", "titel: Sample"))
    written(tmp_path / "mine", SAMPLE.replace("asks: Is it any good?\n", ""), "sample/1.1.0")
    assert problems(tmp_path / "mine") == [
        'mine/sample/1.0.0.yaml: the key "title" is missing.',
        'mine/sample/1.0.0.yaml: unknown key "titel". Did you mean "title"?',
        'mine/sample/1.1.0.yaml: the key "asks" is missing.',
    ]


# --- plugins ------------------------------------------------------------------------------------------------


def plugin(folder: Path, target: str) -> list[EntryPoint]:
    """The entry points of a distribution, as installing it would leave them."""
    place = folder / "acme_rubrics-2.1.dist-info"
    place.mkdir()
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rubrics\nVersion: 2.1\n")
    (place / "entry_points.txt").write_text(f"[touchstone.rubrics]\nacme = {target}\n")
    return [point for distribution in distributions(path=[str(folder)]) for point in distribution.entry_points]


def test_the_folder_of_a_plugin_is_found(tmp_path: Path) -> None:
    folders = library.folders_of(plugin(tmp_path, "rubrics:FOLDER"))
    assert [rubric.rubric for rubric in library.in_folders(folders)] == ["rigor", "recognition", "alignment"]


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("acme_is_not_there:FOLDER", "can't be loaded: ModuleNotFoundError(\"No module named 'acme_is_not_there'\")"),
        ("rubrics:NOT_THERE", "can't be loaded: AttributeError(\"module 'rubrics' has no attribute 'NOT_THERE'\")"),
        ("rubrics.lock:LOCK", "'published.lock' is not a folder"),
    ],
)
def test_a_broken_plugin_fails_loudly_and_is_named(tmp_path: Path, target: str, fault: str) -> None:
    with pytest.raises(RuntimeError) as raised:
        library.folders_of(plugin(tmp_path, target))
    assert str(raised.value).replace("2.1: ", "2.1 ") == f'The rubrics "acme" of acme-rubrics 2.1 {fault}'


# --- cases --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "failure"),
    [
        ("expect: {supervision: 2}", "expect: {supervision: 1}", "supervision: expected level 1, found level 2"),
        ("expect: {supervision: 2}", "expect: {supervision: unknown}", "supervision: expected unknown, found level 2"),
        (
            "expect: {supervision: 2}",
            "expect: {standard: 0}",
            "standard: expected level 0, found a level from 0 to 2",
        ),
        (
            "facts: {supervised: true, identity_verified: true}\n    expect: {supervision: 2}",
            "facts: {mode: exam_only, pass_mark: 0.9}\n    expect: {standard: 2}",
            "standard: expected level 2, found not applicable",
        ),
        (
            "facts: {supervised: true, identity_verified: true}\n    expect: {supervision: 2}",
            "facts: {mode: taught}\n    expect: {standard: not_applicable}",
            "standard: expected not applicable, found a level from 0 to 2",
        ),
        ("expect: {supervision: 2}", "expect: {}\n    caps: [unsupervised]", "cap unsupervised: expected to hold"),
    ],
)
def test_a_case_that_fails_says_what_was_found(old: str, new: str, failure: str) -> None:
    assert old in SAMPLE
    results = list(library.run_cases(parse_rubric(SAMPLE.replace(old, new, 1), "x")))
    assert [result.failures for result in results] == [(failure,), ()]


def test_a_cap_that_holds_unexpectedly_is_said() -> None:
    results = list(library.run_cases(parse_rubric(SAMPLE.replace("caps: [unsupervised]", "caps: []"), "x")))
    assert [result.failures for result in results] == [(), ("cap unsupervised: expected not to hold",)]


def test_what_no_case_shows_is_listed() -> None:
    rubric = parse_rubric(SAMPLE, "x")
    assert all(not result.failures for result in library.run_cases(rubric))
    assert list(library.uncovered(rubric)) == [
        'criterion "supervision": no case reaches level 1',
        'criterion "supervision": no case leaves it unknown',
        'criterion "standard": no case reaches level 0, 1, 2',
        'criterion "standard": no case leaves it unknown',
    ]


def test_two_bounds_that_are_one_leave_nothing_unknown() -> None:
    certain = parse_rubric(SAMPLE.replace("expect: {supervision: 2}", "expect: {supervision: [2, 2]}"), "x")
    assert 'criterion "supervision": no case leaves it unknown' in library.uncovered(certain)
    opened = SAMPLE.replace("supervised: true, ", "").replace("{supervision: 2}", "{supervision: [1, 2]}")
    assert 'criterion "supervision": no case leaves it unknown' not in library.uncovered(parse_rubric(opened, "x"))
