"""Fetching from servers that misbehave, and from addresses that nobody should be led to."""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import ssl
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.addresses import Address, is_public, literal
from providers.http import Fetcher, FetchError
from providers.http_answer import media_type, retry_after
from tests.providers.misbehaving_server import PAGE, Site, serving

LOOPBACK = ipaddress.IPv4Address("127.0.0.1")
NOW = datetime.datetime(2026, 11, 24, 10, 0, 0, tzinfo=datetime.UTC)
NAMES = {"courses.test": ["127.0.0.1"], "inside.test": ["10.1.2.3"], "mixed.test": ["127.0.0.1", "10.1.2.3"]}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def loopback_too(address: Address) -> bool:
    return address == LOOPBACK or is_public(address)


def look_up(host: str) -> list[str]:
    if host not in NAMES:
        raise OSError("unknown")
    return NAMES[host]


def fetcher(site: Site, **changes: object) -> Fetcher:
    """A fetcher that may speak to the test server, and waits little."""
    settings = {
        "allow_http": True,
        "ports": frozenset({80, 443, site.port}),
        "permits": loopback_too,
        "resolve": look_up,
        "first_wait": 0.01,
        "seconds": 3.0,
        "now": lambda: NOW,
    }
    return Fetcher(**{**settings, **changes})  # type: ignore[arg-type]


def refusal(site: Site, path: str, **changes: object) -> str:
    with pytest.raises(FetchError) as caught:
        fetcher(site, **changes).fetch(site.url(path))
    assert caught.value.url == site.url(path)
    return str(caught.value)


def test_a_page_comes_as_a_document(site: Site) -> None:
    fetched = fetcher(site).fetch(site.url("/page#part"))
    assert (fetched.url, fetched.content, fetched.media_type) == (site.url("/page"), PAGE, "text/html")
    assert fetched.retrieved == "2026-11-24T10:00:00Z"
    assert fetched.digest.startswith("sha256:")


def test_the_request_says_who_asks_and_names_the_host_not_its_address(site: Site) -> None:
    fetcher(site).fetch(site.url("/page"))
    head = site.requests[-1]
    assert f"Host: courses.test:{site.port}\r\n" in head
    assert "User-Agent: Touchstone/0." in head
    assert "ookie" not in head
    assert "uthorization" not in head


@pytest.mark.parametrize(
    ("path", "media"),
    [("/latin", "text/html; charset=iso-8859-1"), ("/untyped", "application/octet-stream"), ("/packed", "text/html")],
)
def test_media_type_comes_from_the_header(site: Site, path: str, media: str) -> None:
    assert fetcher(site).fetch(site.url(path)).media_type == media


def test_a_packed_page_is_unpacked(site: Site) -> None:
    assert fetcher(site).fetch(site.url("/packed")).content == PAGE


@pytest.mark.parametrize("path", ["/slow-headers", "/slow-body", "/silence", "/endless-interim"])
def test_time_is_limited_in_total_not_per_read(site: Site, path: str) -> None:
    started = time.monotonic()
    assert "took longer than 0.4 seconds; try again later" in refusal(site, path, seconds=0.4)
    assert time.monotonic() - started < 1.0


def test_a_resolver_that_hangs_does_not_hold_the_fetch(site: Site) -> None:
    def hangs(host: str) -> list[str]:
        time.sleep(2)
        return ["127.0.0.1"]

    started = time.monotonic()
    assert "took longer" in refusal(site, "/page", seconds=0.2, resolve=hangs)
    assert time.monotonic() - started < 1.0


@pytest.mark.parametrize("path", ["/endless", "/endless-chunks", "/bomb", "/promises-too-much"])
def test_size_is_limited_after_unpacking(site: Site, path: str) -> None:
    assert "is larger than 10 MB; save the part you need" in refusal(site, path)


def test_a_bomb_is_stopped_before_it_fills_the_memory(site: Site) -> None:
    tracemalloc.start()
    try:
        assert "is larger than 1 MB" in refusal(site, "/bomb", max_bytes=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_the_largest_page_that_is_allowed_is_allowed(site: Site) -> None:
    assert fetcher(site, max_bytes=len(PAGE)).fetch(site.url("/page")).content == PAGE
    assert "is larger" in refusal(site, "/page", max_bytes=len(PAGE) - 1)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/bomb-in-bomb", "comes packed as 'gzip, gzip', which was not asked for"),
        ("/not-really-packed", "comes packed as gzip but can't be unpacked"),
        ("/packed-and-cut", "ends in the middle"),
        ("/promises-more", "breaks the connection"),
        ("/promises-nonsense", "breaks the connection"),
        ("/promises-twice", "breaks the connection"),
        ("/garbage", "breaks the connection"),
        ("/huge-headers", "breaks the connection"),
        ("/nothing", "breaks the connection"),
        ("/reset", "breaks the connection"),
        ("/missing", "does not exist (404); check the address"),
        ("/forbidden", "save the document in a browser and read the file"),
        ("/empty", "status 204"),
        ("/down", "fails on its own server (503); try again later"),
        ("/to-nowhere", "status 302"),
    ],
)
def test_a_broken_answer_says_what_happened(site: Site, path: str, says: str) -> None:
    assert says in refusal(site, path)


@pytest.mark.parametrize(("path", "requests"), [("/reset", 3), ("/down", 3), ("/missing", 1), ("/to-private", 1)])
def test_only_what_may_pass_is_tried_again_and_at_most_three_times(path: str, requests: int) -> None:
    with serving() as site:
        refusal(site, path)
        assert site.count(path) == requests


@pytest.mark.parametrize("path", ["/down-once", "/reset-once"])
def test_a_second_attempt_succeeds(path: str) -> None:
    with serving() as site:
        assert fetcher(site).fetch(site.url(path)).content == PAGE
        assert site.count(path) == 2


@pytest.mark.parametrize("path", ["/busy-once", "/busy-until"])
def test_retry_after_is_honoured(path: str) -> None:
    with serving() as site:
        started = time.monotonic()
        assert fetcher(site).fetch(site.url(path)).content == PAGE
        assert 1.0 <= time.monotonic() - started < 2.0


def test_a_wait_beyond_the_time_limit_is_not_begun() -> None:
    with serving() as site:
        started = time.monotonic()
        assert "try again later, after 3600 seconds" in refusal(site, "/busy-for-an-hour")
        assert time.monotonic() - started < 1.0
        assert site.count("/busy-for-an-hour") == 1


def test_five_redirects_are_followed(site: Site) -> None:
    fetched = fetcher(site).fetch(site.url("/five"))
    assert (fetched.url, fetched.content) == (site.url("/page"), PAGE)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/loop", "redirects more than 5 times"),
        ("/to-private", "redirects to http://10.0.0.1/: leads to an address that is not on the public internet"),
        ("/to-metadata", "leads to an address that is not on the public internet"),
        ("/to-inside-by-name", "redirects to http://inside.test/: leads to an address that is not on the public"),
        ("/to-file", "redirects to file:/etc/passwd: is not a web address"),
        ("/to-secret", "redirects to https://courses.test/: carries a user name or password"),
        ("/to-nonsense", "redirects to something that is not a web address"),
    ],
)
def test_every_redirect_is_checked_again(site: Site, path: str, says: str) -> None:
    assert says in refusal(site, path)


def test_all_addresses_of_a_name_have_to_be_public(site: Site) -> None:
    with pytest.raises(FetchError, match="not on the public internet"):
        fetcher(site).fetch(site.url("/page", "mixed.test"))


def test_the_connection_goes_to_the_address_that_was_checked(site: Site) -> None:
    """A name that answers with a private address from the second look-up on gains nothing (DNS rebinding)."""
    asked: list[str] = []

    def rebinds(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.1.2.3"]

    assert fetcher(site, resolve=rebinds).fetch(site.url("/page")).content == PAGE
    assert asked == ["courses.test"]


def test_an_address_that_does_not_answer_is_passed_over(site: Site) -> None:
    def two(host: str) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    open_loopback = fetcher(site, resolve=two, permits=lambda address: address.is_loopback)
    assert open_loopback.fetch(site.url("/page")).content == PAGE


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
    ],
)
def test_no_way_of_writing_an_inner_address_leads_inside(host: str) -> None:
    with pytest.raises(FetchError, match=r"public internet|no ordinary host name|is not a web address"):
        Fetcher(allow_http=True).fetch(f"http://{host}/")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://xn--/", "is not a web address (Malformed A-label"),
        ("http://example.com/", "is not encrypted"),
        ("ftp://example.com/", "has to start with https://"),
        ("file:///etc/passwd", "has to start with https://"),
        ("example.com", "has to start with https://"),
        ("https://", "has to start with https://"),
        ("", "has to start with https://"),
        ("https://[::1", "is not a web address"),
        ("https://example.com:22/", "uses port 22; only 80, 443 may be used"),
        ("https://example.com:0/", "uses port 0"),
        ("https://example.com:99999/", "uses port 99999"),
    ],
)
def test_addresses_that_are_not_fetched_say_why(url: str, says: str) -> None:
    with pytest.raises(FetchError) as caught:
        Fetcher(resolve=lambda host: ["10.0.0.1"]).fetch(url)
    assert says in str(caught.value)


@pytest.mark.parametrize("url", ["https://anna:secret@example.com/", "https://anna:secret@exa mple.com:x/"])
def test_a_password_in_an_address_is_neither_used_nor_repeated(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        Fetcher().fetch(url)
    assert "secret" not in str(caught.value)


def test_an_unknown_name_is_said_to_be_unknown(site: Site) -> None:
    with pytest.raises(FetchError, match="host name that nobody knows; check the spelling"):
        fetcher(site).fetch("https://unknown.test/")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:a00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("2001:db8::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::127.0.0.1", False),
        ("168.63.129.16", False),
        ("192.0.0.192", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_one_is_judged_alike(address: ipaddress.IPv4Address) -> None:
    for form in (
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::",
    ):
        assert is_public(ipaddress.ip_address(form)) == is_public(address)


@given(st.text(max_size=30))
def test_a_host_is_an_address_or_a_name_or_refused(host: str) -> None:
    try:
        assert literal(host) is None or ipaddress.ip_address(host)
    except ValueError:
        assert ":" in host or any(character.isdigit() for character in host)


@given(st.text(max_size=60))
def test_whatever_is_given_as_an_address_only_a_fetch_error_comes_back(text: str) -> None:
    with pytest.raises(FetchError):
        Fetcher(resolve=lambda host: ["10.0.0.1"]).fetch(text)


@given(st.text(max_size=60))
def test_headers_of_any_shape_are_survived(text: str) -> None:
    assert "/" in media_type(text)
    waited = retry_after({"retry-after": text}, NOW)
    assert waited is None or waited >= 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for courses.test, signed by itself, with its key in the same file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "courses.test.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=courses.test", "-addext", "subjectAltName=DNS:courses.test"]
    subprocess.run([*command, *names, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    with path.open("ab") as key:
        key.write(Path(f"{path}.crt").read_bytes())
    return path


def _trusting(certificate: Path) -> Callable[[], ssl.SSLContext]:
    return lambda: ssl.create_default_context(cafile=str(certificate))


def test_the_certificate_is_checked_for_the_name_though_the_address_is_pinned(certificate: Path) -> None:
    with serving(certificate) as site:
        trusting = fetcher(site, allow_http=False, tls=_trusting(certificate))
        assert trusting.fetch(site.url("/page")).content == PAGE
        with pytest.raises(FetchError, match=r"certificate that proves nothing .*do not trust"):
            fetcher(site, tls=_trusting(certificate), resolve=lambda host: ["127.0.0.1"]).fetch(
                site.url("/page", "other.test")
            )
        with pytest.raises(FetchError, match="certificate that proves nothing"):
            fetcher(site).fetch(site.url("/page"))
        assert site.count("/page") == 1


def test_an_encrypted_page_does_not_lead_to_an_unencrypted_one(certificate: Path) -> None:
    with serving(certificate) as site:
        says = refusal(site, "/to-inside-by-name", tls=_trusting(certificate))
        assert "leads from an encrypted address to one that is not; not followed" in says
