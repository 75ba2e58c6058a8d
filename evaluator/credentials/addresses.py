"""Web addresses from strangers."""

from __future__ import annotations

from urllib.parse import urlsplit


def origin(address: str) -> tuple[str, str] | None:
    """Scheme, and host with port, of a web address (https://url.spec.whatwg.org/#origin); None for no such address."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        return (parts.scheme, parts.netloc.lower()) if usable and parts.port != 0 else None
    except ValueError:
        return None


SHARED = frozenset(
    {
        "bitbucket.org",
        "cdn.jsdelivr.net",
        "drive.google.com",
        "gist.githubusercontent.com",
        "gitlab.com",
        "ipfs.io",
        "raw.githubusercontent.com",
        "s3.amazonaws.com",
        "sites.google.com",
        "storage.googleapis.com",
        "unpkg.com",
        "www.dropbox.com",
    }
)
"""Hosts where anybody may keep documents, each under a first step of the path."""


def same_owner(one: str, other: str) -> bool:
    """Whether two web addresses are kept by the same people: same origin and, at a host that many share, the same
    first step of the path."""
    if origin(one) is None or origin(one) != origin(other):
        return False
    return host(one) not in SHARED or urlsplit(one).path.split("/")[:2] == urlsplit(other).path.split("/")[:2]


def host(address: str) -> str:
    """The host name of a web address; empty for no such address."""
    return (urlsplit(address).hostname or "") if origin(address) else ""
