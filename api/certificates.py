"""Certificates of the authorities whose seals are trusted, as a person gives them in files."""

from __future__ import annotations

from pathlib import Path


class BadCertificate(ValueError):
    """A file that holds no certificate; the message names it."""


def certificates(path: Path) -> list[bytes]:
    """Certificates of a PEM or DER file, as DER. Raises BadCertificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        content = path.read_bytes()
        found = (
            x509.load_pem_x509_certificates(content)
            if b"-----BEGIN" in content
            else [x509.load_der_x509_certificate(content)]
        )
    except (OSError, ValueError) as error:
        raise BadCertificate(f"{path} holds no certificate that can be read: {error}.") from None
    return [one.public_bytes(Encoding.DER) for one in found]
