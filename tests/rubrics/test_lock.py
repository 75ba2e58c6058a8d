"""A published rubric never changes: its digest is locked, and a difference is an error that names the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.rubric import parse_rubric
from evaluator.strict_yaml import SpecError
from rubrics import FOLDER, library, lock
from tests.rubrics.test_library import SAMPLE, problems, written

LINE = lock.line(parse_rubric(SAMPLE, "x"))
OTHER = SAMPLE.replace("weight: 10", "weight: 11", 1)


def locked(folder: Path, *lines: str) -> Path:
    (folder / lock.LOCK).write_text("\n".join(lines) + "\n")
    return folder


def test_every_built_in_rubric_is_locked() -> None:
    """A new rubric needs the line `lock.line` gives, in rubrics/published.lock."""
    lines = [lock.line(rubric) for rubric in library.in_folders([FOLDER])]
    assert (FOLDER / lock.LOCK).read_text("utf-8").splitlines() == lines


def test_a_published_rubric_as_it_was_is_loaded(tmp_path: Path) -> None:
    folder = locked(written(tmp_path), "# published by somebody", "", LINE)
    assert [rubric.name for rubric in library.in_folders([folder])] == ["sample@1.0.0"]


def test_a_rubric_that_is_not_published_may_change(tmp_path: Path) -> None:
    folder = locked(written(tmp_path), LINE)
    written(folder, OTHER.replace("version: 1.0.0", "version: 1.1.0"), "sample/1.1.0")
    assert [rubric.name for rubric in library.in_folders([folder])] == ["sample@1.0.0", "sample@1.1.0"]


def test_a_published_rubric_may_not_change(tmp_path: Path) -> None:
    assert problems(locked(written(tmp_path / "mine", OTHER), LINE)) == [
        "mine/sample/1.0.0.yaml: sample@1.0.0 is published and may not change. Restore it, and give what is new the "
        "next version in a file of its own."
    ]


def test_even_a_word_counts(tmp_path: Path) -> None:
    text = SAMPLE.replace("says: Supervised,", "says: Watched,")
    assert len(problems(locked(written(tmp_path, text), LINE))) == 1


def test_a_published_rubric_may_not_vanish(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine", SAMPLE.replace("rubric: sample", "rubric: another"), "another/1.0.0")
    assert problems(locked(folder, LINE)) == [
        "mine/sample/1.0.0.yaml: sample@1.0.0 is published, but its file is gone. Restore it."
    ]


def test_a_published_file_with_a_mistake_is_not_said_to_be_gone(tmp_path: Path) -> None:
    found = problems(locked(written(tmp_path / "mine", SAMPLE.replace("title: Sample", "titel: Sample")), LINE))
    assert found == [
        'mine/sample/1.0.0.yaml: the key "title" is missing.',
        'mine/sample/1.0.0.yaml: unknown key "titel". Did you mean "title"?',
    ]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["sample 1.0.0"], 'line 1: expected an id, a version and "sha256:" with 64 hexadecimal digits.'),
        ([LINE[:-1]], 'line 1: expected an id, a version and "sha256:" with 64 hexadecimal digits.'),
        ([LINE.upper()], 'line 1: expected an id, a version and "sha256:" with 64 hexadecimal digits.'),
        ([LINE, LINE], "line 2: sample@1.0.0 is locked twice; keep the line that was first."),
    ],
)
def test_a_lock_with_a_mistake_locks_nothing_silently(tmp_path: Path, lines: list[str], fault: str) -> None:
    folder = locked(written(tmp_path / "mine"), *lines)
    assert problems(folder) == [f"mine/published.lock, {fault}"]
    with pytest.raises(SpecError):
        lock.read(folder)


def test_without_a_lock_nothing_is_locked(tmp_path: Path) -> None:
    assert lock.read(tmp_path) == {}
