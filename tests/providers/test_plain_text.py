"""Plain text out of HTML."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.plain_text import line, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Weld two plates", "Weld two plates"),
        ("<p>Weld <b>two</b> plates</p>", "Weld two plates"),
        ("Arts &amp; Crafts &eacute;", "Arts & Crafts é"),
        ("&lt;p&gt;Escaped markup&lt;/p&gt;", "Escaped markup"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<ul><li>Weld</li><li>Cut</li></ul>", "Weld\nCut"),
        ("One\r\n\r\n\r\n  Two", "One\n\nTwo"),
        ("a\t\tb   c\u00a0d", "a b c d"),
        ("<script>alert('x')</script>Weld<style>p {color: red}</style>", "Weld"),
        ("<a href='javascript:alert(1)' title='2 > 1'>Weld</a>", "Weld"),
        ("<!-- a note -->Weld", "Weld"),
        ("AT&T, 1 < 2 and 3 > 2", "AT&T, 1 < 2 and 3 > 2"),
        ("a <5 % share", "a <5 % share"),
        ("NUL\x00 byte", "NUL byte"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_titles_stand_on_one_line() -> None:
    assert line("<h1>Weld\n two</h1>\n\n<p>plates</p>") == "Weld two plates"


PIECES = [*"<>&;/!\"'= \n\x00", "p", "script", "style", "&lt;", "&#x3c;", "&#0;", "&amp;", "br", "a"]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read(text: str) -> None:
    found = plain(text)
    assert found == found.strip()
    assert "\x00" not in found
    assert "\n\n\n" not in found


def test_text_without_markup_keeps_its_words() -> None:
    words = " ".join(f"word{number}" for number in range(20_000))
    assert plain(words) == words


@pytest.mark.parametrize("piece", ["<div>", "<b><i>", "<a", "</p>", "&lt;p&gt;", " \n", "<!--", "<script>"])
def test_hostile_markup_takes_no_time(piece: str) -> None:
    started = time.perf_counter()
    plain(piece * 60_000 + "Weld")
    # Parsed as nested HTML the first of these takes more than five seconds.
    assert time.perf_counter() - started < 3


def test_words_survive_among_very_many_tags() -> None:
    assert line("<p>Weld</p> <i>two</i> plates " + "<div>" * 6_000) == "Weld two plates"
