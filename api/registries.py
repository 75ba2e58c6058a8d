"""Registries of issuers that somebody vouches for, as a person gives them in files:

registry: Example Quality Register
url: https://register.example
as_of: 2026-11-20
issuers:
  did:web:school.example: Recognised as an awarding body until 2028.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from evaluator import strict_yaml
from evaluator.credentials.trust import Registry


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    registry: str = Field(min_length=1)
    url: HttpUrl
    """Where the registry publishes itself."""
    as_of: datetime.date
    """Day on which this copy was taken."""
    issuers: dict[str, str]
    """What it says, by DID or address of the issuer."""


def registry(path: Path) -> Registry:
    """The registry in a file. Raises SpecError that lists its mistakes, and OSError when it can't be read."""
    read = strict_yaml.load(path, _File)
    return Registry(name=f"{read.registry} ({read.url})", as_of=read.as_of.isoformat(), issuers=read.issuers)
