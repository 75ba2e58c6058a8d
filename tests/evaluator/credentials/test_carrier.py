"""Whatever is handed in is opened, or named for what it is; nothing that is handed in does harm."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evaluator import strict_yaml
from evaluator.credentials import carrier, limits
from evaluator.credentials.carrier import Presented, opened, sniff
from evaluator.credentials.verdict import Refused, codes
from tests.evaluator.credentials.pictures import itxt, pdf, png, svg

CASES: list[dict[str, Any]] = strict_yaml.parse(
    Path(__file__).with_name("cases").joinpath("carriers.yaml").read_bytes(), "cases/carriers.yaml"
)
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJhIn0.c2ln"
EXAMPLES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def code_of(content: bytes) -> str:
    """The code with which a file is refused. Every refusal has to say what to ask for next."""
    with pytest.raises(Refused) as refusal:
        opened(content)
    assert codes()[refusal.value.check.code].next
    assert refusal.value.check.detail
    return refusal.value.check.code


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_no_credential_is_named(case: dict[str, Any]) -> None:
    content = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()
    assert sniff(content) == case["kind"]
    assert code_of(content) == case["code"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": 1}', [("json", {"a": 1})]),
        (b'\xef\xbb\xbf\n {"a": 1}\n', [("json", {"a": 1})]),
        (b'[{"a": 1}, {"b": 2}]', [("json", {"a": 1}), ("json", {"b": 2})]),
        (json.dumps([TOKEN]).encode(), [("jws", TOKEN)]),
        (json.dumps(TOKEN).encode(), [("jws", TOKEN)]),
        (TOKEN.encode(), [("jws", TOKEN)]),
        (f"\n {TOKEN[:30]}\r\n{TOKEN[30:]}\n".encode(), [("jws", TOKEN)]),
        (b"eyJhbGciOiJub25lIn0.e30.", [("jws", "eyJhbGciOiJub25lIn0.e30.")]),
        (f"{TOKEN}~WyJhIl0~".encode(), [("sd_jwt", f"{TOKEN}~WyJhIl0~")]),
        (f"{TOKEN}~WyJhIl0~{TOKEN}".encode(), [("sd_jwt", f"{TOKEN}~WyJhIl0~{TOKEN}")]),
        (b"\xd2\x84\x43\xa1\x01\x26", [("cose", b"\xd2\x84\x43\xa1\x01\x26")]),
        (b"0oRDoQEmoFgqeyJAY29udGV4dCI6", [("cose", b"0oRDoQEmoFgqeyJAY29udGV4dCI6")]),
        (b" https://badges.example/a/1\n", [("address", "https://badges.example/a/1")]),
        (png(itxt(b'{"a": 1}')), [("json", {"a": 1})]),
        (png(itxt(TOKEN.encode(), b"openbadgecredential")), [("jws", TOKEN)]),
        (png(itxt(b"https://badges.example/a/1")), [("address", "https://badges.example/a/1")]),
        (png(itxt(b'{"a": 1}'), itxt(b'{"b": 2}', b"openbadgecredential")), [("json", {"a": 1}), ("json", {"b": 2})]),
        (svg(b'<openbadges:assertion><![CDATA[{"a": 1}]]></openbadges:assertion>'), [("json", {"a": 1})]),
        (pdf(b'{"a": 1}'), [("json", {"a": 1})]),
        (pdf(b"\xff\xd8\xff photo", b'{"a": 1}', TOKEN.encode()), [("json", {"a": 1}), ("jws", TOKEN)]),
        (pdf(b'{"a": 1}', compressed=False, type_last=True), [("json", {"a": 1})]),
    ],
)
def test_what_holds_a_credential_is_opened(content: bytes, expected: list[tuple[str, Any]]) -> None:
    assert [(one.kind, one.value) for one in opened(content)] == expected


def test_where_it_stood_is_said() -> None:
    assert opened(png(itxt(b"{}"))) == [Presented("json", {}, "PNG picture", "iTXt:openbadges")]
    assert opened(pdf(b"{}"))[0].at == "attachment 1"


def test_a_pdf_with_a_broken_credential_says_so() -> None:
    assert code_of(pdf(b'{"a": ')) == "malformed"
    assert code_of(pdf(b"\x00noise")) == "pdf_without_credential"
    assert code_of(pdf(b"{}")[:-60].replace(b"x\x9c", b"no")) == "pdf_without_credential"


# --- limits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff" + b" " * limits.PRESENTED_BYTES,
        b'{"a": "' + b"x" * limits.JSON_BYTES + b'"}',
        b"[" * 100_000,
        b'{"a":' * (limits.JSON_DEPTH + 1) + b"1" + b"}" * (limits.JSON_DEPTH + 1),
        b"[" + b"1," * limits.JSON_NODES + b"1]",
        json.dumps([{}] * (limits.NESTED + 1)).encode(),
        b"eyJ" + b"a" * limits.TOKEN_BYTES + b".a.a",
        pdf(*[b"{}"] * (limits.PDF_ATTACHMENTS + 1)),
        pdf(b" " * (limits.PICTURE_TEXT_BYTES + 1)),
        pdf(b" " * (limits.PICTURE_TEXT_BYTES + 1), compressed=False),
    ],
    ids=[
        "file",
        "JSON text",
        "depth",
        "depth of objects",
        "values",
        "list",
        "token",
        "attachments",
        "bomb",
        "attachment",
    ],
)
def test_every_limit_holds(content: bytes) -> None:
    started = time.monotonic()
    assert code_of(content) == "resource_limit"
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "content",
    [
        b"<!--" + b"-->" * 200_000,
        b"<!--" * 200_000,
        b"<?" * 400_000,
        b"<!DOCTYPE [" + b"]" * 400_000,
        b"X-A: b\n" + b" \n" * 300_000,
        b"eyJ" + b"a." * 300_000,
        b"%PDF-" + b"/Type /EmbeddedFile" * 15 + b"stream" * 300_000,
        b"%PDF-" + b"/Type" + b" " * 1_000_000,
        b"http://" + b"a" * 1_000_000,
        b"0o" + b"Q" * 1_000_000 + b"!",
    ],
)
def test_nothing_takes_long_to_be_refused(content: bytes) -> None:
    started = time.monotonic()
    code_of(content)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "content",
    [
        pdf(b" " * 200_000_000),
        svg(b"<openbadges:assertion>" + b"x" * (limits.PICTURE_TEXT_BYTES + 1)),
        svg(b"<g/>" * limits.SVG_ELEMENTS),
        b"[" * 1_000_000,
    ],
    ids=["PDF bomb", "SVG text", "SVG elements", "JSON depth"],
)
def test_what_is_refused_takes_little_memory(content: bytes) -> None:
    tracemalloc.start()
    try:
        assert code_of(content) == "resource_limit"
        assert tracemalloc.get_traced_memory()[1] < 8 * limits.PICTURE_TEXT_BYTES
    finally:
        tracemalloc.stop()


# --- fuzzing ----------------------------------------------------------------------------------------------------


@EXAMPLES
@given(
    start=st.sampled_from(
        [b"", b"{", b"[", b"<", b"<svg", b"<!--", b"eyJ", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"PK", b"RIFF"]
    ),
    rest=st.binary(max_size=200),
)
def test_any_bytes_are_opened_or_refused(start: bytes, rest: bytes) -> None:
    check_opened_or_refused(start + rest)


@EXAMPLES
@given(
    content=st.sampled_from(
        [
            png(itxt(b'{"a": [1, "b"]}')),
            svg(b'<openbadges:credential verify="a.b.c"><![CDATA[{}]]></openbadges:credential>'),
            pdf(b'{"a": 1}'),
            json.dumps([TOKEN, {"a": {"b": [None]}}]).encode(),
            f"{TOKEN}~WyJhIl0~".encode(),
        ]
    ),
    changes=st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=0, max_size=4)), max_size=4),
)
@example(content=b"\xff\xfe{\x00}\x00", changes=[])
def test_damaged_carriers_are_opened_or_refused(content: bytes, changes: list[tuple[int, bytes]]) -> None:
    for place, piece in changes:
        at = place % (len(content) + 1)
        content = content[:at] + piece + content[at + 1 :]
    check_opened_or_refused(content)


def check_opened_or_refused(content: bytes) -> None:
    try:
        found = opened(content)
    except Refused as refusal:
        assert refusal.check.id in ("carrier", "integrity")
        return
    assert found
    for one in found:
        assert type(one.value) is {"json": dict, "cose": bytes}.get(one.kind, str)
        assert one.carrier


def test_every_kind_without_a_credential_has_a_code() -> None:
    assert set(carrier.NO_CREDENTIAL.values()) <= set(codes())
