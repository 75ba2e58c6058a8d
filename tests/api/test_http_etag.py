"""Entity tags: what was seen already, and changes that missed a newer version."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request

from api.http import etag
from api.problems import ProblemError

TAG = '"abc"'


def asking(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 200),
        ('"abc"', 304),
        ('W/"abc"', 304),
        ('"x", "abc"', 304),
        ('"abc-gzip"', 304),
        ("*", 304),
        ('"x"', 200),
        ("abc", 200),
        ('"abcd"', 200),
        ('"ABC"', 200),
    ],
)
def test_if_none_match(header: str | None, status: int) -> None:
    request = asking(**({"if_none_match": header} if header else {}))
    answer = etag.answer(request, b"body", "text/plain", etag=TAG)
    assert answer.status_code == status
    assert answer.headers["etag"] == TAG
    assert answer.body == (b"body" if status == 200 else b"")
    known = etag.known(request, TAG)
    assert (known is not None) == (status == 304)


@pytest.mark.parametrize("header", ['"abc"', '"x", "abc"', "*", '"abc-gzip"'])
def test_if_match_lets_the_current_version_through(header: str) -> None:
    etag.require_match(asking(if_match=header), TAG, "program")


@pytest.mark.parametrize(
    ("header", "id"),
    [
        (None, "precondition-needed"),
        ('"x"', "changed-meanwhile"),
        ('W/"abc"', "changed-meanwhile"),
        ("abc", "changed-meanwhile"),
    ],
)
def test_if_match_stops_others(header: str | None, id: str) -> None:
    with pytest.raises(ProblemError) as raised:
        etag.require_match(asking(**({"if_match": header} if header else {})), TAG, "program")
    assert raised.value.type.id == id


def test_tags_differ_by_every_part() -> None:
    assert len({etag.tag("a", "b"), etag.tag("ab"), etag.tag("a", "b", ""), etag.tag("b", "a")}) == 4


@pytest.mark.parametrize(
    "path", ["/v1/facts", "/v1/facts/pass_mark", "/v1/providers", "/v1/profiles", "/v1/rubrics", "/docs"]
)
def test_what_was_read_is_not_sent_again(api: httpx.Client, path: str) -> None:
    first = api.get(path)
    again = api.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert again.content == b""
    assert again.headers["etag"].removesuffix('-gzip"').strip('"') in first.headers["etag"]


def test_a_packed_answer_has_a_tag_of_its_own_and_either_is_known(api: httpx.Client) -> None:
    plain = api.get("/v1/facts", headers={"Accept-Encoding": "identity"})
    packed = api.get("/v1/facts", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert plain.headers["etag"] != packed.headers["etag"]
    for known in (plain, packed):
        assert api.get("/v1/facts", headers={"If-None-Match": known.headers["etag"]}).status_code == 304
