"""The Dockerfile and the compose file say what they should, and the steps of the Dockerfile work without an engine.

Where the image would fetch packages, the environment of the tests lends its own: so the steps also tell whether
`constraints.txt` pins what the tests run with.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import PREFIX, Settings
from tests.corpus import ROOT
from tests.dockerfile import Stage, stages, words

BUILD, RUN = stages((ROOT / "Dockerfile").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields}
IGNORED = (ROOT / ".dockerignore").read_text().split()
PINNED = re.compile(r"[\w./-]+:\d[\w.-]*")
PATIENCE = 60


def sources(stage: Stage) -> list[str]:
    """What a stage copies from the folder of the project."""
    return [name for value in stage.all("COPY") if "--from=" not in value for name in value.split()[:-1]]


# --- what they say ------------------------------------------------------------------------------------------


def test_images_are_pinned_and_of_the_python_that_is_supported() -> None:
    assert BUILD.image == RUN.image
    for image in (BUILD.image, *(each["image"] for each in COMPOSE["services"].values() if "image" in each)):
        assert PINNED.fullmatch(image), image
    version = tuple(map(int, re.findall(r"\d+", BUILD.image)[:2]))
    assert version >= (3, 11)


def test_it_runs_without_rights_and_what_is_copied_is_there() -> None:
    assert RUN.all("USER") == [re.search(r"useradd .* (\w+)$", RUN.all("RUN")[0])[1]]  # type: ignore[index]
    order = [each.name for each in RUN.instructions]
    assert order.index("USER") > max(place for place, name in enumerate(order) if name == "RUN")
    for name in (*sources(BUILD), *sources(RUN)):
        assert (ROOT / name).exists(), name
        assert f"!{name}" in IGNORED, f"{name} is kept out by .dockerignore"
    assert IGNORED[0] == "*", "nothing reaches the build that was not named"


def test_the_environment_holds_settings_and_the_port_that_is_exposed_and_asked() -> None:
    environment = RUN.environment()
    assert set(environment) <= VARIABLES
    assert RUN.all("EXPOSE") == [environment["TOUCHSTONE_PORT"]]
    assert f"127.0.0.1:{environment['TOUCHSTONE_PORT']}/v1/ready" in RUN.all("HEALTHCHECK")[0]
    assert environment["TOUCHSTONE_DATABASE_URL"].startswith(f"sqlite:///{RUN.all('WORKDIR')[0]}/")
    assert [*words(RUN.all("ENTRYPOINT")[0]), *words(RUN.all("CMD")[0])] == ["touchstone", "serve"]


def test_compose_is_whole_and_holds_no_secret() -> None:
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    own = services["touchstone"]
    assert set(own["environment"]) <= VARIABLES
    assert all(port.startswith("127.0.0.1:") for port in own["ports"])
    assert own["ports"][0].endswith(f":{RUN.environment()['TOUCHSTONE_PORT']}")
    assert own["read_only"] is True
    assert own["cap_drop"] == ["ALL"]
    assert set(own["depends_on"]) <= set(services)
    for service in services.values():
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} <= set(volumes)
    text = (ROOT / "compose.yaml").read_text()
    given = re.findall(r"(?:PASSWORD:\s*|touchstone:)(\S+)", text)
    assert all(value.startswith(("${POSTGRES_PASSWORD:?", "touchstone")) for value in given), given


@pytest.mark.parametrize("text", ["RUN x", "FROM a:1\nRUNN x", "FROM a:1\nRUN"])
def test_what_is_no_dockerfile_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"known here|before the first"):
        stages(text)


# --- its steps ----------------------------------------------------------------------------------------------


class Image:
    """A folder that stands for the file system of the image."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
            "PATH": f"{self.python / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def inside(self, text: str) -> str:
        """With the image's own folders where they lie here."""
        return re.sub(r"(?<![\w.])/(src|wheels|tmp|data)\b", lambda found: f"{self.folder}/{found[1]}", text)

    def copy(self, value: str, work: Path) -> None:
        """A COPY instruction."""
        *given, target = value.split()
        if given[0].startswith("--from="):
            return  # Both stages share this folder.
        place = Path(self.inside(target)) if target.startswith("/") else work / target
        for name in given:
            origin = ROOT / name
            if origin.is_dir():
                shutil.copytree(origin, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place = place / origin.name if target.endswith("/") else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(origin, place)
                place = place.parent if target.endswith("/") else place

    def run(self, stage: Stage) -> None:
        """The instructions of a stage, but those that need an operating system of its own."""
        work = self.folder
        for each in stage.instructions:
            if each.name == "WORKDIR":
                work = Path(self.inside(each.value))
                work.mkdir(parents=True, exist_ok=True)
            elif each.name == "COPY":
                self.copy(each.value, work)
            elif each.name == "RUN" and not each.value.startswith("useradd"):
                done = subprocess.run(
                    ["sh", "-eu", "-c", self.inside(each.value)],
                    cwd=work,
                    env=self.environment,
                    capture_output=True,
                    text=True,
                    timeout=300,
                )
                assert done.returncode == 0, f"{each.value}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def lend_packages(image: Image) -> None:
    """Let the image see the packages of this environment, but not Touchstone."""
    lent = image.folder / "lent"
    lent.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "touchstone" not in entry.name and entry.suffix != ".pth":
            (lent / entry.name).symlink_to(entry)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (image.python / "lib" / version / "site-packages" / "lent.pth").write_text(f"{lent}\n")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    built = Image(tmp_path_factory.mktemp("image"))
    (built.folder / "tmp").mkdir()
    venv.create(built.python, with_pip=False, symlinks=True)
    lend_packages(built)
    for stage in (BUILD, RUN):
        built.run(stage)
    return built


@pytest.fixture
def server(image: Image) -> Iterator[str]:
    """What the image starts, with its environment but for the port; the address."""
    given = {name: image.inside(value) for name, value in RUN.environment().items()}
    command = [*words(RUN.all("ENTRYPOINT")[0]), *words(RUN.all("CMD")[0])]
    log = image.folder / "log"
    with (
        log.open("w") as said,
        subprocess.Popen(
            command,
            executable=str(image.python / "bin" / command[0]),
            cwd=image.inside(RUN.all("WORKDIR")[0]),
            env={**image.environment, **given, "TOUCHSTONE_PORT": "0"},
            stderr=said,
        ) as process,
    ):
        try:
            until = time.monotonic() + PATIENCE
            while not (port := re.search(r"http://[^:/]+:(\d+)", log.read_text())):
                assert process.poll() is None and time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            yield f"127.0.0.1:{port[1]}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def test_what_is_installed_is_the_wheel_and_nothing_is_left_behind(image: Image) -> None:
    program = "import api, evaluator; print(api.__file__)"
    found = subprocess.run(
        [str(image.python / "bin" / "python"), "-c", program], capture_output=True, text=True, cwd=image.folder
    )
    assert found.stdout.startswith(str(image.python)), found.stdout + found.stderr
    assert not (image.folder / "wheels").exists()
    assert not (image.folder / "tmp" / "constraints.txt").exists()


def test_it_serves_and_is_found_healthy(image: Image, server: str) -> None:
    program = words(RUN.all("HEALTHCHECK")[0].partition(" CMD ")[2])
    asked = [word.replace(f"127.0.0.1:{RUN.environment()['TOUCHSTONE_PORT']}", server) for word in program]
    until = time.monotonic() + PATIENCE
    while True:
        done = subprocess.run(asked, env=image.environment, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode == 0:
            break
        assert time.monotonic() < until, done.stderr
        time.sleep(0.2)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://{server}/v1/facts", timeout=PATIENCE)
    assert Path(image.inside("/data/touchstone.db")).exists()
