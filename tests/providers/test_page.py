"""Web pages: what they say for machines, whatever their encoding and however broken they are."""

from __future__ import annotations

import codecs
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from evaluator.program import Document, document
from providers import page, page_items
from providers.json_document import Item
from providers.page import Page, decoded, json_block, looks_like_html, read_page

HTML = "text/html"


def source_of(content: bytes | str, media_type: str = HTML, url: str = "page.html") -> Document:
    return document(url, content.encode() if isinstance(content, str) else content, media_type, "2026-11-24T00:00:00Z")


def read(html: str) -> Page:
    return read_page(source_of(html))


def items(html: str) -> list[Any]:
    return [item.value for item in read(f"<!doctype html><body>{html}").items]


def block(text: str, kind: str = "application/ld+json") -> str:
    return f'<script type="{kind}">{text}</script>'


# What a page is


@pytest.mark.parametrize(
    ("content", "media_type", "is_page"),
    [
        (b"<!DOCTYPE html>", "", True),
        (b"\xef\xbb\xbf \n<!doctype HTML>", "", True),
        (b"<html lang=en>", "", True),
        (b"<!-- saved from elsewhere -->\n<html>", "", True),
        (b"<p>a fragment", "text/html; charset=utf-8", True),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "application/xhtml+xml", True),
        (b"<p>a fragment", "", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><body/></svg>", "image/svg+xml", False),
        (b"<rss version='2.0'/>", "application/xml", False),
        (b'{"a": "<html>"}', HTML, False),
        (b"", HTML, False),
    ],
)
def test_a_page_is_told_from_other_documents(content: bytes, media_type: str, is_page: bool) -> None:
    assert looks_like_html(source_of(content, media_type)) is is_page


NAME = "Grün – 金"


@pytest.mark.parametrize(
    ("content", "media_type", "text"),
    [
        (NAME.encode(), HTML, NAME),
        (codecs.BOM_UTF8 + NAME.encode(), "text/html; charset=latin-1", NAME),
        (NAME.encode("utf-16"), HTML, NAME),
        ("Золото".encode("windows-1251"), 'text/html; Charset="windows-1251"; boundary=x', "Золото"),
        # What the standard calls ISO 8859-1 is Windows-1252.
        (b"\x93gold\x94", "text/html; charset=iso-8859-1", "“gold”"),
        (codecs.BOM_UTF16_BE + NAME.encode("utf-16-be"), HTML, NAME),
        ("Grün".encode("latin-1"), "text/html; charset=ISO-8859-1", "Grün"),
        ("<meta charset=windows-1251>Золото".encode("windows-1251"), HTML, "<meta charset=windows-1251>Золото"),
        (
            "<meta http-equiv='Content-Type' content='text/html; charset=Shift_JIS'>金".encode("shift_jis"),
            HTML,
            "<meta http-equiv='Content-Type' content='text/html; charset=Shift_JIS'>金",
        ),
        # Whoever names an encoding may be wrong, or name none that exists.
        (NAME.encode(), "text/html; charset=martian", NAME),
        (b"<meta charset=martian>" + NAME.encode(), HTML, "<meta charset=martian>" + NAME),
        ("Grün".encode("windows-1252"), HTML, "Grün"),
        (b"a\x81b", "text/html; charset=utf-8", "a\ufffdb"),
        (b"<meta charset=utf-16>" + NAME.encode(), HTML, "<meta charset=utf-16>" + NAME),
        (b"<meta charset=utf-16le>even", HTML, "<meta charset=utf-16le>even"),
        (b"<meta charset=unicode_escape>\\x41", HTML, "<meta charset=unicode_escape>\\x41"),
        (b"a", "text/html; charset=\x00", "a"),
    ],
)
def test_encodings(content: bytes, media_type: str, text: str) -> None:
    assert decoded(source_of(content, media_type)) == text


# JSON-LD


def test_every_block_is_read_with_its_place() -> None:
    made = read(
        f"<!doctype html><head>{block('{}', 'text/javascript')}{block('[1]')}</head>"
        f"<body><p>a</p><div>{block('2', 'Application/LD+JSON; charset=utf-8')}</div>{block('3', 'application/json')}"
    )
    assert made.blocks == (
        Item([1], "head > script:nth-of-type(2)"),
        Item(2, "body > div:nth-of-type(1) > script:nth-of-type(1)"),
    )
    assert not made.problems


@pytest.mark.parametrize(
    ("text", "value", "problems"),
    [
        ('{"a": 1}', {"a": 1}, []),
        ('<!-- {"a": 1} -->', {"a": 1}, []),
        ('\n//<![CDATA[\n{"a": 1}\n//]]>\n', {"a": 1}, []),
        ('/*<![CDATA[*/ {"a": 1} /*]]>*/', {"a": 1}, []),
        ('<![CDATA[{"a": "x]]y"}]]>', {"a": "x]]y"}, []),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}, [("line 1, column 11", "a raw control character")]),
        ('{"a": "tab\there"}', {"a": "tab\there"}, [("line 1, column 11", "a raw control character")]),
        ('{"a": [1, 2,],\n}', {"a": [1, 2]}, [("line 1, column 13", "a comma is left over")]),
        ('{"a": ",]", }', {"a": ",]"}, [("line 1, column 13", "a comma is left over")]),
        ('{"a": "\n", }', {"a": "\n"}, [("", "a comma is left over"), ("", "a raw control character")]),
        ('{"a": 1, "a": 2}', {"a": 2}, [("/a", "stands twice")]),
    ],
)
def test_a_block_is_read_although_it_is_sloppy(text: str, value: Any, problems: list[tuple[str, str]]) -> None:
    made = read(f"<!doctype html><head>{block(text)}")
    assert [one.value for one in made.blocks] == [value]
    assert len(made.problems) == len(problems)
    told = [f"{problem.locator}: {problem.message}" for problem in made.problems]
    for place, says in problems:
        start = (
            f"head > script:nth-of-type(1){place}"
            if place.startswith("/")
            else f"head > script:nth-of-type(1), {place}"
        )
        assert any(one.startswith(start) and says in one for one in told), (start, told)


@pytest.mark.parametrize("text", ["", "   ", "{", '{"a": }', "{'a': 1}", "// no JSON", "[" * 5000, '{"a": NaN}'])
def test_a_block_that_cannot_be_read_costs_itself_only(text: str) -> None:
    made = read(f"<!doctype html><head>{block(text)}{block('1')}</head>")
    assert [one.value for one in made.blocks] == [1]
    (problem,) = made.problems
    assert problem.locator.startswith("head > script:nth-of-type(1)")
    assert problem.document == "page.html"


def test_a_block_elsewhere_is_placed_where_it_is_said_to_stand() -> None:
    problems: list[Any] = []
    assert json_block('{"a": 1,}', "line 3/block#", source_of(""), problems) == Item({"a": 1}, "line 3/block#")
    assert json_block("{", "line 4/block#", source_of(""), problems) is None
    assert [one.locator for one in problems] == [
        "line 3/block#, line 1, column 9 of the block",
        "line 4/block#, line 1, column 2 of the block",
    ]


def test_blocks_beyond_the_most_are_left_out_and_that_is_said() -> None:
    made = read("<!doctype html><body>" + block("1") * (page.MOST_BLOCKS + 5))
    assert len(made.blocks) == page.MOST_BLOCKS
    assert ["only the first 200" in problem.message for problem in made.problems] == [True]


# Meta tags


def test_meta_tags_are_read_once_and_without_their_markup() -> None:
    made = read(
        """<!doctype html><link rel="alternate canonical" href=" /a "><link rel=canonical href="/b">
        <link rel=stylesheet href="/c"><meta name=Description content="Tom &amp; Co"><meta name=description content=2>
        <meta property="og:url" content="https://a.example/"><meta name="og:title" content="">
        <meta name=author content=x><meta property="og:type">"""
    )
    assert made.meta == {"canonical": "/a", "description": "Tom & Co", "og:url": "https://a.example/"}


# Microdata and RDFa


def test_microdata_nests() -> None:
    made = items(
        """<div itemscope itemtype="https://schema.org/Course" itemid="#c">
        <h1 itemprop="name">  Two <b>words</b> </h1><p><span itemprop="teaches">A</span><i itemprop="teaches">B</i></p>
        <div itemprop="offers" itemscope itemtype="http://schema.org/Offer">
          <meta itemprop="price" content="49"><div><a itemprop="url sameAs" href="/buy">buy</a></div>
          <div itemprop="seller" itemscope itemtype="http://schema.org/Organization">
          <img itemprop="logo" src="l.png"></div>
        </div>
        <time itemprop="timeRequired" datetime="PT5H">5 hours</time>
        <data itemprop="numberOfCredits" value="3">three</data>
        <time itemprop="startDate">2026-01-01</time>
        <span itemprop="about" content="c">shown</span><b itemprop="award"></b>
        </div>"""
    )
    assert made == [
        {
            "@type": "Course",
            "@id": "#c",
            "name": "Two words",
            "teaches": ["A", "B"],
            "offers": {
                "@type": "Offer",
                "price": "49",
                "url": "/buy",
                "sameAs": "/buy",
                "seller": {"@type": "Organization", "logo": "l.png"},
            },
            "timeRequired": "PT5H",
            "numberOfCredits": "3",
            "startDate": "2026-01-01",
            "about": "c",
            "award": "",
        }
    ]


@pytest.mark.parametrize(
    ("html", "made"),
    [
        ("<i itemprop=name>nobody's</i>", []),
        ("<div itemscope><i itemprop=name>A</i></div>", [{"@type": [], "name": "A"}]),
        ("<div itemscope itemtype='https://other.example/Course'></div>", [{"@type": []}]),
        (
            "<div itemscope itemtype='http://schema.org/Course http://schema.org/Product'></div>",
            [{"@type": ["Course", "Product"]}],
        ),
        # An item within another that is no property of it stands for itself.
        (
            "<div itemscope itemtype='http://schema.org/WebPage'><p itemscope itemtype='http://schema.org/Course'></p></div>",
            [{"@type": "WebPage"}, {"@type": "Course"}],
        ),
        (
            "<div vocab='https://schema.org/' typeof='Course'><i property='name'>A</i></div>",
            [{"@type": "Course", "name": "A"}],
        ),
        (
            "<div typeof='schema:Course'><i property='schema:name other:x'>A</i></div>",
            [{"@type": "Course", "name": "A"}],
        ),
        (
            "<div vocab='https://schema.org/'><p typeof='Course' resource='#c'><i property='name'>A</i></p></div>",
            [{"@type": "Course", "@id": "#c", "name": "A"}],
        ),
        (
            "<p vocab='http://schema.org/' typeof='Course'>"
            "<b rel='offers' typeof='Offer'><i property='price'>5</i></b></p>",
            [{"@type": "Course", "offers": {"@type": "Offer", "price": "5"}}],
        ),
        ("<div vocab='https://other.example/' typeof='Course'><i property='name'>A</i></div>", [{"@type": []}]),
        (
            "<div vocab='http://schema.org/' typeof='Course'><a property='url' rel='nofollow' href='/a'>A</a></div>",
            [{"@type": "Course", "url": "/a"}],
        ),
        # Properties of one syntax are none of the other.
        ("<div itemscope itemtype='http://schema.org/Course'><i property='name'>A</i></div>", [{"@type": "Course"}]),
    ],
)
def test_items(html: str, made: list[Any]) -> None:
    assert items(html) == made


def test_a_page_without_items_has_none() -> None:
    assert read("<!doctype html><p>text").items == ()


@pytest.mark.parametrize("depth", [50, 5_000])
def test_deep_nesting_ends(depth: int) -> None:
    level = '<div itemprop="x" itemscope itemtype="http://schema.org/Thing">'
    made = read("<!doctype html>" + level * depth)
    (item,) = made.items
    found, value = 0, item.value
    while isinstance(value, dict):
        found, value = found + 1, value.get("x")
    # The body is the first level below the page.
    assert found == min(depth, page_items.DEEPEST - 1)


def test_a_page_of_ever_more_properties_ends() -> None:
    html = '<div itemscope itemtype="http://schema.org/Thing">' + '<i itemprop="x">1</i>' * (
        page_items.MOST_PROPERTIES + 50
    )
    (made,) = items(html)
    assert len(made["x"]) == page_items.MOST_PROPERTIES - 1


def test_a_page_of_very_many_elements_side_by_side_ends() -> None:
    html = "<!doctype html><body>" + "<br>" * 200_000 + "<p itemscope></p>" * 9_000 + block("1") * 100
    started = time.monotonic()
    made = read(html)
    assert len(made.items) == page_items.MOST_PROPERTIES
    assert made.blocks[-1].at == "body > script:nth-of-type(100)"
    # Counting anew for every element would take minutes.
    assert time.monotonic() - started < 20


def test_a_selector_leads_back_to_its_element() -> None:
    html = """<!doctype html><html><head><title>a</title></head><body><p>1</p><div><p>2</p>text<p id=it>3</p></div>
    <div itemscope itemtype="http://schema.org/Thing"></div></body></html>"""
    tree = LexborHTMLParser(html)
    counted: dict[int, int] = {}
    for node in tree.css("body *, head *"):
        found = tree.css(page_items.selector(node, counted))
        assert [one.html for one in found] == [node.html]
    (item,) = read(html).items
    assert item.at == "body > div:nth-of-type(2)"


# Nothing breaks it

PARTS = st.sampled_from(
    [
        "<div itemscope itemtype='http://schema.org/Course'>",
        "<i itemprop='name offers'>",
        "<p vocab='https://schema.org/' typeof='Course Offer'>",
        "<b property='name' rel='x'>",
        "</div>",
        "</p>",
        "<script type='application/ld+json'>",
        "</script>",
        '{"a": [1, ',
        "]}",
        "<table><tr>",
        "<template><svg><math>",
        "<meta property='og:url' content='x'>",
        "<link rel=canonical href>",
        "\x00",
        "&#0;&amp;",
        "<html><body><frameset>",
        "<!--",
        "-->",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS | st.text(max_size=6), max_size=25).map("".join), st.sampled_from(["", "<!doctype html>"]))
def test_any_page_is_read(html: str, start: str) -> None:
    source = source_of((start + html).encode("utf-8", "surrogatepass"))
    looks_like_html(source)
    made = read_page(source)
    json.dumps([made.blocks, made.items, made.meta])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_are_read(content: bytes, charset: str) -> None:
    for start in (b"", b"<!doctype html><meta charset="):
        source = source_of(start + content, f"text/html; charset={charset}")
        looks_like_html(source)
        read_page(source)
