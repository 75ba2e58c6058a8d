"""What people do, in a browser against a server process: with a script and without, with a mouse and without."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import xlsxwriter
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.api.pages.conftest import Visit
from tests.providers.seeds import BADGE_CLASS, baked_png

WITH_AND_WITHOUT = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
PERMANENT = re.compile(r"/compare/[0-9a-f]{32}$")


def heading(page: Page, says: str | re.Pattern[str]) -> None:
    expect(page.locator("h1")).to_have_text(says)


def search(page: Page, words: str) -> None:
    page.get_by_label("Search titles").fill(words)
    page.get_by_role("button", name="Search", exact=True).click()


@WITH_AND_WITHOUT
def test_compare_three_programs_and_find_the_sentence_behind_a_score(
    visit: Visit, catalogue: str, javascript: bool
) -> None:
    page = visit(javascript)
    page.goto(catalogue)
    heading(page, re.compile(r"^\d+ programs, judged under each rubric apart$"))
    search(page, "CCNA")
    heading(page, "1 program fits")
    page.get_by_role("link", name="Cisco Certified Network Associate").click()
    heading(page, "Cisco Certified Network Associate (CCNA)")
    page.get_by_role("link", name="Compare it with others").click()
    expect(page.get_by_label("Choose Cisco Certified")).to_be_checked()

    search(page, "Google IT Support")
    expect(page.get_by_role("group", name="Chosen already").get_by_label("Cisco")).to_be_checked()
    page.get_by_label("Choose Google IT Support").check()
    search(page, "quantum computing")
    expect(page.get_by_role("group", name="Chosen already").get_by_role("checkbox")).to_have_count(2)
    page.get_by_label("Choose Introduction to Quantum").check()
    page.get_by_role("button", name="Compare the chosen programs").first.click()
    expect(page).to_have_url(PERMANENT)
    titles = "Cisco Certified Network Associate (CCNA), Google IT Support Professional Certificate, Introduction"
    heading(page, re.compile(f"^{re.escape(titles)}.* side by side$"))

    rigor = page.get_by_role("region", name="Rigor: ")
    rigor.get_by_text("Criterion by criterion").click()
    row = rigor.get_by_role("row").filter(has_text="Was the candidate identified and supervised?")
    row.get_by_text("Where this was read").first.click()
    quote = row.locator("blockquote").first
    expect(quote).to_be_visible()
    expect(quote).to_contain_text(re.compile("“.+”"))
    expect(quote.get_by_role("link", name="source")).to_have_attribute("href", re.compile("^https://"))


@WITH_AND_WITHOUT
def test_filter_by_kind_by_what_is_shown_and_by_any_fact(visit: Visit, catalogue: str, javascript: bool) -> None:
    page = visit(javascript)
    page.goto(catalogue)
    page.get_by_label("Shows").select_option(label="Academic credit")
    page.get_by_role("button", name="Search", exact=True).click()
    with_credit = int(page.locator("h1").inner_text().split()[0])
    assert 1 < with_credit < 62
    page.get_by_label("Kind").select_option("course")
    page.get_by_text("Filter by any fact").click()
    page.get_by_label("A condition over facts").fill("identity_verified")
    page.get_by_role("button", name="Search", exact=True).click()
    fewer = int(page.locator("h1").inner_text().split()[0])
    assert 0 < fewer < with_credit
    assert {"kind=course", "shows=credit", "where=identity_verified"} <= set(page.url.partition("?")[2].split("&"))
    search(page, "nothing is called so")
    heading(page, "0 programs fit")
    expect(page.get_by_text("No program fits.")).to_be_visible()
    page.get_by_role("link", name="Show all programs").click()
    heading(page, re.compile("^62 programs"))


@WITH_AND_WITHOUT
def test_the_next_page_keeps_the_search_and_the_choice(visit: Visit, catalogue: str, javascript: bool) -> None:
    page = visit(javascript)
    page.goto(f"{catalogue}/?sort=issuer")
    first = page.locator(".catalogue h2").all_inner_texts()
    page.locator(".catalogue").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="More programs").click()
    second = page.locator(".catalogue h2").all_inner_texts()
    assert len(first) == len(second) == 25 and not set(first) & set(second)
    expect(page.get_by_label("In the order of")).to_have_value("issuer")
    expect(page.get_by_role("group", name="Chosen already")).to_contain_text(first[0])


@WITH_AND_WITHOUT
def test_a_comparison_stays_at_its_address_and_downloads_as_csv(
    visit: Visit, catalogue: str, comparison: str, javascript: bool
) -> None:
    page = visit(javascript)
    page.goto(catalogue + comparison)
    claims = page.locator("ul.claims strong").all_inner_texts()
    assert len(claims) == 9
    again = visit(javascript)
    again.goto(catalogue + comparison)
    assert again.locator("ul.claims strong").all_inner_texts() == claims
    with page.expect_download() as download:
        page.get_by_role("link", name="Every level as CSV").click()
    assert download.value.suggested_filename.startswith("comparison-")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    scores = [row for row in rows if not row["criterion"]]
    assert len(scores) == 9 and {row["rubric"] for row in scores} == {"rigor", "recognition", "alignment"}
    shown = page.locator(".dots .row .numbers").first.inner_text()
    assert shown.split()[0] == f"{float(scores[0]['stated']):.0f}"


@WITH_AND_WITHOUT
def test_a_rubric_is_tried_on_a_program(visit: Visit, catalogue: str, javascript: bool) -> None:
    page = visit(javascript)
    page.goto(f"{catalogue}/rubrics")
    page.get_by_role("link", name="Rigor 1.0.0").click()
    page.get_by_label("Try it on a program").select_option(label="CompTIA Security+")
    page.get_by_role("button", name="Judge it").click()
    result = page.get_by_role("region", name="The program tried")
    expect(result).to_contain_text(re.compile(r"CompTIA Security\+: \d+ of 100 stated"))
    for name, starts in (("YAML", "rubric: rigor\n"), ("JSON", '"rubric":"rigor"')):
        answer = page.request.get(catalogue + str(page.get_by_role("link", name=name).get_attribute("href")))
        assert answer.ok and starts in answer.text()


def sheet() -> bytes:
    """A table whose headers nobody could understand without a person's help."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet("Courses")
        for number, row in enumerate(
            (
                ("Title", "Short name", "Provider", "Proctored"),
                ("WLD-1", "Welding of thin plates", "Academy of Trades", "yes"),
                ("WLD-2", "Welding under water", "Academy of Trades", "no"),
            )
        ):
            page.write_row(number, 0, row)
    return buffer.getvalue()


def badge(name: str) -> str:
    return json.dumps({**BADGE_CLASS, "id": f"https://academy.example/badges/{name}", "name": name})


def give(page: Page, address: str, files: dict[str, bytes], links: str = "") -> None:
    """Upload files and links, and wait until they are read."""
    page.goto(f"{address}/add")
    kinds = {"json": "application/json", "png": "image/png", "xlsx": "application/octet-stream", "csv": "text/csv"}
    given = [
        {"name": name, "mimeType": kinds[name.rpartition(".")[2]], "buffer": content} for name, content in files.items()
    ]
    page.get_by_label("Files").set_input_files(given)  # type: ignore[arg-type]
    page.get_by_label("Links, one a line").fill(links)
    page.get_by_role("button", name="Read them").click()
    page.wait_for_function("!document.querySelector('meta[http-equiv=refresh]')")


@WITH_AND_WITHOUT
def test_add_badges_a_broken_file_and_a_private_link(visit: Visit, other_catalogue: str, javascript: bool) -> None:
    page, kind = visit(javascript), "script" if javascript else "plain"
    files = {
        f"{kind}.json": badge(f"Tailoring {kind}").encode(),
        f"{kind}.png": baked_png(badge(f"Glazing {kind}")),
        "broken.json": b'{"type": "BadgeClass", "name": ',
    }
    give(page, other_catalogue, files, "http://127.0.0.1:8000/private\nhttps://10.1.2.3/inside")
    heading(page, "2 programs were read; 3 of 5 documents gave none")
    for name, says in (("broken.json", "line 1"), ("127.0.0.1", "http"), ("10.1.2.3", "not on the public internet")):
        part = page.locator("section.document").filter(has_text=name)
        expect(part.get_by_text("Not read")).to_be_visible()
        expect(part).to_contain_text(says)
    page.get_by_role("link", name=f"Glazing {kind}").click()
    heading(page, f"Glazing {kind}")
    expect(page.locator(".lead")).to_contain_text("Academy of Trades")


@WITH_AND_WITHOUT
def test_correct_how_the_columns_of_a_table_were_understood(
    visit: Visit, other_catalogue: str, javascript: bool
) -> None:
    page = visit(javascript)
    give(page, other_catalogue, {"courses.xlsx": sheet()})
    heading(page, "2 programs were read")
    expect(page.get_by_role("link", name="WLD-1")).to_be_visible()
    page.get_by_text("How the columns were understood").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value("title")
    expect(page.get_by_label("Proctored")).to_have_value("supervised")
    if javascript:
        page.set_viewport_size({"width": 390, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    page.get_by_label("Short name").fill("title")
    page.get_by_role("button", name="Read the table again").click()
    expect(page.get_by_role("alert")).to_contain_text('Two columns should give "title"')
    expect(page.get_by_label("Short name")).to_have_value("title")
    page.get_by_label("Title", exact=True).fill("titel")
    page.get_by_role("button", name="Read the table again").click()
    heading(page, "The mapping has a mistake; nothing was changed")
    expect(page.get_by_role("alert")).to_contain_text('"titel" is neither a field nor a fact')

    page.get_by_text("All of the mapping").click()
    field = page.get_by_label("Columns and the facts that they give")
    right = "columns: {title: Short name, issuer: Provider, supervised: Proctored}"
    field.fill(right.replace("Short name", "Heading"))
    page.get_by_role("button", name="Read by this mapping").click()
    expect(page.get_by_role("alert")).to_have_text("By this mapping no row gives a program.")
    expect(page.locator("section.document")).to_contain_text("Heading")
    page.get_by_text("All of the mapping").click()
    field.fill(right)
    page.get_by_role("button", name="Read by this mapping").click()
    heading(page, "2 programs were read")
    expect(page.get_by_text("2 programs that the table no longer gives were removed.")).to_be_visible()
    page.get_by_role("link", name="Welding of thin plates").click()
    heading(page, "Welding of thin plates")
    page.goto(other_catalogue)
    search(page, "WLD")
    heading(page, "0 programs fit")


@WITH_AND_WITHOUT
def test_say_what_columns_give_where_nothing_was_understood(
    visit: Visit, other_catalogue: str, javascript: bool
) -> None:
    page, name = visit(javascript), "with script" if javascript else "without script"
    give(page, other_catalogue, {f"odd {name}.csv": f"Xyz;Abc\nPottery {name};3\nWeaving {name};4\n".encode()})
    heading(page, "No program could be read")
    page.get_by_label("Xyz").fill("title")
    page.get_by_role("button", name="Read the table again").click()
    heading(page, "2 programs were read")
    expect(page.get_by_role("link", name=f"Pottery {name}")).to_be_visible()


@WITH_AND_WITHOUT
def test_an_empty_form_says_what_is_missing(visit: Visit, other_catalogue: str, javascript: bool) -> None:
    page = visit(javascript)
    page.goto(f"{other_catalogue}/add")
    page.get_by_role("button", name="Read them").click()
    expect(page.get_by_role("alert")).to_be_visible()
    heading(page, "Add badges, web pages and tables")


def reach(page: Page, selector: str, most: int = 150) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"nobody sees that {selector} has the focus"
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_the_keyboard_alone_compares_and_finds_the_sentence(visit: Visit, catalogue: str) -> None:
    page = visit()
    page.goto(catalogue)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    reach(page, "#q")
    page.keyboard.type("CompTIA")
    page.keyboard.press("Enter")
    heading(page, re.compile("programs fit$"))
    for number in (1, 2):
        reach(page, f".catalogue li:nth-child({number}) input")
        page.keyboard.press("Space")
    expect(page.locator("#chosen")).to_have_text("2 of 5 chosen.")
    reach(page, "button[formaction='/compare']")
    page.keyboard.press("Enter")
    expect(page).to_have_url(PERMANENT)
    reach(page, "#criteria-rigor > summary")
    page.keyboard.press("Enter")
    reach(page, "td summary")
    page.keyboard.press("Enter")
    expect(page.locator("#criteria-rigor blockquote").first).to_be_visible()


def test_the_script_stops_at_five_and_says_when_nobody_is_online(visit: Visit, catalogue: str) -> None:
    page = visit()
    page.goto(catalogue)
    boxes = page.locator(".catalogue").get_by_role("checkbox")
    for number in range(5):
        boxes.nth(number).check()
    expect(page.locator("#chosen")).to_have_text("5 of 5 chosen.")
    expect(boxes.nth(5)).to_be_disabled()
    boxes.nth(0).uncheck()
    expect(boxes.nth(5)).to_be_enabled()
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_have_count(0)


def test_a_link_to_a_folded_criterion_unfolds_it(visit: Visit, catalogue: str, trio: list[str]) -> None:
    page = visit()
    page.goto(f"{catalogue}/programs/{trio[0]}")
    folded = page.locator("details.criterion section").first
    expect(folded).to_be_hidden()
    page.goto(f"{catalogue}/programs/{trio[0]}#{folded.get_attribute('id')}")
    expect(folded).to_be_visible()
