"""`/v1/credentials`: what applicants present, verified, verified again, and erased."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import auth, credentials, examples, presented
from api.auth import Caller
from api.http import etag, idempotency
from api.http.media import body_must_be, type_of
from api.http.negotiate import JSON
from api.openapi import BODY, IDEMPOTENCY_KEY, IF_NONE_MATCH, ONCE, Answer, json_answer, operation
from api.presented import AchievementClaim, IssuerClaim, Look, ProgramMatch, Report
from api.routes.presenting import RecheckRequest, from_form, from_json, parsed
from api.store import credentials as kept_credentials
from api.store.credentials import Kept
from api.world import Asked
from evaluator.credentials.verdict import Overall, passed, plain

router = APIRouter(prefix="/v1/credentials", tags=["credentials"])
MULTIPART = "multipart/form-data"


class CredentialDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What was presented, and what was found."""

    id: str
    outcome: Overall
    """The worst of its reports. Whose it is and who vouches for the issuer do not count here."""
    reports: tuple[Report, ...]
    """One per credential in the file."""
    next: tuple[str, ...]
    """What to ask for or to do next, the most pressing first."""
    digest: str
    checked: str
    added: str
    file_until: str | None
    """Until when what was presented is kept, so that it can be verified again; null: it is not."""
    recheck: str | None
    """When it is verified again; null: not by itself."""
    expires: str
    """When all of this is erased."""


class CredentialList(msgspec.Struct, frozen=True, kw_only=True):
    """What was presented in one request, in its order."""

    credentials: tuple[CredentialDetail, ...]


def _example() -> CredentialDetail:
    checks = (
        *(passed(id) for id in ("carrier", "schema", "integrity", "issuer_binding", "validity_period", "status")),
        passed("recipient"),
        plain("trust", "unknown"),
    )
    report = Report(
        file="badge.json",
        format="Open Badges 3.0 (VC 2.0), eddsa-rdfc-2022",
        outcome="valid",
        codes=(),
        checks=tuple(Look(id=each.id, outcome=each.outcome, code=each.code, says=each.says) for each in checks),
        issuer=IssuerClaim(id="did:web:college.example", name="Example College", proven=True),
        achievement=AchievementClaim(id="https://college.example/a", title="Certificate in Data Analysis", proven=True),
        program=ProgramMatch(
            id="https://college.example/a",
            title="Certificate in Data Analysis",
            how="achievement",
            score=1.0,
            bound=True,
        ),
        holder_match=True,
    )
    return CredentialDetail(
        id=ID_EXAMPLE,
        outcome="valid",
        reports=(report,),
        next=(),
        digest="sha256:" + "5c" * 32,
        checked=_MOMENT,
        added=_MOMENT,
        file_until=None,
        recheck=None,
        expires="2027-05-23T09:30:00.000000Z",
    )


ID_EXAMPLE = "0b6e1f2a9c7d48e5b3a1"
_MOMENT = "2026-11-24T09:30:00.000000Z"
_TEXT = '{"@context": "https://w3id.org/openbadges/v2", "type": "Assertion"}'
_EXAMPLE = _example()
_BODY = {
    "required": True,
    "content": {
        JSON: {
            "schema": {"$ref": "#/components/schemas/VerifyRequest"},
            "example": {
                "credentials": [{"name": "badge.json", "text": _TEXT}],
                "recipients": ["applicant@example.org"],
            },
        },
        MULTIPART: {
            "schema": {
                "type": "object",
                "properties": {
                    "file": {
                        "type": "array",
                        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                    },
                    "url": {"type": "array", "items": {"type": "string"}, "description": "Public https addresses."},
                    "text": {"type": "string", "description": "A pasted credential."},
                    "recipient": {"type": "array", "items": {"type": "string"}},
                    "nonce": {"type": "string"},
                    "audience": {"type": "string"},
                },
            },
            "example": {"text": _TEXT},
        },
    },
}
Id = Annotated[str, Path(description="Identifier.", openapi_examples={"id": {"value": ID_EXAMPLE}})]


@router.post(
    "",
    **operation(
        "verifyCredentials",
        "Verify credentials",
        json_answer(
            "Every file and link was verified, as far as that was possible: see each outcome.",
            "CredentialList",
            examples.plain(CredentialList(credentials=(_EXAMPLE,))),
            201,
            ("Location",),
        ),
        scope="write",
        problem_ids=[*BODY, *ONCE],
        checks=[Depends(body_must_be(JSON, MULTIPART))],
        parameters=[IDEMPOTENCY_KEY],
        requestBody=_BODY,
    ),
)
async def verify_credentials(request: Request, caller: Annotated[Caller, Depends(auth.current)]) -> Response:
    """Upload files (multipart), or give texts and links (JSON); many at once.

    Each is answered by its own reports, and none stops the others. What is presented is kept only as long as the
    setting `credential_file_days` says, by default not at all; the identities that it is compared with never are.
    """
    given = await (from_json(request) if type_of(request) == JSON else from_form(request))

    def work() -> Response:
        state = request.app.state
        keep = credentials.retention(state.settings)
        kept = credentials.add(state.database, given.items, state.worlds, keep, given.asked)
        found = CredentialList(credentials=tuple(_detail(each) for each in kept))
        where = {"Location": f"/v1/credentials/{kept[0].id}"} if len(kept) == 1 else {}
        return Response(msgspec.json.encode(found), 201, where, JSON)

    return await run_in_threadpool(idempotency.once, request, caller, given.said(), work)


@router.get(
    "/{id}",
    **operation(
        "getCredential",
        "Read a verdict",
        json_answer("The verdict as it was last found.", "CredentialDetail", examples.plain(_EXAMPLE)),
        problem_ids=["not-found"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_credential(request: Request, id: Id) -> Response:
    """Nothing is verified anew; `checked` says when it was."""
    with request.app.state.database.session() as session:
        kept = kept_credentials.get(session, id)
    return etag.answer(request, msgspec.json.encode(_detail(kept)), JSON)


@router.post(
    "/{id}/verify",
    **operation(
        "verifyCredentialAgain",
        "Verify a credential again",
        json_answer("The new verdict.", "CredentialDetail", examples.plain(_EXAMPLE), headers=()),
        scope="write",
        problem_ids=["not-found", "not-kept", *BODY],
        checks=[Depends(body_must_be(JSON))],
        requestBody={
            "required": True,
            "content": {
                JSON: {
                    "schema": {"$ref": "#/components/schemas/RecheckRequest"},
                    "example": {"recipients": ["applicant@example.org"]},
                }
            },
        },
    ),
)
async def verify_again(request: Request, id: Id) -> Response:
    """Only where what was presented is still kept. A difference raises an event."""
    body = await parsed(request, RecheckRequest)
    state = request.app.state
    asked = Asked(tuple(body.recipients))
    keep = credentials.retention(state.settings)
    kept = await run_in_threadpool(credentials.verify_again, state.database, id, state.worlds, keep, asked)
    return Response(msgspec.json.encode(_detail(kept)), media_type=JSON)


@router.delete(
    "/{id}",
    **operation(
        "eraseCredential",
        "Erase a credential",
        Answer("Erased: the verdict, what was presented, and its events.", {}, 204, ()),
        scope="write",
        problem_ids=["not-found", "cross-origin"],
    ),
)
def erase_credential(request: Request, id: Id) -> Response:
    """For good."""
    credentials.erase(request.app.state.database, id)
    return Response(status_code=204)


def _detail(kept: Kept) -> CredentialDetail:
    following = dict.fromkeys(each for report in kept.reports for each in presented.asks(report))
    return CredentialDetail(
        id=kept.id,
        outcome=kept.outcome,
        reports=kept.reports,
        next=tuple(following),
        digest=kept.digest,
        checked=kept.checked,
        added=kept.added,
        file_until=kept.file_until,
        recheck=kept.recheck,
        expires=kept.expires,
    )
