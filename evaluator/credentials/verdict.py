"""What a verification answers: eight checks, each with an outcome and a reason, and one outcome over them.

`codes.yaml` is the closed table of reasons. A code belongs to one check and has one outcome, so that no module can
say `expired` in green.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

import msgspec
from pydantic import BaseModel, ConfigDict, model_validator

from evaluator import strict_yaml

CheckId = Literal["carrier", "schema", "integrity", "issuer_binding", "validity_period", "status", "recipient", "trust"]
CHECKS: tuple[CheckId, ...] = get_args(CheckId)
"""The checks in the order in which people read them."""
DECIDING: tuple[CheckId, ...] = CHECKS[:6]
"""Whether a credential is real; whose it is (recipient) and who vouches for its issuer (trust) are other questions."""

Outcome = Literal["pass", "fail", "unknown", "not_applicable"]
Overall = Literal["valid", "invalid", "indeterminate"]


class Code(BaseModel):
    """One entry of `codes.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    check: CheckId
    outcome: Outcome
    says: str
    """What it means, for a recruiter."""
    next: str = ""
    """What to ask for or to do next."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    plain: dict[CheckId, dict[Outcome, str]]
    """Sentences of checks that need no code."""
    codes: dict[str, Code]

    @model_validator(mode="after")
    def _complete(self) -> _Table:
        for check in CHECKS:
            if missing := {"pass", "unknown", "not_applicable"} - set(self.plain.get(check, {})):
                raise ValueError(f"plain sentences of {check} lack {', '.join(sorted(missing))}")
            if "fail" in self.plain[check]:
                raise ValueError(f"a failed {check} needs a code that says why")
        return self


@cache
def _table() -> _Table:
    text = resources.files("evaluator.credentials").joinpath("codes.yaml").read_bytes()
    return strict_yaml.convert(strict_yaml.parse(text, "codes.yaml"), _Table, "codes.yaml")


def codes() -> dict[str, Code]:
    """Every code, in the order of `codes.yaml`. Raises SpecError when that file has a mistake."""
    return _table().codes


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one question about a credential. Several may answer the same question (two reasons to fail)."""

    id: CheckId
    outcome: Outcome
    code: str = ""
    """Key of `codes.yaml`; empty where the outcome needs no reason."""
    says: str
    detail: str = ""
    """What exactly was found: place, value, address. For the curious; may repeat text of the document."""


def because(code: str, detail: str = "") -> Check:
    """The check that `code` answers. Raises KeyError for a code that is not in the table: a programming error."""
    entry = codes()[code]
    return Check(id=entry.check, outcome=entry.outcome, code=code, says=entry.says, detail=detail)


def plain(check: CheckId, outcome: Outcome, detail: str = "") -> Check:
    """A check without a code: passed, not applicable, or unknown because of what another check found."""
    return Check(id=check, outcome=outcome, says=_table().plain[check][outcome], detail=detail)


def passed(check: CheckId, detail: str = "") -> Check:
    """The check found everything right."""
    return plain(check, "pass", detail)


class Refused(Exception):
    """Verification can't go on; `check` says why. The code that raised it knows the one reason, its caller the rest."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.check = because(code, detail)
        super().__init__(f"{code}: {detail}")


class Issuer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who says to have issued the credential."""

    id: str = ""
    """DID or address."""
    name: str = ""
    url: str = ""


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way in which a credential names its holder."""

    type: str
    """`id` (of the subject), `email`, `url`, `telephone` or what the credential says."""
    value: str
    hashed: bool = False
    salt: str = ""


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the credential says, as far as it has to be shown and matched."""

    issuer: Issuer = Issuer()
    title: str = ""
    """Name of the achievement, else of the credential."""
    achievement: dict[str, Any] | None = None
    """The achievement (BadgeClass, Achievement, learning achievement) as it stands in the credential."""
    identities: tuple[Identity, ...] = ()
    valid_from: datetime.datetime | None = None
    valid_until: datetime.datetime | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be said about one credential."""

    format: str
    """What it is, for people: `Open Badges 3.0, Data Integrity (eddsa-rdfc-2022)`."""
    outcome: Overall
    codes: tuple[str, ...]
    """Codes of the deciding checks, each once, in the order of the checks."""
    checks: tuple[Check, ...]
    claims: Claims | None
    """None when the integrity check failed: then nothing that the document says may be shown."""
    proven: bool
    """Whether the claims are the named issuer's: integrity and issuer binding passed."""
    credentials: tuple[Verdict, ...] = ()
    """Credentials inside it, which share in deciding (a presentation)."""
    beside: tuple[Verdict, ...] = ()
    """Credentials inside it that stand for themselves (endorsements, members of a learner record)."""


def decide(
    format: str,
    checks: Iterable[Check],
    claims: Claims | None = None,
    credentials: Iterable[Verdict] = (),
    beside: Iterable[Verdict] = (),
) -> Verdict:
    """The verdict over `checks`, the one place where an overall outcome is made.

    A question that no check answers counts as unknown, so that a forgotten check can't make a credential valid.
    """
    inner = tuple(credentials)
    ordered = _ordered(checks)
    outcome = _overall(ordered, inner)
    found = [check.code for check in ordered if check.code and check.id in DECIDING]
    found += [code for verdict in inner for code in verdict.codes]
    worst = {check: _worst(entry.outcome for entry in ordered if entry.id == check) for check in CHECKS}
    return Verdict(
        format=format,
        outcome=outcome,
        codes=tuple(dict.fromkeys(found)),
        checks=ordered,
        claims=None if worst["integrity"] == "fail" else claims,
        proven=worst["integrity"] == "pass" and worst["issuer_binding"] == "pass",
        credentials=inner,
        beside=tuple(beside),
    )


def refused(format: str, refusal: Refused) -> Verdict:
    """The verdict on something that couldn't even be opened."""
    return decide(format, [refusal.check])


def _ordered(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Every question answered, in order; the same answer twice is one."""
    given = list(dict.fromkeys(checks))
    answered = {check.id for check in given}
    given += [plain(check, "unknown") for check in CHECKS if check not in answered]
    return tuple(sorted(given, key=lambda check: CHECKS.index(check.id)))


def _overall(checks: tuple[Check, ...], inner: tuple[Verdict, ...]) -> Overall:
    outcomes = {check.outcome for check in checks if check.id in DECIDING}
    results = {verdict.outcome for verdict in inner}
    if "fail" in outcomes or "invalid" in results:
        return "invalid"
    intact = all(check.outcome == "pass" for check in checks if check.id == "integrity")
    return "indeterminate" if "unknown" in outcomes or "indeterminate" in results or not intact else "valid"


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    found = set(outcomes)
    for outcome in ("fail", "unknown", "pass"):
        if outcome in found:
            return outcome
    return "not_applicable"
