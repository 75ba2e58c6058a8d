"""What credentials are verified against: fetched, remembered, mapped, kept; and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from api import world
from api.settings import BadSettings, load
from api.world import Asked, BadMap, Contexts, Remembered, live, read_map
from evaluator.credentials.world import Unavailable
from providers import explorers
from providers.http import Fetcher
from tests.api.credentials.vectors import MAP, documents, needs_vectors
from tests.api.serving import loopback_fetcher

TX = "ab" * 32
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server that answers every path with it, and some with an error."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = 410 if self.path == "/gone" else 404 if self.path == "/no" else 200
            self.send_response(status)
            self.end_headers()
            if status == 200:
                self.wfile.write(self.path.encode())

        def log_message(self, *_: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=made.serve_forever).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def fetching(server: str) -> world.Get:
    return live(loopback_fetcher(int(server.rpartition(":")[2])), {})


# --- live ---------------------------------------------------------------------------------------------------


def test_documents_are_fetched(server: str) -> None:
    assert fetching(server)(f"{server}/some/did.json") == b"/some/did.json"


@pytest.mark.parametrize(("path", "status"), [("/gone", 410), ("/no", 404)])
def test_the_status_of_a_refusal_is_passed_on(server: str, path: str, status: int) -> None:
    with pytest.raises(Unavailable) as error:
        fetching(server)(f"{server}{path}")
    assert error.value.status == status


@pytest.mark.parametrize("key", ["https://127.0.0.1/x", "https://169.254.169.254/latest", "https://[::1]/x"])
def test_no_document_may_lead_into_the_own_network(key: str) -> None:
    with pytest.raises(Unavailable, match="not on the public internet"):
        live(Fetcher(attempts=1), {})(key)


@pytest.mark.parametrize("key", ["file:///etc/passwd", "did:ion:x", "", "tx:"])
def test_other_identifiers_are_not_fetched(key: str) -> None:
    with pytest.raises(Unavailable):
        live(Fetcher(attempts=1), {})(key)


def test_a_ledger_without_an_explorer_is_unknown() -> None:
    with pytest.raises(Unavailable, match="no explorer is configured for the ledger bitcoinMainnet"):
        live(Fetcher(), {})(f"tx:bitcoinMainnet:{TX}")


def test_a_ledger_is_asked_through_its_explorer(server: str) -> None:
    known = {"someChain": explorers.Explorer("someChain", "plain", server)}
    get = live(loopback_fetcher(int(server.rpartition(":")[2])), known)
    with pytest.raises(Unavailable, match="not understood"):
        get(f"tx:someChain:{TX}")
    with pytest.raises(Unavailable, match="no transaction"):
        get("tx:someChain:../admin")


# --- remembered ---------------------------------------------------------------------------------------------


def counting(sizes: dict[str, int]) -> tuple[list[str], world.Get]:
    asked: list[str] = []

    def get(key: str) -> bytes:
        asked.append(key)
        if key not in sizes:
            raise Unavailable("not there")
        return b"x" * sizes[key]

    return asked, get


def test_a_document_is_asked_for_once_while_it_is_fresh() -> None:
    asked, get = counting({"a": 1})
    now = [0.0]
    remembered = Remembered(get, seconds=10, clock=lambda: now[0])
    for moment in (0.0, 9.0, 11.0, 12.0):
        now[0] = moment
        assert remembered("a") == b"x"
    assert asked == ["a", "a"]


def test_the_oldest_make_room() -> None:
    asked, get = counting({"a": 4, "b": 4, "c": 4, "huge": 11})
    remembered = Remembered(get, most_bytes=10)
    for key in ("a", "b", "a", "c", "a", "b", "huge", "huge"):
        remembered(key)
    assert asked == ["a", "b", "c", "b", "huge", "huge"]
    few = Remembered(get, most_documents=1)
    asked.clear()
    for key in ("a", "b", "a"):
        few(key)
    assert asked == ["a", "b", "a"]


def test_a_failure_is_not_remembered() -> None:
    asked, get = counting({})
    remembered = Remembered(get)
    for _ in range(2):
        with pytest.raises(Unavailable):
            remembered("a")
    assert asked == ["a", "a"]


# --- maps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_map_is_relative_to_itself(tmp_path: Path, wrapped: bool) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.json").write_bytes(b"{}")
    plain = {"https://a.example/": "docs/a.json"}
    file = tmp_path / "map.json"
    file.write_text(json.dumps({"documents": plain, "more": 1} if wrapped else plain))
    assert read_map(file) == {"https://a.example/": b"{}"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "no map of documents"),
        ("{", "no map of documents"),
        ('{"a": 1}', "no map of documents"),
        ('{"a": "none.json"}', 'the document of "a" can\'t be read from none.json'),
        ('{"a": "x", "a": "y"}', "no map of documents"),
    ],
)
def test_a_bad_map_is_explained(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "map.json"
    file.write_text(text)
    with pytest.raises(BadMap, match=says):
        read_map(file)


# --- vocabularies -------------------------------------------------------------------------------------------


def test_those_of_a_package_are_at_hand_and_genuine(tmp_path: Path) -> None:
    at_hand = {each.url for each in Contexts(tmp_path).listed() if each.at_hand}
    assert CREDENTIALS_V2 in at_hand
    with pytest.raises(Unavailable, match="touchstone contexts fetch"):
        Contexts(tmp_path).get("https://w3id.org/openbadges/v2")
    with pytest.raises(Unavailable):
        Contexts(tmp_path).get("https://unknown.example/context")


@needs_vectors
def test_only_the_known_version_is_kept(tmp_path: Path) -> None:
    url = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
    kept = Contexts(tmp_path)
    genuine = documents()[url]
    with pytest.raises(Unavailable, match="not the version whose digest is known"):
        kept.keep(url, genuine.replace(b"Achievement", b"Archievement", 1))
    assert not list(tmp_path.iterdir())
    kept.keep(url, genuine)
    assert kept.get(url) == genuine
    assert [each.at_hand for each in kept.listed() if each.url == url] == [True]


@needs_vectors
def test_a_spoiled_copy_is_not_at_hand(tmp_path: Path) -> None:
    url = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
    kept = Contexts(tmp_path)
    kept.keep(url, documents()[url])
    next(tmp_path.iterdir()).write_bytes(b"{}")
    assert [each.at_hand for each in kept.listed() if each.url == url] == [False]


# --- settings and requests ----------------------------------------------------------------------------------


def test_bad_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"explorers .*CHAIN=KIND"):
        load(explorers="bitcoin")
    nothing = tmp_path / "authority.pem"
    nothing.write_text("no certificate")
    with pytest.raises(BadSettings, match=r"seal_authorities .*holds no certificate"):
        load(seal_authorities=str(nothing))


def test_what_a_request_asks_spells_out_no_address() -> None:
    asked = Asked(("somebody@example.org",), "n", "a")
    assert "somebody" not in json.dumps(asked.digests())
    assert asked.digests() != Asked(("other@example.org",), "n", "a").digests()


@needs_vectors
def test_the_map_of_the_vectors_is_read() -> None:
    assert len(read_map(MAP)) > 100
