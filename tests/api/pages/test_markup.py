"""Nothing that an issuer wrote becomes markup, and no page holds a script or style of its own."""

from __future__ import annotations

import datetime
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from selectolax.lexbor import LexborHTMLParser

from api import report, service
from api.store.programs import key_of
from evaluator.compare import compare
from evaluator.derive import derive
from evaluator.program import Draft, Fact, Organization, Program, Reading, Recognition, Skill, document
from evaluator.score import score
from rubrics import library
from tests.api.pages.conftest import Visit

MARKUP = """"><script>alert('x')</script><img src=x onerror=alert(1)>' style=x {{ 7 * 7 }}"""
ADDRESS = "javascript:alert('x')"
SOURCE = document(ADDRESS, MARKUP.encode(), "text/plain", "2026-11-24T00:00:00Z")
PATHS = ("/", "/add", "/rubrics", "/rubrics/rigor", "/facts", "/method", "/docs", "/problems", "/problems/invalid")


def hostile(id: str) -> Program:
    """A program whose every text is markup, and whose every address runs a script."""
    draft = Draft(SOURCE, "documented")
    draft.state("identity_verified", True, MARKUP, MARKUP)
    draft.state("supervised", True, MARKUP, MARKUP)
    draft.state("assessment_exists", True, MARKUP, MARKUP)
    made = draft.finish(
        id=id,
        title=f"{MARKUP} {id}",
        description=MARKUP,
        url=ADDRESS,
        issuer=Organization(name=MARKUP, url=ADDRESS),
        outcomes=(MARKUP,),
        skills=(Skill(label=MARKUP),),
        recognitions=(Recognition(body=MARKUP, kind="accreditation"),),
    )
    return msgspec.structs.replace(made, facts={name: _sourced(fact) for name, fact in made.facts.items()})


def _sourced(fact: Fact) -> Fact:
    worst = {"source": ADDRESS, "author": MARKUP, "reason": MARKUP, "inherited_from": MARKUP}
    return msgspec.structs.replace(
        fact, evidence=tuple(msgspec.structs.replace(each, **worst) for each in fact.evidence)
    )


@pytest.fixture(scope="module")
def paths(app: FastAPI, samples: httpx.Client) -> tuple[str, ...]:
    """Every kind of page, among them those of two hostile programs."""
    database, given = app.state.database, app.state.installed.rubrics
    both = [hostile("one"), hostile(f"two {MARKUP}")]
    way = service.way(library.latest(given), datetime.datetime.now(datetime.UTC).date())
    service.add_readings(database, [(SOURCE, Reading(programs=tuple(both)))], way)
    keys = [key_of(each.id) for each in both]
    comparison = samples.get("/compare", params={"program": keys}).headers["location"]
    own = (f"/programs/{keys[0]}", comparison, f"/rubrics/rigor?program={keys[0]}", f"/?program={keys[0]}&q=CCNA")
    wrong = (f"/?q={MARKUP}&where={MARKUP}", f"/compare?program={keys[0]}", f"/programs/{MARKUP}", "/no/such/page")
    return (*PATHS, *own, *wrong)


def faults(page: LexborHTMLParser, inline_style: bool = False) -> list[str]:
    """What a page must not hold."""
    found = [
        f"script: {each.text()[:40]}"
        for each in page.css("script")
        if each.text().strip() or not each.attributes.get("src")
    ]
    found += [f"element: {each.tag}" for each in page.css("iframe, object, embed, img, base, style")]
    for each in page.css("*"):
        names = [name for name in each.attributes if name.startswith("on") or name == "style"]
        found += [f"attribute: {name} of {each.tag}" for name in names]
        for name in ("href", "src", "action", "formaction"):
            found += _link_faults(each.tag or "", each.attributes.get(name) or "", each.attributes.get("rel") or "")
    return [each for each in found if not (inline_style and each == "element: style")]


def _link_faults(tag: str, address: str, rel: str) -> list[str]:
    scheme = urlsplit(address).scheme
    if scheme not in ("", "http", "https"):
        return [f"address: {address[:60]}"]
    if scheme and tag == "a" and not {"nofollow", "noreferrer"} <= set(rel.split()):
        return [f"link without rel: {address[:60]}"]
    return []


def test_no_page_holds_markup_of_issuers_or_anything_inline(samples: httpx.Client, paths: tuple[str, ...]) -> None:
    for path in paths:
        answer = samples.get(path)
        assert answer.headers["content-type"].startswith("text/html"), path
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy and "script-src 'self'" in policy
        page = LexborHTMLParser(answer.text)
        assert faults(page) == [], path
        assert "49" not in (page.css_first("h1").text() if page.css_first("h1") else ""), path


def test_what_issuers_wrote_is_shown_as_text(samples: httpx.Client, paths: tuple[str, ...]) -> None:
    program = LexborHTMLParser(samples.get(next(path for path in paths if path.startswith("/programs/"))).text)
    shown = [program.css_first(place).text() for place in ("h1", ".lead", "blockquote", "dl.facts")]
    assert all("<script>alert('x')</script>" in text for text in shown)
    assert "{{ 7 * 7 }}" in shown[0]
    assert not [each for each in program.css("a") if "own page" in each.text()], "an address that runs a script"


def test_no_script_of_an_issuer_runs(visit: Visit, samples: httpx.Client, paths: tuple[str, ...]) -> None:
    page = visit()
    for path in [each for each in paths if each not in PATHS]:
        page.goto(str(samples.base_url).rstrip("/") + path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert page.locator("main").is_visible()


def test_the_checker_finds_what_it_looks_for() -> None:
    bad = """<p onclick="x" style="y"><a href="javascript:x">a</a><a href="https://x.example/">b</a><script>x</script>
    <img src=x>"""
    assert len(faults(LexborHTMLParser(bad))) == 6


def test_the_self_contained_comparison_is_as_safe() -> None:
    day = datetime.date(2026, 11, 24)
    given = library.latest(library.installed())
    both = [derive(hostile("one"), day), derive(hostile("two"), day)]
    cards = [[score(each, rubric, day) for rubric in given] for each in both]
    text = report.page(compare(both, cards, given))
    page = LexborHTMLParser(text)
    assert faults(page, inline_style=True) == []
    assert len(page.css("style")) == 1 and not page.css("script, link")
    assert "<script>alert('x')</script>" in page.css_first("h1").text()


def test_every_static_file_is_found_under_the_name_of_its_content(samples: httpx.Client) -> None:
    page = LexborHTMLParser(samples.get("/").text)
    for each in page.css("link, script"):
        answer = samples.get(each.attributes.get("href") or each.attributes["src"] or "")
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert samples.get("/static/nothing.css").status_code == 404
