"""`/v1/credentials`: what applicants present, verified; and `/v1/events`: what has happened to it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import auth, credentials, examples, presented
from api.auth import Caller
from api.credentials import Given
from api.http import etag, idempotency
from api.http.media import Body, body_must_be, type_of
from api.http.negotiate import JSON
from api.openapi import BODY, IDEMPOTENCY_KEY, IF_NONE_MATCH, ONCE, Answer, json_answer, operation
from api.presented import AchievementClaim, IssuerClaim, Look, ProgramMatch, Report
from api.problems import Fault, ProblemError
from api.store import credentials as kept_credentials
from api.store.credentials import Kept
from api.world import Asked
from evaluator.credentials.verdict import Overall, passed, plain

router = APIRouter(prefix="/v1/credentials", tags=["credentials"])
MULTIPART = "multipart/form-data"
UNNAMED = "pasted text"
LONGEST_NAME = 255
LONGEST_LINK = 2000
MOST = 100
"""Files and links of one request."""
MOST_RECIPIENTS = 20
Parsed = TypeVar("Parsed", bound=Body)


class GivenCredential(Body):
    """A credential as text, or a link to it."""

    url: str | None = Field(default=None, max_length=LONGEST_LINK, description="Public https address.")
    text: str | None = Field(default=None, min_length=1, description="The credential itself: JSON or a token.")
    name: str = Field(default=UNNAMED, min_length=1, max_length=LONGEST_NAME, description="File name of a text.")

    @model_validator(mode="after")
    def _one_of_two(self) -> GivenCredential:
        if (self.url is None) == (self.text is None):
            raise ValueError("give either url or text")
        return self


class VerifyRequest(Body):
    """What an applicant presents, and whom and what to compare it with."""

    credentials: list[GivenCredential] = Field(min_length=1, max_length=MOST)
    recipients: list[Annotated[str, Field(min_length=1, max_length=320)]] = Field(
        default_factory=list,
        max_length=MOST_RECIPIENTS,
        description="E-mail addresses or other identities of the applicant; compared and not kept.",
    )
    nonce: str | None = Field(default=None, max_length=1000, description="Nonce or challenge sent to the wallet.")
    audience: str | None = Field(default=None, max_length=1000, description="Name under which the wallet was asked.")


class RecheckRequest(Body):
    """Whom to compare a credential with when it is verified again."""

    recipients: list[Annotated[str, Field(min_length=1, max_length=320)]] = Field(
        default_factory=list, max_length=MOST_RECIPIENTS, description="None: the earlier answer stands."
    )


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


@dataclass(frozen=True)
class Presentation:
    """What a request presents."""

    items: Sequence[Given]
    asked: Asked

    def said(self) -> list[Any]:
        """What decides whether two requests are the same."""
        return [[each.digest for each in self.items], *self.asked.digests()]


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
    given = await (_from_json(request) if type_of(request) == JSON else from_form(request))

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
    body = await _parsed(request, RecheckRequest)
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


# --- what a request presents --------------------------------------------------------------------------------


async def _from_json(request: Request) -> Presentation:
    body = await _parsed(request, VerifyRequest)
    items = [
        _file(each.name, each.text.encode("utf-8", "replace")) if each.text is not None else _link(each.url or "")
        for each in body.credentials
    ]
    return Presentation(items, Asked(tuple(body.recipients), body.nonce, body.audience))


async def _parsed(request: Request, kind: type[Parsed]) -> Parsed:
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        found = error.errors(include_url=False)
        if found[0]["type"] == "json_invalid":
            raise ProblemError("bad-request", f"The body is not JSON: {found[0]['ctx']['error']}.") from None
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in found]) from None


async def from_form(request: Request) -> Presentation:
    """What a form presents. Raises ProblemError."""
    limit = request.app.state.settings.max_body_bytes
    try:
        form = await request.form(max_files=MOST, max_fields=MOST, max_part_size=limit)
    except HTTPException as error:
        if isinstance(error, ProblemError) or "Too many" not in str(error.detail):
            raise
        raise ProblemError("too-large", f"One request has at most {MOST} files.") from None
    try:
        items = await _items(form)
        asked = _asked(form)
    finally:
        await form.close()
    if len(items) > MOST:
        raise ProblemError("too-large", f"One request has at most {MOST} files and links.")
    if not items:
        says = "The form holds no credential; send file, url or text."
        raise ProblemError("invalid", says, [Fault(pointer="", detail=says)])
    return Presentation(items, asked)


async def _items(form: FormData) -> list[Given]:
    """Files, links and texts, in their order. Empty fields, as a browser sends them, are nothing."""
    items: list[Given] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            if content or value.filename:
                items.append(_file(value.filename or UNNAMED, content))
        elif name == "url":
            items += [_link(line) for line in value.split()]
        elif name == "text" and value.strip():
            items.append(_file(UNNAMED, value.encode("utf-8", "replace")))
    return items


def _asked(form: FormData) -> Asked:
    """Identities may stand in one field, with spaces or commas between."""
    given = [value for name, value in form.multi_items() if name == "recipient" and isinstance(value, str)]
    recipients = [part for value in given for part in value.replace(",", " ").split()]
    nonce, audience = (form.get(name) for name in ("nonce", "audience"))
    return Asked(
        tuple(recipients[:MOST_RECIPIENTS]),
        nonce if isinstance(nonce, str) and nonce else None,
        audience if isinstance(audience, str) and audience else None,
    )


def _file(name: str, content: bytes) -> Given:
    """A file under its bare name: folders of the sender's machine are nobody's business."""
    return Given(PurePath(name.replace("\\", "/")).name[-LONGEST_NAME:] or UNNAMED, content)


def _link(text: str) -> Given:
    """A link as far as its text tells; the fetcher checks where it leads."""
    if not text.lower().startswith(("https://", "http://")) or len(text) > LONGEST_LINK:
        says = f'"{text[:100]}" is not a web address; it has to start with https://'
        raise ProblemError("invalid", "1 value is not valid.", [Fault(pointer="/credentials", detail=says)])
    return Given(text)
