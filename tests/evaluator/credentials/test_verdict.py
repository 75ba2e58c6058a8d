"""One overall outcome from eight answers."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from evaluator.credentials.verdict import (
    CHECKS,
    DECIDING,
    Check,
    Claims,
    Issuer,
    Outcome,
    Verdict,
    because,
    codes,
    decide,
    passed,
    plain,
)

GOOD = [passed(check) for check in CHECKS]
CLAIMS = Claims(issuer=Issuer(id="did:example:1"), title="Knots")


def _with(check: str, outcome: Outcome) -> Verdict:
    if outcome == "fail":
        code = next(name for name, entry in codes().items() if (entry.check, entry.outcome) == (check, "fail"))
        changed = because(code)
    else:
        changed = plain(check, outcome)  # type: ignore[arg-type]
    return decide("x", [*(each for each in GOOD if each.id != check), changed], CLAIMS)


def test_all_right() -> None:
    verdict = decide("x", GOOD, CLAIMS)
    assert (verdict.outcome, verdict.codes, verdict.proven, verdict.claims) == ("valid", (), True, CLAIMS)
    assert [check.id for check in decide("x", reversed(GOOD)).checks] == list(CHECKS)


ANSWERS = [
    (check, outcome) for check in CHECKS for outcome in get_args(Outcome) if (check, outcome) != ("trust", "fail")
]
"""Nothing about trust is a failure."""


@pytest.mark.parametrize(("check", "outcome"), ANSWERS)
def test_one_answer(check: str, outcome: Outcome) -> None:
    expected = {"pass": "valid", "fail": "invalid", "unknown": "indeterminate", "not_applicable": "valid"}[outcome]
    if check == "integrity" and outcome == "not_applicable":
        expected = "indeterminate"
    verdict = _with(check, outcome)
    assert verdict.outcome == (expected if check in DECIDING else "valid")
    assert (verdict.claims is None) == (check == "integrity" and outcome == "fail")
    assert verdict.proven == (check not in ("integrity", "issuer_binding") or outcome == "pass")


@pytest.mark.parametrize("forgotten", DECIDING)
def test_a_forgotten_check_is_unknown(forgotten: str) -> None:
    verdict = decide("x", [check for check in GOOD if check.id != forgotten])
    assert verdict.outcome == "indeterminate"
    assert next(check for check in verdict.checks if check.id == forgotten).outcome == "unknown"


def test_failure_beats_what_is_unknown() -> None:
    assert decide("x", [*GOOD, because("expired"), because("status_unavailable")]).outcome == "invalid"


def test_several_reasons_in_the_order_of_the_checks() -> None:
    reasons = [because("revoked"), because("expired"), because("revoked"), because("recipient_mismatch")]
    assert decide("x", [*GOOD, *reasons]).codes == ("expired", "revoked")


def test_what_is_inside_a_presentation_decides_too() -> None:
    inner = {name: decide("x", checks) for name, checks in _WORLDS.items()}
    for first, second in itertools.product(inner, repeat=2):
        whole = decide("x", GOOD, credentials=[inner[first], inner[second]])
        worst = max(first, second, key=["valid", "indeterminate", "invalid"].index)
        assert whole.outcome == worst
        assert decide("x", GOOD, beside=[inner[first]]).outcome == "valid"


_WORLDS: dict[str, list[Check]] = {
    "valid": GOOD,
    "indeterminate": [*GOOD, because("status_unavailable")],
    "invalid": [*GOOD, because("revoked")],
}


def test_an_unknown_code_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        because("no_such_code")


def test_the_table() -> None:
    for name, code in codes().items():
        assert code.says.endswith("."), name
        assert code.next or code.outcome == "pass", name
        assert code.outcome != "not_applicable", name
        assert not set("_{}") & set(code.says + code.next), name
