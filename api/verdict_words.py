"""Sentences about presented credentials, which the terminal and the pages share."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import NullTranslations

from api.presented import ProgramMatch, Report, is_only_a_key
from api.words import ENGLISH, N_
from evaluator.credentials.verdict import CheckId, Outcome

CHECK_NAMES: Mapping[CheckId, str] = {
    "carrier": N_("File"),
    "schema": N_("Form"),
    "integrity": N_("Unchanged"),
    "issuer_binding": N_("Issuer"),
    "validity_period": N_("Period of validity"),
    "status": N_("Not revoked"),
    "recipient": N_("Person"),
    "trust": N_("Trust in the issuer"),
}
"""The eight questions, in the order in which they are answered."""

OUTCOME_WORDS: Mapping[Outcome, str] = {
    "pass": N_("passed"),
    "fail": N_("failed"),
    "unknown": N_("not known"),
    "not_applicable": N_("does not apply"),
}
OUTCOME_SIGNS: Mapping[Outcome, str] = {"pass": "✓", "fail": "✗", "unknown": "?", "not_applicable": "–"}
"""Beside the words, never instead of them."""

_PLAIN: Mapping[str, str] = {
    "expired": N_("It is genuine, but it has expired."),
    "not_yet_valid": N_("It is genuine, but it is not valid yet."),
    "revoked": N_("The issuer has revoked it."),
    "suspended": N_("The issuer has suspended it."),
    "integrity_failed": N_("It was altered, or the named issuer never signed it."),
    "page_without_credential": N_("This link leads to nothing that can be verified."),
    "pdf_without_credential": N_("This is an ordinary PDF: it holds nothing that can be verified."),
    "no_proof": N_("Nobody has signed it: anybody could have written it."),
    "no_badge": N_("This picture holds no badge: it is a screenshot, a photo or a copy."),
}
"""Headings of what is found most often, by code; the sentence of the code stands in for the others."""
_VALID: Mapping[tuple[bool | None, bool], str] = {
    (True, False): N_("It is real, and it was issued to the person you named."),
    (None, False): N_("It is real. Whether it is this person's was not established."),
    (False, False): N_("It is real, but it was issued to somebody else."),
    (True, True): N_("It is unaltered and names this person, but its issuer is known only by a key."),
    (None, True): N_("It is unaltered and valid, but its issuer is known only by a key."),
    (False, True): N_("It is unaltered, but it was issued to somebody else, by an issuer known only by a key."),
}
"""By whether it is the named person's, and whether the issuer is no more than a key."""
_MEANS_GENUINE = ("expired", "not_yet_valid")


def headline(report: Report, texts: NullTranslations = ENGLISH) -> str:
    """The verdict in one sentence, for a heading."""
    _ = texts.gettext
    if report.outcome == "valid":
        return _(_VALID[report.holder_match, is_only_a_key(report)])
    for check in report.checks:
        if (
            report.outcome == "invalid"
            and check.outcome == "fail"
            and check.code in _PLAIN
            and _fits(report, check.code)
        ):
            return _(_PLAIN[check.code])
    if report.outcome == "invalid":
        return _("It is not valid.")
    return _("It could not be fully checked: do not rely on it yet.")


def _fits(report: Report, code: str) -> bool:
    """Whether the heading says no more than was found: `genuine` takes a right signature of the issuer's key."""
    passed = {check.id for check in report.checks if check.outcome == "pass"}
    return code not in _MEANS_GENUINE or (set(report.codes) == {code} and {"integrity", "issuer_binding"} <= passed)


def say_claims(report: Report, texts: NullTranslations = ENGLISH) -> str:
    """What it is and who issued it; the issuer by the identifier that is proven, because anybody can use any name."""
    _ = texts.gettext
    title = report.achievement.title if report.achievement and report.achievement.title else _("a credential")
    issuer = report.issuer
    if issuer is None:
        return _("It says that it is %(title)s.") % {"title": title}
    says = {"title": title, "issuer": issuer.id or issuer.name, "name": issuer.name}
    if not issuer.proven:
        return _("It says, and nothing proves, that it is %(title)s, issued by %(name)s (%(issuer)s).") % says
    if not issuer.name or issuer.name == issuer.id:
        return _("It is %(title)s, issued by %(issuer)s.") % says
    return _("It is %(title)s, issued by %(issuer)s, which calls itself %(name)s.") % says


def say_program(found: ProgramMatch, texts: NullTranslations = ENGLISH) -> str:
    """How the program was found, as a sentence."""
    _ = texts.gettext
    if found.how == "own_data":
        return _("No known program matches. This one is read from the credential's own achievement data.")
    if found.how == "achievement":
        says = _("Matched by the identifier of the achievement (score 1.00).")
    else:
        says = _("Matched by issuer and title (score %(score)s).") % {"score": f"{found.score:.2f}"}
    if not found.bound:
        says += " " + _("The issuer is only the same by name, and anybody can use a name: make sure who issued it.")
    return says
