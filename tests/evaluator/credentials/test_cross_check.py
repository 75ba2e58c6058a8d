"""Credentials that other libraries make verify here, and theirs agree on what is made here."""

from __future__ import annotations

import datetime
import json
import warnings
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evaluator.credentials.world import offline
from tests.corpus import needs_corpus
from tests.evaluator.credentials.issuing import ISSUER, LIST, Key, credential, entry, judged, signed, status_list
from tests.evaluator.credentials.vectors import AT, contexts, read

pytestmark = needs_corpus

P256 = Key("p256", ec.SECP256R1())
P384 = Key("p384", ec.SECP384R1())
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
MADE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def _changed(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "name": "Splices"}


def _known() -> dict[str, Any]:
    return {url: json.loads(content) for url, content in contexts().items()}


def _openvc_suites() -> dict[str, tuple[Any, Any, Key]]:
    """Name -> their suite, their signing key, our key with the same number."""
    pytest.importorskip("openvc", reason="openvc-core is not installed")
    from openvc.keys import Ed25519SigningKey, P256SigningKey, P384SigningKey
    from openvc.proof.data_integrity import DataIntegrityProofSuite
    from openvc.proof.di_ecdsa_rdfc import EcdsaRdfcProofSuite
    from openvc.proof.di_jcs import EcdsaJcsProofSuite, EddsaJcsProofSuite

    ed = Ed25519SigningKey(ISSUER.private, ISSUER.method)
    p256 = P256SigningKey(P256.private, P256.method)
    p384 = P384SigningKey(P384.private, P384.method)
    return {
        "eddsa-rdfc-2022": (DataIntegrityProofSuite(), ed, ISSUER),
        "eddsa-jcs-2022": (EddsaJcsProofSuite(), ed, ISSUER),
        "ecdsa-rdfc-2019": (EcdsaRdfcProofSuite(), p256, P256),
        "ecdsa-jcs-2019": (EcdsaJcsProofSuite(), p256, P256),
        "ecdsa-jcs-2019, P-384": (EcdsaJcsProofSuite(), p384, P384),
    }


SUITES = ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019", "ecdsa-jcs-2019, P-384"]


@pytest.mark.parametrize("name", SUITES)
def test_openvc(name: str) -> None:
    suite, theirs, key = _openvc_suites()[name]
    extra = {} if "jcs" in name else {"extra_contexts": _known()}
    made = suite.add_proof(
        credential(key.did), signing_key=theirs, verification_method=key.method, created=MADE, **extra
    )
    assert judged(made).outcome == "valid"
    assert judged(_changed(made)).codes == ("integrity_failed",)
    options = {"@context": credential()["@context"]} if "jcs" in name else {}
    ours = signed(credential(key.did), key, name.partition(",")[0], **options)
    suite.verify(ours, now=AT, **extra)
    with pytest.raises(Exception, match=r"signature|proof"):
        suite.verify(_changed(ours), now=AT, **extra)


def test_openvc_derives_what_is_shown() -> None:
    _openvc_suites()
    from openvc.keys import P256SigningKey
    from openvc.proof.ecdsa_sd import EcdsaSdProofSuite

    suite = EcdsaSdProofSuite()
    document = credential(P256.did, validUntil="2027-01-01T00:00:00Z", credentialStatus=entry(id=f"{LIST}#7"))
    base = suite.add_base_proof(
        document,
        signing_key=P256SigningKey(P256.private, P256.method),
        verification_method=P256.method,
        mandatory_pointers=["/issuer", "/validFrom", "/validUntil", "/credentialStatus", "/credentialSubject/id"],
        created=MADE,
        extra_contexts=_known(),
    )
    assert judged(base).codes == ("sd_base_proof_presented",)
    shown = suite.derive_proof(
        base, selective_pointers=["/name", "/credentialSubject/achievement"], extra_contexts=_known()
    )
    assert "name" in shown
    lists = {LIST: status_list(P256)}
    assert judged(shown, lists).outcome == "valid"
    assert judged(shown, {LIST: status_list(P256, set_bits=(7,))}).codes == ("revoked",)
    assert judged(_changed(shown)).codes == ("integrity_failed",)
    hidden = suite.derive_proof(base, selective_pointers=["/credentialSubject/achievement"], extra_contexts=_known())
    assert "name" not in hidden
    assert judged(hidden, lists).outcome == "valid"
    assert judged({**hidden, "name": "Knots"}).codes == ("integrity_failed",)


@pytest.mark.parametrize("withheld", ["validUntil", "credentialStatus"])
def test_what_the_holder_may_withhold_is_unknown(withheld: str) -> None:
    _openvc_suites()
    from openvc.keys import P256SigningKey
    from openvc.proof.ecdsa_sd import EcdsaSdProofSuite

    suite = EcdsaSdProofSuite()
    ends: dict[str, Any] = {"validUntil": "2026-02-01T00:00:00Z", "credentialStatus": entry(id=f"{LIST}#7")}
    kept = next(name for name in ends if name != withheld)
    if kept == "validUntil":
        ends["validUntil"] = "2027-01-01T00:00:00Z"
    document = credential(P256.did, **ends)
    base = suite.add_base_proof(
        document,
        signing_key=P256SigningKey(P256.private, P256.method),
        verification_method=P256.method,
        mandatory_pointers=["/issuer", "/validFrom", f"/{kept}"],
        created=MADE,
        extra_contexts=_known(),
    )
    shown = suite.derive_proof(base, selective_pointers=["/credentialSubject"], extra_contexts=_known())
    assert withheld not in shown
    verdict = judged(shown, {LIST: status_list(P256)})
    assert (verdict.outcome, verdict.codes) == ("indeterminate", ())
    shown = suite.derive_proof(base, selective_pointers=["/credentialSubject", f"/{withheld}"], extra_contexts=_known())
    assert judged(shown, {LIST: status_list(P256)}).outcome != "valid"


def test_openbadgeslib() -> None:
    pytest.importorskip("openbadgeslib", reason="openbadgeslib is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import about its own optional parts
        from openbadgeslib.ob3 import OB3LdpSigner, OB3LdpVerifier
        from openbadgeslib.ob3.credential import OpenBadgeCredential

    pem = ISSUER.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = OB3LdpSigner(pem).sign(OpenBadgeCredential.from_vc_document(credential()), created=MADE)
    stored = {**contexts(), SCHEMA: read("vectors2", "schemas/ob_v3p0_achievementcredential_schema.json")}
    verdict = judged(made, pinned=offline(stored))
    assert verdict.outcome == "valid"
    assert verdict.claims is not None
    assert verdict.claims.title == "Knots"
    assert judged(_changed(made)).codes == ("integrity_failed",)
    verifier = OB3LdpVerifier.for_issuer_did(ISSUER.did)
    verifier.verify(json.dumps(signed(credential(), suite="eddsa-rdfc-2022")))
    with pytest.raises(Exception, match=r"proof|signature|mismatch"):
        verifier.verify(json.dumps(_changed(signed(credential(), suite="eddsa-rdfc-2022"))))


def test_contexts_are_those_that_others_ship() -> None:
    """The digests in `contexts.yaml` are of the documents as published, not of a private copy."""
    pytest.importorskip("openbadgeslib", reason="openbadgeslib is not installed")
    from importlib import resources

    from evaluator.canonical import digest_of
    from evaluator.credentials.contexts import pinned

    known = {digest: url for url, digest in pinned().contexts.items()}
    shipped = [path for path in resources.files("openbadgeslib.ob3.contexts").iterdir() if path.name.endswith(".json")]
    found = {path.name: known.get(digest_of(json.loads(path.read_text()))) for path in shipped}
    assert len(found) >= 8
    assert all(found.values()), found
    assert set(contexts()) >= set(filter(None, found.values()))
