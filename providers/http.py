"""The only network code: fetch a public page or file, whatever is at the other end.

Every limit is here because somebody's server breaks it: it never answers, never ends, unpacks a kilobyte into
gigabytes, redirects in circles or into the network that Touchstone runs in. A host name is resolved once, all
its addresses are checked, and the connection goes to a checked address, so that a name which changes its mind
between check and use (DNS rebinding) gains nothing. Proxy settings of the environment are not used: a proxy
would resolve the name again.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache

import httpcore
import httpx
import stamina

from evaluator import __version__
from evaluator.program import Document, document
from providers.addresses import Address, is_public, literal
from providers.http_answer import Unusable, media_type, retry_after, unpacked

USER_AGENT = f"Touchstone/{__version__}"
ACCEPT = "application/ld+json, application/json;q=0.9, text/html;q=0.8, */*;q=0.5"
_REDIRECTS = (301, 302, 303, 307, 308)
_TRY_AGAIN = (429, 500, 502, 503, 504)
_ADVICE = {
    401: "asks for a login (401); save the document and read the file",
    403: "is refused to programs (403); save the document in a browser and read the file",
    404: "does not exist (404); check the address",
    410: "has been removed (410); look for its new address",
    429: "is asked for too often (429); try again later",
}


class FetchError(Exception):
    """An address can't be fetched: which one, what happened, and what to do."""

    def __init__(
        self, url: str, reason: str, *, again: bool = False, wait: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.status = status
        """HTTP status, where a server answered with one that is no success."""
        self.again = again
        """Whether the same request may succeed later."""
        self.wait = wait
        """Seconds after which the server asks to be called again, where it says so."""


class _Deadline:
    """The end of the time that one fetch may take, name look-up, redirects and retries included."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left; raises httpcore.ReadTimeout when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def allows(self, seconds: float) -> bool:
        return self._end - time.monotonic() > seconds


class _TimedStream(httpcore.NetworkStream):
    """A connection on which all reads together, not each of them, end at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _PinnedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, whatever the host is called; TLS still goes by the name."""

    def __init__(self, addresses: Sequence[Address], deadline: _Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for tried, address in enumerate(self._addresses):
            # An address that never answers must leave time for the others.
            share = self._deadline.remaining() / (len(self._addresses) - tried)
            try:
                stream = httpcore.SyncBackend().connect_tcp(str(address), port, share, local_address, socket_options)
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def system_resolver(host: str) -> list[str]:
    """Addresses of a host name, as this machine resolves it. Raises OSError when there are none."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))


@cache
def _public_authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Fetcher:
    """Limits for fetching, and the seams through which tests and closed networks change what is reached."""

    allow_http: bool = False
    """Whether addresses without encryption may be fetched."""
    ports: frozenset[int] = frozenset({80, 443})
    max_bytes: int = 10_000_000
    """Size of a document after unpacking."""
    seconds: float = 20.0
    """Time for one fetch in all."""
    max_redirects: int = 5
    attempts: int = 3
    first_wait: float = 0.5
    """Seconds before the second attempt; at most four times as long before the third."""
    permits: Callable[[Address], bool] = is_public
    """Which addresses may be connected to."""
    resolve: Callable[[str], Sequence[str]] = system_resolver
    tls: Callable[[], ssl.SSLContext] = field(default=_public_authorities, repr=False)
    now: Callable[[], datetime.datetime] = _utc_now

    def fetch(self, url: str) -> Document:
        """The document at `url`, after redirects. Raises FetchError, and nothing else, when there is none."""
        deadline = _Deadline(self.seconds)
        longest = 4 * self.first_wait

        def wait(error: Exception) -> bool | float:
            if not isinstance(error, FetchError) or not error.again:
                return False
            # Calling earlier than the server asked for would be worse than giving up.
            return deadline.allows(longest) if error.wait is None else deadline.allows(error.wait) and error.wait

        retries = stamina.retry_context(
            on=wait,
            attempts=self.attempts,
            timeout=None,
            wait_initial=self.first_wait,
            wait_max=longest,
            wait_jitter=self.first_wait,
        )
        for attempt in retries:
            with attempt:
                return self._follow(url, deadline)
        raise AssertionError("the last attempt returns or raises")

    def _follow(self, url: str, deadline: _Deadline) -> Document:
        target = self._checked(url)
        for hop in range(self.max_redirects + 1):
            try:
                answer = self._get(target, deadline)
                if isinstance(answer, Document):
                    return answer
                if target.scheme == "https" and answer.scheme == "http":
                    raise FetchError(str(answer), "leads from an encrypted address to one that is not; not followed")
                target = self._checked(str(answer))
            except FetchError as error:
                if hop == 0 and error.url == str(target):
                    raise
                reason = f"redirects to {error.url}: {error.reason}"
                raise FetchError(url, reason, again=error.again, wait=error.wait, status=error.status) from None
        raise FetchError(url, f"redirects more than {self.max_redirects} times; give the address where it ends")

    def _checked(self, url: str) -> httpx.URL:
        """The address, if its parts may be fetched at all. Nothing is looked up yet."""
        try:
            parsed = httpx.URL(url)
            host = parsed.host
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchError(_without_secrets(url), f"is not a web address ({error})") from None
        if parsed.userinfo:
            fault = "carries a user name or password; only public pages are fetched"
            raise FetchError(_without_secrets(url), fault)
        if parsed.scheme not in ("https", "http") or not host:
            raise FetchError(url, "is not a web address; it has to start with https://")
        if parsed.scheme == "http" and not self.allow_http:
            raise FetchError(url, "is not encrypted; use https://, or allow http addresses explicitly")
        port = _standard_port(parsed) if parsed.port is None else parsed.port
        if port not in self.ports:
            raise FetchError(url, f"uses port {port}; only {', '.join(map(str, sorted(self.ports)))} may be used")
        return parsed.copy_with(fragment=None)

    def _addresses(self, target: httpx.URL, deadline: _Deadline) -> list[Address]:
        """Every address of the host, all of them checked."""
        try:
            spelled = literal(target.host)
        except ValueError:
            raise FetchError(str(target), "has no ordinary host name; write the name of the site") from None
        try:
            found = [spelled] if spelled else _resolved(target.host, self.resolve, deadline)
        except (OSError, UnicodeError, ValueError):
            raise FetchError(str(target), "has a host name that nobody knows; check the spelling") from None
        if not all(self.permits(address) for address in found):
            raise FetchError(
                str(target),
                "leads to an address that is not on the public internet; save the document and read the file",
            )
        if not found:
            raise FetchError(str(target), "has a host name without an address; check the spelling")
        return found

    def _get(self, target: httpx.URL, deadline: _Deadline) -> Document | httpx.URL:
        """The document at exactly this address, or the address that it redirects to."""
        url = str(target)
        try:
            backend = _PinnedBackend(self._addresses(target, deadline), deadline)
            with (
                httpcore.ConnectionPool(self.tls(), network_backend=backend) as pool,
                pool.stream("GET", _wire_url(target), headers=_request_headers(target)) as response,
            ):
                headers = httpx.Headers(response.headers)
                if response.status in _REDIRECTS and "location" in headers:
                    return _joined(target, headers["location"])
                if response.status != 200:
                    raise _refusal(url, response.status, retry_after(headers, self.now()))
                content = unpacked(response.iter_stream(), headers, self.max_bytes)
        except Unusable as error:
            raise FetchError(url, str(error), again=error.again) from None
        except httpcore.TimeoutException:
            raise FetchError(url, f"took longer than {self.seconds:g} seconds; try again later", again=True) from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _broken(url, error) from None
        retrieved = self.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        return document(url, content, media_type(headers.get("content-type", "")), retrieved)


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/?#]*@", "//", url)


def _standard_port(url: httpx.URL) -> int:
    return 443 if url.scheme == "https" else 80


def _wire_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _request_headers(url: httpx.URL) -> dict[bytes | str, bytes | str]:
    return {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": USER_AGENT,
        "Accept": ACCEPT,
        "Accept-Encoding": "gzip",
    }


def _resolved(host: str, resolve: Callable[[str], Sequence[str]], deadline: _Deadline) -> list[Address]:
    """Look a name up, but no longer than the deadline: the system's own patience can't be set."""
    answer: Future[Sequence[str]] = Future()

    def look_up() -> None:
        try:
            answer.set_result(resolve(host))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        return [ipaddress.ip_address(text) for text in answer.result(deadline.remaining())]
    except TimeoutError:
        raise httpcore.ConnectTimeout from None


def _joined(base: httpx.URL, location: str) -> httpx.URL:
    try:
        return base.join(location)
    except (httpx.InvalidURL, ValueError):
        raise FetchError(str(base), "redirects to something that is not a web address") from None


def _refusal(url: str, status: int, wait: float | None) -> FetchError:
    reason = _ADVICE.get(status, f"is answered with status {status}; no document")
    if status >= 500:
        reason = f"fails on its own server ({status}); try again later"
    if wait is not None:
        reason += f", after {wait:g} seconds"
    return FetchError(url, reason, again=status in _TRY_AGAIN, wait=wait, status=status)


def _broken(url: str, error: Exception) -> FetchError:
    below = error.args[0] if error.args else None
    if isinstance(below, ssl.SSLCertVerificationError):
        fault = f"has a certificate that proves nothing ({below.verify_message}); do not trust this address"
        return FetchError(url, fault)
    what = " ".join(str(error).split()) or type(error).__name__
    return FetchError(url, f"breaks the connection ({what[:120]}); try again later", again=True)
