"""The texts of the pages: all in one catalogue, and in another language where there is one."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from selectolax.lexbor import LexborHTMLParser

from api import demo, words
from api.app import create_app
from api.pages.environment import LOCALE
from api.pages.page import chosen_language
from api.settings import Settings
from tests.api.serving import running

ROOT = Path(words.__file__).parent
PATHS = ("/", "/?q=nothingiscalledso", "/?where=nothing", "/add", "/rubrics", "/rubrics/rigor", "/facts", "/method")
MADE_UP = "eo"
OURS = (
    *("header nav a", "label", "button", "caption", "footer p", "summary", "legend", ".actions a", ".actions span"),
    *("th[scope=col]", ".notice p", "#where-help", ".toc strong"),
)
"""Places that hold texts of the pages, and little of what issuers and publishers wrote."""


@pytest.fixture(scope="module")
def texts() -> Catalog:
    with (LOCALE / "messages.pot").open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def locale(texts: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language in which every text stands between ‹ and ›."""
    folder = tmp_path_factory.mktemp("locale")
    translated = Catalog(locale=MADE_UP)
    for each in texts:
        if not each.id:
            continue
        wanted = each.id if isinstance(each.id, tuple) else (each.id,)
        said = tuple(f"‹{text}›" for text in wanted)
        translated.add(each.id, said if isinstance(each.id, tuple) else said[0], flags=each.flags)
    place = folder / MADE_UP / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, translated)
    return folder


@pytest.fixture(scope="module")
def translated(locale: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that has the made-up language."""
    store = tmp_path_factory.mktemp("texts") / "store.db"
    app = create_app(Settings(database_url=f"sqlite:///{store}", rate_limit="off"))
    app.state.database.migrate()
    demo.load_samples(app.state.database)
    app.state.locale = locale
    with running(app) as client:
        client.headers.update({"Accept": "text/html", "Accept-Language": MADE_UP})
        yield client


def test_the_catalogue_of_texts_is_up_to_date(tmp_path: Path) -> None:
    fresh = tmp_path / "messages.pot"
    makefile = (ROOT.parent / "Makefile").read_text()
    recipe = re.search(r"pybabel (.+) --output=(\S+) (\S+)$", makefile, re.MULTILINE)
    assert recipe, "the Makefile has no recipe for texts"
    command = [sys.executable, "-m", "babel.messages.frontend", *recipe[1].split(), f"--output={fresh}", recipe[3]]
    subprocess.run(command, cwd=ROOT.parent, check=True, capture_output=True)
    assert fresh.read_text() == (ROOT.parent / recipe[2]).read_text(), "run `make texts`"


def test_another_language_takes_the_place_of_every_text(translated: httpx.Client) -> None:
    listed = translated.get("/v1/programs", params={"limit": 100}).json()["programs"]
    keys = [each["key"] for each in listed if "Google" in each["title"]][:2]
    comparison = translated.get("/compare", params={"program": keys}).headers["location"]
    content = {each["title"] for each in listed} | {"YAML", "JSON"}
    for path in (*PATHS, f"/programs/{keys[0]}", comparison, "/no/such/page"):
        page = LexborHTMLParser(translated.get(path).text)
        assert page.css_first("html").attributes["lang"] == MADE_UP
        texts = [each.text().strip() for each in page.css(", ".join(OURS)) if not each.css_matches("label.plain")]
        texts += [each.attributes["aria-label"] or "" for each in page.css("nav[aria-label], input[aria-label]")]
        assert len(texts) >= 8
        assert [each for each in texts if each and "‹" not in each and each not in content] == [], path


def test_headings_and_sentences_are_translated(translated: httpx.Client) -> None:
    def text(path: str, place: str) -> str:
        return " ".join(each.text() for each in LexborHTMLParser(translated.get(path).text).css(place))

    assert text("/", "h1") == "‹62 programs, judged under each rubric apart›"
    assert text("/?q=CCNA", "h1") == "‹1 program fits›"
    key = translated.get("/v1/programs", params={"q": "CCNA"}).json()["programs"][0]["key"]
    assert text(f"/programs/{key}", ".lead").startswith("‹Certification by Cisco›")
    assert "‹Shows that " in text(f"/programs/{key}", ".card p")
    assert "‹yes›" in text(f"/programs/{key}", "dl.facts dd") and "‹not known›" in text(f"/programs/{key}", "dd")
    assert "‹is probably ahead of›" in text("/method", "dt")


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("de", "de"), ("de-CH, fr;q=0.5", "de"), ("fr, de;q=0.5", "de"), ("en-GB,de", "en"), ("*", "en")],
)
def test_the_language_is_the_first_that_is_there(header: str, language: str) -> None:
    assert chosen_language(header, ("en", "de")) == language


def test_the_day_of_a_text_does_not_matter(texts: Catalog) -> None:
    """A catalogue that changed every day could not be compared."""
    assert str(datetime.date.today().year) not in (LOCALE / "messages.pot").read_text().split("msgid", 2)[1]
    assert len(texts) > 150
