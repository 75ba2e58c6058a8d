"""How every page looks to eyes, to printers and to assistive technology: wide and narrow, light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.api.pages.conftest import Visit, key_of

PAGES = {
    "catalogue": "/",
    "catalogue with a choice": "/?q=Google&program={0}",
    "catalogue empty": "/?q=nothingiscalledso",
    "catalogue wrong filter": "/?where=nothing",
    "comparison of one": "/compare?program={0}",
    "program": "/programs/{0}",
    "program badge": "/programs/{badge}",
    "comparison": "{comparison}",
    "add": "/add",
    "rubrics": "/rubrics",
    "rubric": "/rubrics/rigor",
    "rubric tried": "/rubrics/alignment?program={0}",
    "facts": "/facts",
    "method": "/method",
    "api": "/docs",
    "problems": "/problems",
    "problem": "/problems/invalid",
    "not found": "/programs/00000000000000000000",
}
NAMES = pytest.mark.parametrize("name", PAGES)
ON_A4 = {"format": "A4", "print_background": True}


@pytest.fixture
def show(visit: Visit, catalogue: str, trio: list[str], comparison: str, pictures: Path | None) -> object:
    """Opens a page by its name and takes a picture of it where that is wished."""
    badge = key_of(catalogue, "Participatory Badge")

    def shown(name: str, width: int, scheme: str = "light") -> Page:
        page = visit(width=width, scheme=scheme)
        page.goto(catalogue + PAGES[name].format(*trio, badge=badge, comparison=comparison))
        if pictures:
            page.screenshot(path=pictures / f"{name.replace(' ', '-')}-{width}-{scheme}.png", full_page=True)
        return page

    return shown


def unfold(page: Page) -> None:
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


def sheets(page: Page) -> int:
    """Sheets of A4 that a page prints on."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


@NAMES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(show: object, name: str, scheme: str) -> None:
    page = show(name, 1280, scheme)  # type: ignore[operator]
    unfold(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 10, "axe looked at nothing"


@NAMES
def test_nothing_is_wider_than_a_phone(show: object, name: str) -> None:
    page = show(name, 390)  # type: ignore[operator]
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Axe().run(page).violations_count == 0


def test_axe_finds_what_it_should(visit: Visit, catalogue: str) -> None:
    page = visit()
    page.goto(catalogue)
    page.evaluate("document.querySelector('label[for=q]').remove()")
    assert Axe().run(page).violations_count > 0


def test_a_comparison_of_three_prints_on_two_sheets(show: object) -> None:
    page = show("comparison", 1280, "dark")  # type: ignore[operator]
    assert sheets(page) <= 2
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible() and page.locator("ul.claims li").last.is_visible()
    assert page.get_by_role("heading", name="Time, price and skills").is_visible()
    assert not page.locator("header.site, .actions, details").first.is_visible()
    ink = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert ink == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_the_catalogue_prints_its_programs_and_no_form(show: object) -> None:
    page = show("catalogue", 1280)  # type: ignore[operator]
    page.emulate_media(media="print")
    assert page.locator(".catalogue h2").last.is_visible()
    assert not page.locator("input:visible, select:visible, button:visible").count()


def test_a_printed_program_shows_what_is_folded_on_the_screen(show: object) -> None:
    page = show("program", 1280)  # type: ignore[operator]
    quote = page.locator("blockquote").first
    assert not quote.is_visible()
    page.emulate_media(media="print")
    assert quote.is_visible()
