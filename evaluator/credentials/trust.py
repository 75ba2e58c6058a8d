"""Does anybody vouch for the issuer: what registries that the verifier chose say of it, and as of which day.

It never decides whether a credential is real. A registry is asked only about an issuer that is proven: else anybody
could borrow a listed name. Issuers are compared by their identifier, never by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from evaluator.credentials.verdict import Check, Verdict, because, passed, plain


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """A list of issuers that somebody vouches for, as it stood on a day."""

    name: str
    as_of: str
    """ISO 8601 day."""
    issuers: Mapping[str, str]
    """What it says of an issuer, by DID or address."""


def answered(verdict: Verdict, registries: Sequence[Registry]) -> Verdict:
    """The verdict with the answer of the registries in the place of its trust check."""
    if not registries or not verdict.proven or verdict.claims is None or not verdict.claims.issuer.id:
        return verdict
    others = [check for check in verdict.checks if check.id != "trust"]
    found = check(verdict.claims.issuer.id, registries)
    return msgspec.structs.replace(verdict, checks=(*others, found))


def check(issuer: str, registries: Sequence[Registry]) -> Check:
    """What the registries say of an issuer, by its identifier."""
    if not registries:
        return plain("trust", "unknown")
    says = [f"{each.name}, {each.as_of}: {each.issuers[issuer]}" for each in registries if issuer in each.issuers]
    if says:
        return passed("trust", "; ".join(says))
    return because("issuer_not_listed", "asked: " + "; ".join(f"{each.name}, {each.as_of}" for each in registries))
