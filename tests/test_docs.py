"""The commands of the README and the guides run, in order, each page in a folder of its own.

A fenced block marked `sh` is run. A block whose first line is `# file: PATH` is written there first. Blocks marked
`console` are shown only: they install packages, reach the network or do not end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.process import answering, started
from tests.corpus import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# file: (\S+)\n(.*)", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
FINDINGS = 1
"""Exit status of a verb that did its work and found something to say."""


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text())


def write_files(page: Path, folder: Path) -> None:
    for _, text in blocks(page):
        if named := FILE.match(text):
            path = folder / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(named[2])


@pytest.fixture
def environment(page: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the commands of a page find in their environment; those that call a server, a server that needs keys."""
    if "$TOUCHSTONE_URL" not in page.read_text():
        yield {}
        return
    if missing := [name for name in ("curl", "jq") if shutil.which(name) is None]:
        assert not os.environ.get("CI"), f"{missing} are not installed"
        pytest.skip(f"{missing} are not installed")
    folder = tmp_path / "server"
    folder.mkdir()
    with started(folder, TOUCHSTONE_KEY_REQUIRED="true") as (_, client):
        answering(client)
        address = str(client.base_url).rstrip("/")
        yield {"TOUCHSTONE_URL": address, "TOUCHSTONE_DATABASE_URL": f"sqlite:///{folder / 'store.db'}"}


def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_run(page: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    write_files(page, tmp_path)
    for language, script in blocks(page):
        if language != "sh":
            continue
        for command in script.replace("\\\n", " ").strip().splitlines():
            done = run(command, tmp_path, **environment)
            fine = (0,) if environment else (0, FINDINGS)
            assert done.returncode in fine, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            assert "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert not missing


def test_the_error_that_the_rubric_guide_shows_is_the_real_one(tmp_path: Path) -> None:
    page = ROOT / "docs" / "guides" / "policy-analyst.md"
    shown = next(text for language, text in blocks(page) if language == "text").strip()
    write_files(page, tmp_path)
    rubric = tmp_path / "rubrics" / "entry-level" / "1.0.0.yaml"
    rubric.write_text(rubric.read_text().replace("when: assessment_exists}", "when: assessment_exist}"))
    done = run("touchstone rubrics test --rubrics rubrics", tmp_path)
    assert done.returncode == 2
    assert done.stderr.split() == shown.split()


def test_the_plugin_of_the_guide_installs_and_reads(tmp_path: Path) -> None:
    write_files(ROOT / "docs" / "guides" / "plugin-author.md", tmp_path)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), str(tmp_path / "plugin")], check=True, timeout=120)
    catalogue = tmp_path / "catalogue.txt"
    catalogue.write_text("#lantern 1\nGlassblowing | Lantern School | 40 | yes\nA line of two | cells\n")
    done = run("touchstone read catalogue.txt --json", tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert done.returncode == FINDINGS, done.stderr
    assert '"title": "Glassblowing"' in done.stdout
    assert "four cells are expected, found 2" in done.stdout


def test_a_broken_plugin_is_named(tmp_path: Path) -> None:
    write_files(ROOT / "docs" / "guides" / "plugin-author.md", tmp_path)
    module = tmp_path / "plugin" / "lanterns.py"
    module.write_text("raise ValueError('no oil')\n")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), str(tmp_path / "plugin")], check=True, timeout=120)
    (tmp_path / "catalogue.txt").write_text("#lantern 1\n")
    done = run("touchstone read catalogue.txt", tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert done.returncode == 2
    assert "touchstone-lanterns 1.0.0" in done.stderr
    assert "no oil" in done.stderr
