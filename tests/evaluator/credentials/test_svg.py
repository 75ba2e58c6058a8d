"""The badge in an SVG: found by its element, whole, single, and without anything that XML can do besides."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.credentials import limits
from evaluator.credentials.svg import badges
from evaluator.credentials.verdict import Refused
from tests.evaluator.credentials.pictures import SVG_OPEN, svg

TOKEN = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"
AT = r"openbadges\:assertion"
ASSERTION = b"<openbadges:assertion><![CDATA[ {} ]]></openbadges:assertion>"


def other_prefix(namespace: str) -> bytes:
    return (f'<svg xmlns:b="{namespace}"><b:credential verify="{TOKEN}"></b:credential></svg>').encode()


@pytest.mark.parametrize(
    ("content", "text", "at"),
    [
        (svg(ASSERTION), "{}", AT),
        (svg(b"<openbadges:assertion>{&quot;a&quot;: 1}</openbadges:assertion>"), '{"a": 1}', r"openbadges\:assertion"),
        (svg(f'<openbadges:credential verify="{TOKEN}"/>'.encode()), TOKEN, r"openbadges\:credential[verify]"),
        (
            svg(f'<openbadges:assertion verify="{TOKEN}">{{}}</openbadges:assertion>'.encode()),
            TOKEN,
            r"openbadges\:assertion[verify]",
        ),
        (
            svg(b'<openbadges:assertion verify="https://b.example/1">{}</openbadges:assertion>'),
            "{}",
            r"openbadges\:assertion",
        ),
        (
            svg(b'<openbadges:assertion verify=" https://b.example/1 "><![CDATA[]]></openbadges:assertion>'),
            "https://b.example/1",
            r"openbadges\:assertion[verify]",
        ),
        (svg(ASSERTION + ASSERTION), "{}", AT),
        (svg(b"<g><g>" + ASSERTION + b"</g></g>"), "{}", AT),
        (svg(ASSERTION)[:-9], "{}", AT),
        (
            svg(ASSERTION, b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C" "http://a.example/">'),
            "{}",
            r"openbadges\:assertion",
        ),
        (svg(ASSERTION).decode().encode("utf-16"), "{}", AT),
        (other_prefix("https://purl.imsglobal.org/ob/v3p0"), TOKEN, r"b\:credential[verify]"),
        (other_prefix("https://purl.imsglobal.org/clr/v2p0"), TOKEN, r"b\:credential[verify]"),
    ],
)
def test_a_badge_is_found(content: bytes, text: str, at: str) -> None:
    assert [(one.text, one.at) for one in badges(content)] == [(text, at)]


@pytest.mark.parametrize(
    ("content", "code", "what"),
    [
        (svg(b""), "no_badge", "SVG"),
        (other_prefix("https://elsewhere.example"), "no_badge", "SVG"),
        (svg(b"<assertion>{}</assertion>"), "no_badge", "SVG"),
        (svg(b"<openbadges:assertion verify=''> </openbadges:assertion>"), "no_badge", "empty"),
        (svg(b"<openbadges:assertion>{}"), "malformed", "line 1, column"),
        (svg(ASSERTION)[:120], "malformed", "line 1, column"),
        (svg(b"<openbadges:assertion>&what;</openbadges:assertion>"), "malformed", "well-formed"),
        (svg(b"", b'<?xml version="1.0" encoding="utf-88"?>'), "malformed", "encoding"),
        (svg(b"", b'<?xml version="1.0" encoding="shift_jis"?>'), "malformed", "encoding"),
        (svg(ASSERTION + b"<openbadges:assertion>[]</openbadges:assertion>"), "malformed", "two different"),
        (svg(b"", b"<!DOCTYPE svg [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]>"), "malformed", "entities"),
        (svg(b"&a;", b"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>"), "malformed", "entities"),
        (svg(b"", b"<!DOCTYPE svg [<!ENTITY % p SYSTEM 'http://a.example/'>%p;]>"), "malformed", "entities"),
        (svg(b"<x/>" * 9, b"<!DOCTYPE svg [<!ATTLIST x a CDATA '" + b"y" * 999 + b"'>]>"), "malformed", "defaults"),
        (svg(b"<g>" * limits.SVG_DEPTH), "resource_limit", "deeper"),
        (svg(b"<g/>" * limits.SVG_ELEMENTS), "resource_limit", "elements"),
        (svg(b" " * limits.PRESENTED_BYTES), "resource_limit", "bytes"),
        (svg(b"<openbadges:assertion>" + b" " * (limits.PICTURE_TEXT_BYTES + 1)), "resource_limit", "characters"),
        (svg(ASSERTION * (limits.PICTURE_BADGES + 1)), "resource_limit", "badges"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, code: str, what: str) -> None:
    started = time.monotonic()
    with pytest.raises(Refused, match=what) as refusal:
        badges(content)
    assert refusal.value.check.code == code
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "content",
    [
        SVG_OPEN + b"<g a='" + b"x" * 9_000_000,
        SVG_OPEN + b"<!--" + b"-" * 9_000_000,
        SVG_OPEN + b"<g " + b" ".join(b"a%d=''" % number for number in range(600_000)) + b"/>",
        SVG_OPEN + b"<![CDATA[" * 1_000_000,
        SVG_OPEN + b"&#65;" * 1_500_000,
    ],
    ids=["attribute", "comment", "attributes", "CDATA", "references"],
)
def test_nothing_takes_long(content: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(Refused):
        badges(content)
    assert time.monotonic() - started < 2


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"<g>",
                b"</g>",
                b"<openbadges:assertion>",
                b"</openbadges:assertion>",
                b"{}",
                b"&lt;",
                b"<![CDATA[",
                b"]]>",
                b"<!--",
                b"-->",
                b"<?x ",
                b"?>",
                b"\xff",
                b"<b:credential xmlns:b='http://openbadges.org'/>",
            ]
        ),
        max_size=12,
    )
)
def test_any_markup_is_read_or_refused(pieces: list[bytes]) -> None:
    try:
        found = badges(SVG_OPEN + b"".join(pieces) + b"</svg>")
    except Refused as refusal:
        assert refusal.check.code in ("no_badge", "malformed", "resource_limit")
        return
    assert all(one.text and one.at for one in found)
