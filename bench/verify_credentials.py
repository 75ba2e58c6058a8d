"""How many credentials one process verifies per second of processor time, warm and offline, with all checks.

    python -m bench.verify_credentials [--seconds 3]

Credentials and contexts come from the corpus of real documents (TOUCHSTONE_CORPUS); for the suites that the corpus has
no small badge of, its badge is signed again with a key made here. `openvc-core` and `openbadgeslib` are measured in
the same run where they are installed, on a document that they accept, as ratios to ours on the same document.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import json
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from evaluator.credentials.verify import verify
from evaluator.credentials.world import World, offline
from tests.evaluator.credentials.issuing import ISSUER, credential, signed
from tests.evaluator.credentials.vectors import AT, STATUS_SERVICE, content_of, contexts, entries, world_of

BADGE = "dcc/v2__dataIntegrityProof__didKey__legacyRegistry-noStatus-noExpiry-OBSpecExample.json"
WITH_STATUS = "dcc/v1__dataIntegrityProof__didWeb__oidf-validStatus-noExpiry.json"
RECORD = "1edtech-clr20/simple_v1.json"
BARS = {"eddsa-rdfc-2022": 200, "eddsa-jcs-2022": 3000, "VC-JWT RS256": 3000}
"""Verifications a second that are aimed at."""


def rate(work: Callable[[], Any], seconds: float) -> float:
    """Calls per second of processor time, so that others on the machine do not count: the best of three runs, after one
    that warms up."""
    work()
    best = 0.0
    for _ in range(3):
        calls = 0
        started = now = time.process_time()
        while now - started < seconds / 3:
            work()
            calls += 1
            now = time.process_time()
        best = max(best, calls / (now - started))
    return best


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _rs256() -> tuple[bytes, World]:
    """A VC-JWT of the small badge, signed with RSA by an https issuer that publishes its key."""
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    issuer = "https://school.example/issuer"
    jwk = {"kty": "RSA", "e": "AQAB", "n": _text(numbers.n.to_bytes(256))}
    method = {"id": f"{issuer}#1", "type": "JsonWebKey", "controller": issuer, "publicKeyJwk": jwk}
    published = {"id": issuer, "verificationMethod": [method], "assertionMethod": [f"{issuer}#1"]}
    document = credential(issuer)
    claims = {"iss": issuer, "jti": document["id"], "sub": document["credentialSubject"]["id"]}
    claims["nbf"] = int(datetime.datetime.fromisoformat(document["validFrom"]).timestamp())
    head = _text(json.dumps({"alg": "RS256", "kid": f"{issuer}#1", "typ": "JWT"}).encode())
    start = f"{head}.{_text(json.dumps({**document, **claims}).encode())}"
    signature = key.sign(start.encode(), padding.PKCS1v15(), hashes.SHA256())
    world = World(fetch=offline({issuer: json.dumps(published).encode()}), pinned=offline(contexts()), at=AT)
    return f"{start}.{_text(signature)}".encode(), world


def _cases() -> dict[str, tuple[bytes, World, str]]:
    """Name -> content, world and the outcome that shows that it was verified to the end."""
    plain = World(fetch=offline({}), pinned=offline(contexts()), at=AT, status_issuers=(STATUS_SERVICE,))
    again = {
        suite: json.dumps(signed(credential(), suite=suite)).encode() for suite in ("eddsa-rdfc-2022", "eddsa-jcs-2022")
    }
    token, world = _rs256()
    return {
        "eddsa-rdfc-2022": (content_of(entries()[BADGE]), plain, "valid"),
        "eddsa-rdfc-2022, with a status list": (
            content_of(entries()[WITH_STATUS]),
            world_of(entries()[WITH_STATUS]),
            "valid",
        ),
        "eddsa-rdfc-2022, signed here": (again["eddsa-rdfc-2022"], plain, "valid"),
        "eddsa-jcs-2022": (again["eddsa-jcs-2022"], plain, "valid"),
        "VC-JWT RS256": (token, world, "valid"),
        "learner record": (content_of(entries()[RECORD]), world_of(entries()[RECORD]), "indeterminate"),
    }


def _openvc() -> Callable[[], Any]:
    from openvc import VerificationPolicy, verify_credential

    document = signed(credential(), suite="eddsa-rdfc-2022")
    known = {url: json.loads(content) for url, content in contexts().items()}
    policy = VerificationPolicy(now=AT)
    return lambda: verify_credential(document, policy=policy, extra_contexts=known)


def _openbadgeslib() -> Callable[[], Any]:
    from openbadgeslib.ob3 import OB3LdpVerifier

    verifier = OB3LdpVerifier.for_issuer_did(ISSUER.did)
    document = json.dumps(signed(credential(), suite="eddsa-rdfc-2022"))
    return lambda: verifier.verify(document)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="time to spend on each line")
    seconds = parser.parse_args().seconds
    rates = {}
    for name, (content, world, outcome) in _cases().items():
        (verdict,) = verify(content, world)
        assert verdict.outcome == outcome, (name, verdict)
        rates[name] = rate(lambda content=content, world=world: verify(content, world), seconds)
        bar = f"  (aim: {BARS[name]})" if name in BARS else ""
        print(f"{name:<40} {len(content):>7} bytes {rates[name]:>8.0f}/s{bar}")
    for package, make in {"openvc-core": _openvc, "openbadgeslib": _openbadgeslib}.items():
        try:
            release = version(package)
        except PackageNotFoundError:
            print(f"{package}: not installed")
            continue
        theirs = rate(make(), seconds)
        ours = rates["eddsa-rdfc-2022, signed here"]
        print(f"{package} {release}, same badge: {theirs:.0f}/s; ours is {ours / theirs:.1f} times as fast")


if __name__ == "__main__":
    main()
