"""Badges that another library makes are judged here as there (https://pypi.org/project/openbadgeslib/)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from openbadgeslib import baking
from openbadgeslib.ob2.models import Assertion, IdentityObject, Verification
from openbadgeslib.ob2.signer import OB2Signer
from openbadgeslib.ob2.verifier import OB2VerificationError, OB2Verifier

from evaluator.credentials import png, svg
from evaluator.credentials.verify import verify
from evaluator.credentials.world import World
from tests.evaluator.credentials import pictures
from tests.evaluator.credentials.test_open_badges_2 import (
    AT,
    CURVE_KEY,
    EMAIL,
    HOME,
    KEY,
    OTHER_KEY,
    key_document,
    with_list,
    world,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>'


def made(**changes: Any) -> Assertion:
    """An assertion as the library builds it."""
    issued = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    return Assertion(
        **{
            "id": "urn:uuid:1",
            "recipient": IdentityObject.create(EMAIL, "salt"),
            "badge": f"{HOME}/badges/welding",
            "verification": Verification(type="SignedBadge", creator=f"{HOME}/key"),
            "issued_on": issued,
            **changes,
        }
    )


def signer(key: Any = KEY, algorithm: str = "RS256") -> OB2Signer:
    return OB2Signer(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), algorithm)


def here(content: bytes, documents: World) -> bool:
    [verdict] = verify(content, documents)
    return verdict.outcome == "valid"


def there(token: str, documents: World) -> bool:
    try:
        OB2Verifier(download=documents.get).verify(token, check_revocation=True)
    except OB2VerificationError:
        return False
    return True


def test_its_pictures_are_opened_and_verified() -> None:
    for content in (signer().sign_into_png(made(), pictures.png()), signer().sign_into_svg(made(), SVG)):
        assert here(content, world())


def test_its_other_algorithms_are_verified() -> None:
    documents = world({f"{HOME}/key": key_document(CURVE_KEY)})
    assert here(signer(CURVE_KEY, "ES256").sign(made()).encode(), documents)


CASES: dict[str, tuple[str, dict[str, Any], bool]] = {
    "genuine": (signer().sign(made()), {}, True),
    "foreign key": (signer(OTHER_KEY).sign(made()), {}, False),
    "foreign owner": (signer().sign(made()), {f"{HOME}/key": key_document(owner="https://evil.example")}, False),
    "unlisted key": (signer().sign(made()), {f"{HOME}/issuer": {"id": f"{HOME}/issuer", "type": "Issuer"}}, False),
    "revoked": (signer().sign(made()), with_list("urn:uuid:1"), False),
    "another is revoked": (signer().sign(made()), with_list({"id": "urn:uuid:2"}), True),
    "expired": (signer().sign(made(expires=AT - datetime.timedelta(days=1))), {}, False),
    "altered": (signer().sign(made()).replace(".eyJ", ".eyK", 1), {}, False),
}


@pytest.mark.parametrize(("token", "changes", "expected"), CASES.values(), ids=CASES.keys())
def test_both_agree(token: str, changes: dict[str, Any], expected: bool) -> None:
    documents = world(changes)
    assert here(token.encode(), documents) is expected
    assert there(token, documents) is expected


def test_each_opens_what_the_other_bakes() -> None:
    token = signer().sign(made())
    assert [one.text for one in png.badges(baking.bake_png(pictures.png(), token))] == [token]
    assert [one.text for one in svg.badges(baking.bake_svg(SVG, token))] == [token]
    assert str_of(baking.extract_png(pictures.png(pictures.itxt(token.encode())))) == token
    baked = pictures.svg(f'<openbadges:assertion verify="{token}"></openbadges:assertion>'.encode())
    assert str_of(baking.extract_svg(baked)) == token


def str_of(text: str | bytes | None) -> str:
    assert text is not None
    return text if isinstance(text, str) else text.decode()
