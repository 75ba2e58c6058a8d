"""Public pages of badges: the address of the machine-readable credential behind each, or how to get it.

Only shapes that a platform documents, or that recorded credentials of it carry, are turned into another address.
Nothing is fetched here, and what lies at the address is verified like any other file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ENTITY = r"[A-Za-z0-9_-]{16,40}"
_REGIONS = ("", "eu.", "au.", "ca.", "sg.")


class Page(NamedTuple):
    """What is known about a link."""

    platform: str
    """Empty for an address of no platform that is known here."""
    address: str | None
    """Where the credential itself lies; `None` when that can't be told from the link."""
    advice: str = ""
    """How to get the credential, where there is no address."""


class _Shape(NamedTuple):
    platform: str
    hosts: Callable[[str], bool]
    path: re.Pattern[str]
    address: Callable[[str, str], str]
    """From the host and the identifier in the path."""


def _one_of(*hosts: str) -> Callable[[str], bool]:
    return lambda host: host in hosts


def _badgr_api(host: str, entity: str) -> str:
    region = next((each for each in _REGIONS[1:] if f".{each}" in f".{host}"), "")
    return f"https://api.{region}badgr.io/public/assertions/{entity}.json?v=2_0"


def _parchment_api(host: str, entity: str) -> str:
    return f"https://api.badges.parchment.{host.rpartition('.')[2]}/public/assertions/{entity}.json?v=2_0"


def _is_badgr(host: str) -> bool:
    return host in ("badgr.com", "badgr.io") or host.endswith((".badgr.com", ".badgr.io"))


_SHAPES = (
    _Shape(
        # The assertions name this address as their own `id`.
        "Credly",
        _one_of("credly.com", "youracclaim.com"),
        re.compile(rf"/(?:api/v1/obi/v2/badge_assertions|badges|go/badges)/({UUID})(?:/[\w-]*)*"),
        lambda _, uuid: f"https://www.credly.com/api/v1/obi/v2/badge_assertions/{uuid.lower()}",
    ),
    _Shape(
        # `badge_assertion_url` in recorded credentials.
        "Accredible",
        lambda host: host in ("credential.net", "accredible.com") or host.endswith(".credential.net"),
        re.compile(rf"/({UUID})(?:/[\w-]*)*"),
        lambda _, uuid: f"https://api.accredible.com/v1/obi/badge_assertions/{uuid.lower()}",
    ),
    _Shape(
        # Hosts: https://developerdocs.instructure.com/services/credentials
        "Canvas Credentials (Badgr)",
        _is_badgr,
        re.compile(rf"/public/assertions/({_ENTITY})(?:\.json|/image)?"),
        _badgr_api,
    ),
    _Shape(
        # Hosts: https://developerdocs.instructure.com/services/parchment-digital-badges
        "Parchment Digital Badges",
        _one_of(*(f"badges.parchment.{end}" for end in ("com", "eu", "au", "ca", "sg"))),
        re.compile(rf"/public/assertions/({_ENTITY})(?:\.json|/image)?"),
        _parchment_api,
    ),
    _Shape(
        "edubadges",
        _one_of("edubadges.nl"),
        re.compile(rf"/public/assertions/({_ENTITY})"),
        lambda _, entity: f"https://api.edubadges.nl/public/assertions/{entity}",
    ),
    _Shape(
        # The page is the same address with `.html` at its end.
        "Open Badge Factory",
        _one_of("openbadgefactory.com"),
        re.compile(r"/v1/assertion/([0-9a-f]{40})(?:\.html)?"),
        lambda _, digest: f"https://openbadgefactory.com/v1/assertion/{digest}",
    ),
)

_ADVICE = {
    "credly.com": ("Credly", "Open the badge itself and give the address of its own page: …/badges/ and a long code."),
    "credential.net": ("Accredible", "Open the credential and give the address of its own page, which ends in a code."),
    "linkedin.com": (
        "LinkedIn",
        "A profile only names certificates. Follow its link to one, and give that.",
    ),
    "coursera.org": (
        "Coursera",
        "Its pages hold nothing that is signed. Ask for the badge, where there is one.",
    ),
    "udemy.com": ("Udemy", "Its certificates hold nothing that is signed; compare the name on the page yourself."),
    "edx.org": ("edX", "Its pages hold nothing that is signed. Ask for the badge, where the partner issues one."),
    "udacity.com": ("Udacity", "Its pages hold nothing that is signed; compare the name on the page yourself."),
    "openbadgepassport.com": (
        "Open Badge Passport",
        "Ask the applicant for the file of the badge.",
    ),
    "badgr.com": (
        "Canvas Credentials (Badgr)",
        "Open the badge and give the address of its page, with /public/assertions/.",
    ),
    "europa.eu": ("Europass", "Ask for the European Digital Credential as a file: Europass library, Download."),
    "drive.google.com": ("Google Drive", "Download the file, and give that."),
    "docs.google.com": ("Google Docs", "Download the file, and give that."),
    "dropbox.com": ("Dropbox", "Download the file, and give that."),
}
"""Pages on which people keep certificates and behind which no credential can be found, by the end of the host."""


def behind(link: str) -> Page:
    """What lies behind a link. Never raises: a link of no known shape has its own address and no platform."""
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return Page("", None, "This is not a web address; it has to start with https://")
    for shape in _SHAPES:
        if shape.hosts(host) and (found := shape.path.fullmatch(parts.path.rstrip("/"))):
            return Page(shape.platform, shape.address(host, found[1]))
    for end, (platform, advice) in _ADVICE.items():
        if host == end or host.endswith(f".{end}"):
            return Page(platform, None, advice)
    return Page("", link.strip())
