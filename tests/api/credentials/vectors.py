"""Real credentials with everything that they refer to, and the five bad cases that recruiters meet most often."""

from __future__ import annotations

import datetime
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.settings import Settings
from api.world import Worlds, nothing, read_map, worlds
from tests.corpus import CORPUS

FOLDER = CORPUS / "vectors"
MAP = FOLDER / "index.json"
AT = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)

needs_vectors = pytest.mark.skipif(
    not MAP.is_file(), reason=f"the corpus of real credentials is not at {FOLDER} (set TOUCHSTONE_CORPUS)"
)

REAL = "dcc/v2__dataIntegrityProof__didKey__legacyRegistry-noStatus-noExpiry-OBSpecExample.json"
NAMED = "1edtech-ob20/simple.jwt"
"""Names its holder by the hash of an e-mail address: `HOLDER`."""
HOLDER = "nobody@example.org"
HOSTED = "1edtech-ob20/assertion-with-extension-node-basic.json"
"""Counts as it lies at its address."""
EXPIRED = "dcc/v1__ed25519__didKey__oidf-noStatus-expired.json"
REVOKED = "dcc/v1__dataIntegrityProof__didWeb__legacy-revokedStatus-noExpiry.json"
STANDING = "dcc/v1__dataIntegrityProof__didWeb__oidf-validStatus-noExpiry.json"
"""Its status list says that it stands."""


class Bad(NamedTuple):
    """A bad case: what is presented, and what a recruiter has to learn from it."""

    name: str
    recipients: tuple[str, ...]
    exit: int
    code: str
    headline: str
    next: str


FIVE = (
    Bad(EXPIRED, (), 1, "expired", "It is genuine, but it has expired.", "Ask the applicant for a renewed one."),
    Bad(REVOKED, (), 1, "revoked", "The issuer has revoked it.", "Ask the applicant why; the issuer can confirm it."),
    Bad(
        NAMED,
        ("somebody.else@example.org",),
        0,
        "recipient_mismatch",
        "It is real, but it was issued to somebody else.",
        "Ask the applicant which e-mail address they used with the issuer.",
    ),
    Bad(
        "altered.json",
        (),
        1,
        "integrity_failed",
        "It was altered, or the named issuer never signed it.",
        "Do not rely on anything in it. Ask the issuer directly whether they issued it.",
    ),
    Bad(
        "screenshot.png",
        (),
        1,
        "no_badge",
        "This picture holds no badge: it is a screenshot, a photo or a copy.",
        "Ask for the original picture, or for the link to the badge's page.",
    ),
)


def content(name: str) -> bytes:
    """The bytes of a vector, or of a case made from one."""
    if name == "altered.json":
        changed = json.loads((FOLDER / REAL).read_bytes())
        changed["credentialSubject"]["achievement"]["name"] = "Brain Surgery"
        return json.dumps(changed).encode()
    if name == "screenshot.png":
        return screenshot()
    return (FOLDER / name).read_bytes()


def screenshot() -> bytes:
    """A picture of one pixel without a badge in it."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\xff\xff")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@cache
def documents() -> dict[str, bytes]:
    """Everything that the vectors refer to, and the hosted one at its own address."""
    vectors = json.loads(MAP.read_bytes())["vectors"]
    own = next(each["needs"] for each in vectors if each["file"] == HOSTED)
    needed = {key: (FOLDER / name).read_bytes() for key, name in own.items()}
    hosted = content(HOSTED)
    return {**read_map(MAP), **needed, json.loads(hosted)["id"]: hosted}


def offline(more: dict[str, bytes] | None = None, **changed: Any) -> Worlds:
    """Worlds in which nothing but the documents of the vectors, and `more`, can be had."""
    made = worlds(nothing, Settings(contexts=Path("no-such-folder")), {**documents(), **(more or {})})
    return Worlds(**{"fetch": made.fetch, "pinned": made.pinned, "now": lambda: AT, **changed})
