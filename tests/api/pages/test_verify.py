"""The page that verifies: the five commonest bad cases in words, with and without a script, in every look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page

from api import demo
from api.app import create_app
from api.settings import Settings
from tests.api.credentials.vectors import FIVE, HOLDER, NAMED, REAL, Bad, content, needs_vectors, offline
from tests.api.pages.conftest import Visit
from tests.api.serving import installed, running

pytestmark = needs_vectors


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that can have the documents of the vectors and no others."""
    file = tmp_path_factory.mktemp("verify") / "store.db"
    app = create_app(Settings(database_url=f"sqlite:///{file}", rate_limit="off"), installed(), None, offline())
    app.state.database.migrate()
    demo.load_samples(app.state.database)
    with running(app) as client:
        yield str(client.base_url).rstrip("/")


def file(name: str) -> FilePayload:
    return {"name": Path(name).name, "mimeType": "application/octet-stream", "buffer": content(name)}


def verified(page: Page, service: str, names: list[str], links: str = "", recipients: str = "") -> Page:
    page.goto(f"{service}/verify")
    page.get_by_label("Files").set_input_files([file(name) for name in names])
    page.get_by_label("Links").fill(links)
    page.get_by_label("E-mail addresses").fill(recipients)
    page.get_by_role("button", name="Verify").click()
    return page


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("bad", FIVE, ids=lambda bad: bad.code)
def test_a_recruiter_knows_what_to_ask_for_next(visit: Visit, service: str, bad: Bad, javascript: bool) -> None:
    page = verified(visit(javascript=javascript), service, [bad.name], recipients=" ".join(bad.recipients))
    card = page.get_by_role("article")
    assert card.locator(".notice strong").inner_text() == f"✗ {bad.headline}"
    assert card.get_by_role("listitem").first.inner_text() == bad.next
    assert card.get_by_role("heading", name="What is it worth?").count() == 0
    assert card.locator(".checks tbody tr").count() == 8


def test_what_is_real_is_worth_something_and_names_its_source(visit: Visit, service: str) -> None:
    page = verified(visit(), service, [NAMED], recipients=HOLDER)
    card = page.get_by_role("article")
    assert card.locator(".notice strong").inner_text() == "✓ It is real, and it was issued to the person you named."
    assert card.locator(".interval svg[role=img]").count() == 1, "one bar per rubric of the test server"
    assert "read from the credential's own achievement data" in card.inner_text()
    assert HOLDER not in page.content()


def test_an_issuer_that_is_only_a_key_is_not_shown_as_known(visit: Visit, service: str) -> None:
    card = verified(visit(), service, [REAL]).get_by_role("article")
    assert card.locator(".notice.open strong").inner_text() == (
        "? It is unaltered and valid, but its issuer is known only by a key."
    )
    assert "anybody can make a key" in card.get_by_role("list").inner_text()


def test_many_at_once_and_none_stops_the_others(visit: Visit, service: str) -> None:
    links = "https://www.linkedin.com/in/somebody\nhttps://nowhere.example/badge.json"
    page = verified(visit(), service, [NAMED, "altered.json"], links)
    assert page.get_by_role("heading", level=1).inner_text() == "1 of 4 real, 2 not valid, 1 not fully checked"
    assert page.get_by_role("article").count() == 4
    assert "Follow its link to one, and give that." in page.get_by_role("article").nth(2).inner_text()
    assert "Brain Surgery" not in page.content()


def test_no_check_is_green_that_was_not_made(visit: Visit, service: str) -> None:
    page = verified(visit(), service, ["screenshot.png"], "https://nowhere.example/badge.json")
    for card in page.get_by_role("article").all():
        assert card.locator("td.pass").count() == 0
        for row in card.locator(".checks tbody tr").all():
            word = row.get_by_role("cell").first.inner_text()
            assert word in ("✗ failed", "? not known", "– does not apply")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(visit: Visit, service: str, width: int, scheme: str) -> None:
    page = visit(width=width, scheme=scheme)
    page.goto(f"{service}/verify")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    names = [NAMED, REAL, *(bad.name for bad in FIVE)]
    verified(page, service, names, "https://www.linkedin.com/in/somebody", "other@example.org")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_mistakes_are_said_on_the_form(service: str) -> None:
    with httpx.Client(base_url=service, trust_env=False) as client:
        empty = client.post("/verify", data={"recipient": "a@b.example"})
        assert empty.status_code == 422
        assert "The form holds no credential" in empty.text
        link = client.post("/verify", data={"url": "javascript:alert(1)"})
        assert link.status_code == 422
        assert "is not a web address" in link.text


def test_what_a_file_says_is_never_markup(service: str) -> None:
    hostile = "<script>alert(1)</script>"
    text = json.dumps(
        {"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": hostile, "badge": hostile}
    )
    with httpx.Client(base_url=service, trust_env=False) as client:
        answer = client.post("/verify", files={"file": (f"{hostile}.json", text.encode())})
    assert answer.status_code == 200
    assert hostile not in answer.text
