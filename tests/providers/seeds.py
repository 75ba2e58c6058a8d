"""Small documents of every kind that providers read, to be changed at random. Invented throughout."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any


def jws(payload: Any, algorithm: str = "EdDSA") -> str:
    """A compact JWS with a signature that nobody made."""
    parts = ({"alg": algorithm, "typ": "JWT"}, payload)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl" if algorithm != "none" else ""])


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes) -> bytes:
    """A PNG picture with these chunks after its header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def baked_png(text: str, keyword: str = "openbadges", compressed: bool = False) -> bytes:
    """A PNG picture with badge data in an iTXt chunk."""
    body = zlib.compress(text.encode()) if compressed else text.encode()
    flag = b"\x01\x00" if compressed else b"\x00\x00"
    return png(chunk(b"iTXt", keyword.encode() + b"\x00" + flag + b"\x00\x00" + body))


def baked_svg(inside: str = "", verify: str = "", element: str = "openbadges:assertion") -> bytes:
    """An SVG picture with a badge element."""
    attribute = f' verify="{verify}"' if verify else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org">'
        f"<{element}{attribute}><![CDATA[{inside}]]></{element}><circle r='1'/></svg>"
    ).encode()


BADGE_CLASS: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": "https://academy.example/badges/welding",
    "type": "BadgeClass",
    "name": "Welding Basics",
    "description": "Joins two plates so that they hold.",
    "image": "https://academy.example/badges/welding.png",
    "criteria": {"id": "https://academy.example/badges/welding/criteria", "narrative": "Weld two plates."},
    "issuer": {
        "id": "https://academy.example/issuer",
        "type": "Issuer",
        "name": "Academy of Trades",
        "url": "https://academy.example",
        "revocationList": "https://academy.example/revoked",
    },
    "alignment": [
        {
            "targetName": "Weld metal",
            "targetUrl": "https://skills.example/weld",
            "targetFramework": "Example Skills",
            "targetCode": "W1",
        }
    ],
    "extensions:AssessmentExtension": {
        "type": ["Extension", "extensions:AssessmentExtension"],
        "assessments": [
            {
                "type": "Performance",
                "assessmentType": "Performance",
                "hasGroupEvaluation": False,
                "rubrics": [{"rubricCriteria": [{"name": "Seam", "description": "Even and without holes."}]}],
            }
        ],
    },
}

ASSERTION: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": "https://academy.example/assertions/1",
    "type": "Assertion",
    "recipient": {"type": "email", "hashed": False, "identity": "robin.holder@mail.example"},
    "issuedOn": "2026-01-02T00:00:00Z",
    "expires": "2028-01-02T00:00:00Z",
    "evidence": [{"narrative": "Robin Holder welded a gate."}],
    "verification": {"type": "hosted"},
    "badge": BADGE_CLASS,
}

ACHIEVEMENT: dict[str, Any] = {
    "id": "https://academy.example/achievements/soldering",
    "type": ["Achievement"],
    "achievementType": "MicroCredential",
    "name": "Soldering",
    "description": "Solders wires.",
    "criteria": {"narrative": "Solder ten wires."},
    "creator": {"id": "https://academy.example/issuer", "type": ["Profile"], "name": "Academy of Trades"},
    "inLanguage": "en",
    "ECTS": 3.0,
    "identityChecked": True,
    "supervisionType": "onsite with identity verification",
    "assessmentType": "testing",
    "participationType": "online",
    "alignment": [{"type": ["Alignment"], "targetType": "ext:EQF", "targetName": "EQF level 4", "targetCode": "4"}],
    "resultDescription": [
        {
            "id": "urn:uuid:1",
            "type": ["ResultDescription"],
            "name": "Mark",
            "resultType": "RawScore",
            "valueMin": "0",
            "valueMax": "50",
            "requiredValue": "30",
        }
    ],
}

CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "id": "urn:uuid:credential-of-robin",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Soldering for Robin Holder",
    "issuer": {"id": "https://academy.example/issuer", "type": ["Profile"], "name": "Academy of Trades"},
    "validFrom": "2026-01-02T00:00:00Z",
    "validUntil": "2029-01-02T00:00:00Z",
    "credentialStatus": {"id": "https://academy.example/status#94321", "type": "BitstringStatusListEntry"},
    "credentialSubject": {
        "id": "did:example:robin-holder",
        "type": ["AchievementSubject"],
        "name": "Robin Holder",
        "identifier": [{"type": "IdentityObject", "identityHash": "robin.holder@mail.example", "hashed": False}],
        "achievement": ACHIEVEMENT,
        "result": [{"type": ["Result"], "value": "48"}],
    },
    "proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z1"},
}

RECORD_OF_LEARNING: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"],
    "id": "urn:uuid:clr-of-robin",
    "type": ["VerifiableCredential", "ClrCredential"],
    "issuer": {"id": "https://academy.example/issuer", "type": ["Profile"], "name": "Academy of Trades"},
    "credentialSubject": {
        "id": "did:example:robin-holder",
        "type": ["ClrSubject"],
        "verifiableCredential": [CREDENTIAL],
        "achievement": [
            ACHIEVEMENT,
            {
                "id": "urn:uuid:diploma",
                "type": ["Achievement"],
                "achievementType": "Diploma",
                "name": "Diploma in Electronics",
                "description": "Electronics.",
                "criteria": {"narrative": "All parts."},
                "creator": {"id": "https://academy.example/issuer", "type": ["Profile"], "name": "Academy of Trades"},
            },
        ],
        "association": [
            {
                "type": "Association",
                "associationType": "isPartOf",
                "sourceId": "https://academy.example/achievements/soldering",
                "targetId": "urn:uuid:diploma",
            }
        ],
    },
}

CTDL: dict[str, Any] = {
    "@context": "https://credreg.net/ctdl/schema/context/json",
    "@id": "https://registry.example/graph/ce-1",
    "@graph": [
        {
            "@id": "https://registry.example/resources/ce-1",
            "@type": "ceterms:MicroCredential",
            "ceterms:ctid": "ce-00000000-0000-4000-8000-000000000001",
            "ceterms:name": {"en": "Welding Basics"},
            "ceterms:description": {"en": "Joins plates."},
            "ceterms:ownedBy": ["_:owner"],
            "ceterms:estimatedDuration": [{"@type": "ceterms:DurationProfile", "ceterms:exactDuration": "P2W"}],
            "ceterms:estimatedCost": [{"ceterms:price": 49.0, "ceterms:currency": "US Dollar"}],
            "ceterms:creditValue": [
                {"schema:value": 2, "ceterms:creditUnitType": {"ceterms:targetNode": "creditUnit:ContactHour"}}
            ],
            "ceterms:requires": [{"ceterms:targetCompetency": [{"ceterms:targetNodeName": {"en": "Weld"}}]}],
            "ceterms:renewalFrequency": "P24M",
        },
        {"@id": "_:owner", "@type": "ceterms:CredentialOrganization", "ceterms:name": {"en": "Academy of Trades"}},
    ],
}

COURSE: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "Course",
    "@id": "https://academy.example/courses/welding",
    "name": "Welding Basics",
    "description": "<p>Joins plates.</p>",
    "provider": {"@type": "Organization", "name": "Academy of Trades", "url": "https://academy.example"},
    "timeRequired": "PT20H",
    "offers": [{"@type": "Offer", "price": "49", "priceCurrency": "USD", "category": "Paid"}],
    "hasCourseInstance": [{"@type": "CourseInstance", "courseMode": "online", "courseWorkload": "PT3H"}],
    "educationalLevel": "Beginner",
    "teaches": ["Weld two plates"],
}

TABLE = (
    "Course Title,Provider,Level,Duration (weeks),Hours per week,Price (EUR),Language\n"
    'Welding,Academy of Trades,Beginner,7,2-4,"1,200.00",English\n'
    '"Turning; milling",Academy of Trades,Advanced,10,3,free,German\n'
)

JSON_VALUES = (BADGE_CLASS, ASSERTION, CREDENTIAL, RECORD_OF_LEARNING, CTDL, COURSE)
DOCUMENTS = (
    *(json.dumps(value).encode() for value in JSON_VALUES),
    jws({"vc": CREDENTIAL, "sub": "did:example:robin-holder"}).encode(),
    baked_png(json.dumps(ASSERTION)),
    baked_png(jws(CREDENTIAL), "openbadgecredential", compressed=True),
    baked_svg(json.dumps(CREDENTIAL), element="openbadges:credential"),
    TABLE.encode(),
    f'<html><script type="application/ld+json">{json.dumps(COURSE)}</script><h1>Welding</h1></html>'.encode(),
)
