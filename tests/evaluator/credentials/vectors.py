"""The corpus of third-party credentials with the verdicts that they should get."""

from __future__ import annotations

import datetime
import json
from functools import cache
from typing import Any

from evaluator.credentials.verdict import Verdict
from evaluator.credentials.verify import verify
from evaluator.credentials.world import World, offline
from tests.corpus import CORPUS

SETS = ("vectors", "vectors2")
AT = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
STATUS_SERVICE = "did:key:z6MknNQD1WHLGGraFi6zcbGevuAgkVfdyCdtZnQTGWVVvR5Q"
"""Keeps the status lists of all issuers in the fixtures of the Digital Credentials Consortium."""


@cache
def read(folder: str, file: str) -> bytes:
    return (CORPUS / folder / file).read_bytes()


@cache
def entries() -> dict[str, dict[str, Any]]:
    """Every vector of both sets by id, with the set that it is in."""
    found = {}
    for folder in SETS:
        path = CORPUS / folder / "index.json"
        if path.is_file():
            found.update({entry["id"]: {**entry, "set": folder} for entry in json.loads(path.read_text())["vectors"]})
    return found


@cache
def contexts() -> dict[str, bytes]:
    """Contexts and schemas of both sets, as a filled cache would hold them."""
    found = {}
    for folder in SETS:
        documents = json.loads((CORPUS / folder / "index.json").read_text())["documents"]
        found.update({url: read(folder, file) for url, file in documents.items() if file and "contexts/" in file})
    return found


def world_of(entry: dict[str, Any], **changes: Any) -> World:
    """The world that a vector needs: only its own documents, at the time of the corpus."""
    folder = entry["set"]
    documents = {key: read(folder, file) for key, file in entry["needs"].items() if file}
    if "serve_at" in entry:
        documents[entry["serve_at"]] = read(folder, entry["file"])
    request = entry.get("request") or {}
    settings = {
        "fetch": offline(documents),
        "pinned": offline({**contexts(), **documents}),
        "at": AT,
        "nonce": request.get("nonce") or request.get("challenge"),
        "audience": request.get("aud") or request.get("domain"),
        "query": request.get("dcql_query"),
        "status_issuers": (STATUS_SERVICE,),
    }
    return World(**{**settings, **changes})


def content_of(entry: dict[str, Any]) -> bytes:
    return read(entry["set"], entry["file"])


@cache
def verdict_of(name: str) -> Verdict:
    entry = entries()[name]
    return verify(content_of(entry), world_of(entry))[0]
