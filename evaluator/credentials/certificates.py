"""X.509 certificates of seals: does one lead to an authority that the verifier trusts, and has it been withdrawn?

Path: RFC 5280 §6, by the `cryptography` package; only authorities that were handed in count, none from the document.
Revocation: RFC 5280 §6.3, by the list at the address that the certificate names; OCSP is not asked.
"""

from __future__ import annotations

import base64
import datetime
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from evaluator.credentials import limits
from evaluator.credentials.verdict import Refused
from evaluator.credentials.world import Unavailable, World

Kind = TypeVar("Kind", bound=x509.ExtensionType)
_LONGEST_PATH = 5
_UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)
"""What the package raises for certificates and lists that are no such thing; parts of them are only read when asked."""


class Holder(NamedTuple):
    """To whom a certificate was given, as the authority that gave it says."""

    name: str
    identifier: str
    """Organisation identifier such as `NTRDE-HRB1234` or `VATES-B0000000` (ETSI EN 319 412-1 §5.1.4); may be empty."""
    authority: str

    def __str__(self) -> str:
        identifier = f" ({self.identifier})" if self.identifier else ""
        return f"{self.name or 'nobody'}{identifier}, certified by {self.authority or 'nobody'}"


def in_header(header: Mapping[str, Any]) -> list[x509.Certificate]:
    """The certificates of `x5c` (RFC 7515 §4.1.6), the signer's first; empty when there are none.

    Raises Refused with `malformed` or `resource_limit`.
    """
    chain = header.get("x5c", [])
    if not isinstance(chain, list) or not all(isinstance(one, str) for one in chain):
        raise Refused("malformed", "the certificates in the header are not a list of texts")
    if len(chain) > limits.CERTIFICATES or any(len(one) > 2 * limits.CERTIFICATE_BYTES for one in chain):
        raise Refused("resource_limit", "too many or too large certificates in the header")
    try:
        content = [base64.b64decode(one, validate=True) for one in chain]
        leaf = [_read(one) for one in content[:1]]
    except _UNREADABLE:
        raise Refused("malformed", "the certificate in the header can't be read") from None
    return leaf + [one for one in map(_read_authority, content[1:]) if one is not None]


def _read(content: bytes) -> x509.Certificate:
    """A certificate of which every part that is looked at later, but for its extensions, has been read once."""
    certificate = x509.load_der_x509_certificate(content)
    for part in ("subject", "issuer", "not_valid_before_utc", "not_valid_after_utc"):
        getattr(certificate, part)
    if certificate.serial_number <= 0:
        raise ValueError("a serial number that is not positive")  # RFC 5280 §4.1.2.2
    return certificate


def _read_authority(content: bytes) -> x509.Certificate | None:
    """A certificate that may help to find a path; None for one that can't be read."""
    try:
        return _read(content)
    except _UNREADABLE:
        return None


def _extension(certificate: x509.Certificate, kind: type[Kind]) -> Kind | None:
    """One extension; None when the certificate has none of this kind, or any that can't be read, as some genuine ones
    do: to those there is no path."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return None


def holder(certificate: x509.Certificate) -> Holder:
    """Whom a certificate names."""
    name = _attribute(certificate.subject, x509.NameOID.ORGANIZATION_NAME) or _attribute(
        certificate.subject, x509.NameOID.COMMON_NAME
    )
    identifier = _attribute(certificate.subject, x509.NameOID.ORGANIZATION_IDENTIFIER)
    return Holder(name, identifier, _attribute(certificate.issuer, x509.NameOID.COMMON_NAME))


def addresses(certificate: x509.Certificate) -> set[str]:
    """The web addresses and host names that a certificate was given for (RFC 5280 §4.2.1.6)."""
    found = _extension(certificate, x509.SubjectAlternativeName) or ()
    return {str(name.value) for name in found if isinstance(name, x509.UniformResourceIdentifier | x509.DNSName)}


def trusted_path(
    chain: Sequence[x509.Certificate], anchors: Sequence[bytes], at: datetime.datetime
) -> list[x509.Certificate] | None:
    """The path from the signer's certificate to one of the anchors at a time, or None when there is none.

    The signer's certificate may itself be an anchor. Raises ValueError for an anchor that is no certificate.
    """
    trusted = [x509.load_der_x509_certificate(one) for one in anchors]
    if chain[0] in trusted:
        return [chain[0]]
    if not trusted or not may_sign(chain[0]):
        return None
    authorities = ExtensionPolicy.permit_all()  # the package itself refuses one that says that it is no authority
    authorities = authorities.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    authorities = authorities.may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_certify)
    verifier = (
        PolicyBuilder()
        .store(Store(trusted))
        .time(at)
        .max_chain_depth(_LONGEST_PATH)
        .extension_policies(ca_policy=authorities, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        return list(verifier.verify(chain[0], list(chain[1:])).chain)
    except (VerificationError, *_UNREADABLE):
        return None


def may_sign(certificate: x509.Certificate) -> bool:
    """Whether a certificate is meant for signatures and seals, and not for an authority."""
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    if constraints is not None and constraints.ca:
        return False
    return usage is None or usage.digital_signature or usage.content_commitment


def withdrawn(path: Sequence[x509.Certificate], world: World) -> datetime.datetime | None:
    """When the authority withdrew the signer's certificate, by its list; None when it did not or keeps no list.

    Raises Unavailable when it keeps a list that can't be had, is not its own or is out of date.
    """
    addresses = list(_list_addresses(path[0]))
    if len(path) < 2 or not addresses:
        return None
    reason = "the authority's list is at no web address"
    for address in addresses[:4]:
        if not address.startswith(("http://", "https://")):
            continue
        try:
            return _withdrawn_by(world.get(address), path, world.at)
        except Unavailable as error:
            reason = f"{address}: {error.reason}"
        except _UNREADABLE:
            reason = f"{address}: no list of the authority"
    raise Unavailable(reason)


def _withdrawn_by(content: bytes, path: Sequence[x509.Certificate], at: datetime.datetime) -> datetime.datetime | None:
    if len(content) > limits.INFLATED_BYTES:
        raise Unavailable("the list is too large")
    pem = content.startswith(b"-----BEGIN")
    found = x509.load_pem_x509_crl(content) if pem else x509.load_der_x509_crl(content)
    if found.issuer != path[0].issuer or not found.is_signature_valid(path[1].public_key()):  # type: ignore[arg-type]
        raise Unavailable("the list is not the authority's")
    if found.next_update_utc is None or not found.last_update_utc <= at <= found.next_update_utc:
        raise Unavailable("the list is out of date")
    entry = found.get_revoked_certificate_by_serial_number(path[0].serial_number)
    return entry.revocation_date_utc if entry else None


def _list_addresses(certificate: x509.Certificate) -> list[str]:
    points = _extension(certificate, x509.CRLDistributionPoints) or ()
    return [str(name.value) for point in points for name in point.full_name or []]


def _may_certify(policy: Policy, certificate: x509.Certificate, extension: x509.KeyUsage | None) -> None:
    if extension is not None and not extension.key_cert_sign:
        raise ValueError("an authority that may not certify")


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return unicodedata.normalize("NFC", str(found[0].value))[:200] if found else ""
