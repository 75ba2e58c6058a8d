"""Authorities, certificates and sealed documents, made for tests; invented throughout."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

AT = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
YEAR = datetime.timedelta(days=365)
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Party(NamedTuple):
    """Somebody with a key and a certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def name(organisation: str, identifier: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, organisation)]
    attributes.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation))
    if identifier:
        attributes.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_IDENTIFIER, identifier))
    return x509.Name(attributes)


def party(subject: x509.Name, by: Party | None = None, authority: bool = False, **more: Any) -> Party:
    """A party, certified by another or by itself.

    `more`: `usages` (of the key), `starts`, `ends`, `revocations` (address of the authority's list), `constraints`
    (False leaves them out), `odd` (an extension that is none).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(more.get("starts", AT - YEAR))
        .not_valid_after(more.get("ends", AT + YEAR))
    )
    if more.get("constraints", True):
        builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    usages = more.get("usages", ("key_cert_sign", "crl_sign") if authority else ("content_commitment",))
    builder = builder.add_extension(x509.KeyUsage(**{one: one in usages for one in USAGES}), critical=True)
    if "revocations" in more:
        address = x509.UniformResourceIdentifier(more["revocations"])
        point = x509.DistributionPoint([address], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if more.get("odd"):
        names = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"no names")
        builder = builder.add_extension(names, critical=False)
    return Party(key, builder.sign(by.key if by else key, SHA256()))


def revocations(by: Party, *revoked: Party, issued: datetime.datetime = AT, named: x509.Name | None = None) -> bytes:
    """The list of an authority, in force for a day."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(named or by.certificate.subject)
    builder = builder.last_update(issued).next_update(issued + datetime.timedelta(days=1))
    for one in revoked:
        entry = (
            x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number).revocation_date(AT - YEAR / 2)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(by.key, SHA256()).public_bytes(Encoding.DER)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signature(text: str, by: Party, *chain: Party, **header: Any) -> dict[str, Any]:
    """One seal over a text as it stands; `header` changes or, with None, removes parts of the protected header."""
    stated = {
        "alg": "ES256",
        "b64": False,
        "crit": ["b64", "sigT"],
        "sigT": "2026-06-01T00:00:00Z",
        "x5t#S256": encoded(hashlib.sha256(by.der).digest()),
        "x5c": [base64.b64encode(one.der).decode() for one in (by, *chain)],
    } | header
    protected = encoded(json.dumps({key: value for key, value in stated.items() if value is not None}).encode())
    r, s = decode_dss_signature(by.key.sign(f"{protected}.{text}".encode(), ec.ECDSA(SHA256())))
    return {"protected": protected, "signature": encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))}


def sealed(document: Any, by: Party, *chain: Party, **header: Any) -> dict[str, Any]:
    """A document with one seal."""
    text = json.dumps(document, ensure_ascii=False)
    return {"payload": text, "signatures": [signature(text, by, *chain, **header)]}
