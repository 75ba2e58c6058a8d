"""What a service is published with: installed rubrics, and folders of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import examples, installed
from evaluator.strict_yaml import SpecError
from rubrics import library


def put(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return folder


def test_rubrics_of_ones_own_stand_beside_the_installed_ones(tmp_path: Path) -> None:
    found = installed.load([put(tmp_path, "supervision/1.0.0", examples.RUBRIC)])
    names = [rubric.name for rubric in found.rubrics]
    assert "supervision@1.0.0" in names
    assert {rubric.name for rubric in library.installed()} < set(names)
    assert found.providers and found.profiles


def test_a_published_version_can_not_be_replaced(tmp_path: Path) -> None:
    taken = library.installed()[0]
    text = examples.RUBRIC.replace("rubric: supervision", f"rubric: {taken.rubric}")
    text = text.replace("version: 1.0.0", f"version: {taken.version}")
    with pytest.raises(SpecError, match="a published version never changes"):
        installed.load([put(tmp_path, f"{taken.rubric}/{taken.version}", text)])


def test_a_rubric_with_a_mistake_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="mine"):
        installed.load([put(tmp_path, "mine/1.0.0", "rubric: mine\n")])
