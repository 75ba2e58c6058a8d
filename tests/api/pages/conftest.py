"""A browser, and real servers with the sample catalogue: one to look at, one to add to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, sync_playwright

from api import demo
from api.app import create_app
from api.settings import Settings
from tests.api.serving import running

SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it these tests skip and say so, but fail where `CI` is set."""
    program = shutil.which("chromium")
    if program is None:
        says = "no browser: `chromium` is not on the path"
        if os.environ.get("CI"):
            pytest.fail(says)
        pytest.skip(says)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(SWITCHES))
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens pages in fresh windows, which must raise no error of a script and no dialog."""
    contexts, faults = [], []

    def opened(javascript: bool = True, width: int = 1280, scheme: str = "light", language: str = "en") -> Page:
        context = browser.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=language,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults


@pytest.fixture(scope="session")
def catalogue() -> Iterator[str]:
    """The address of a server process that nobody adds to."""
    with demo.served(0) as address:
        yield address.rstrip("/")


@pytest.fixture(scope="session")
def other_catalogue() -> Iterator[str]:
    """The address of a server process whose catalogue grows."""
    with demo.served(0) as address:
        yield address.rstrip("/")


@pytest.fixture(scope="session")
def trio(catalogue: str) -> list[str]:
    """Keys of three programs of different kinds."""
    searches = ("CCNA", "Google IT Support", "Quantum Computing")
    return [key_of(catalogue, words) for words in searches]


@pytest.fixture(scope="session")
def comparison(catalogue: str, trio: list[str]) -> str:
    """The permanent path of their comparison."""
    with httpx.Client(base_url=catalogue, trust_env=False) as client:
        answer = client.get("/compare", params={"program": trio})
    assert answer.status_code == 303
    return answer.headers["location"]


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application with the sample catalogue, in this process."""
    store = tmp_path_factory.mktemp("pages") / "store.db"
    made = create_app(Settings(database_url=f"sqlite:///{store}", rate_limit="off"))
    made.state.database.migrate()
    demo.load_samples(made.state.database)
    return made


@pytest.fixture(scope="session")
def samples(app: FastAPI) -> Iterator[httpx.Client]:
    """A browser's requests to that application, without a browser."""
    with running(app) as client:
        client.headers["Accept"] = "text/html"
        yield client


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """The folder in which `SCREENSHOTS` keeps pictures of the pages for people to look at, if anywhere."""
    folder = Path(os.environ["SCREENSHOTS"]) if "SCREENSHOTS" in os.environ else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def key_of(address: str, words: str) -> str:
    """The key of the first program found by these words."""
    with httpx.Client(base_url=address, trust_env=False) as client:
        found: list[dict[str, str]] = client.get("/v1/programs", params={"q": words}).json()["programs"]
    return found[0]["key"]
