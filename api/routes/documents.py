"""`/v1/documents`: what programs are read from, one read at once or many by a job."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import auth, examples, jobs, service
from api.auth import Caller
from api.http import etag, idempotency
from api.http.media import Body, body_must_be, type_of
from api.http.negotiate import JSON
from api.openapi import BODY, IDEMPOTENCY_KEY, IF_NONE_MATCH, ONCE, header, json_answer, operation
from api.problems import Fault, ProblemError
from api.routes import given
from api.routes.jobs import PROGRESS
from api.routes.programs import KEY_EXAMPLE
from api.store import documents, forming, programs
from api.store import jobs as kept_jobs
from evaluator.program import Document, Problem, document
from providers import sources
from providers.http_answer import media_type

router = APIRouter(prefix="/v1/documents", tags=["documents"])
MULTIPART = "multipart/form-data"
UNNAMED = "pasted text"
LONGEST_NAME = 255


class GivenDocument(Body):
    """A text, or an address to fetch."""

    url: str | None = Field(default=None, max_length=2000, description="Public https address to fetch.")
    text: str | None = Field(default=None, min_length=1, description="The document itself.")
    name: str = Field(
        default=UNNAMED,
        min_length=1,
        max_length=LONGEST_NAME,
        description="File name of a text; its ending says what it is.",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> GivenDocument:
        if (self.url is None) == (self.text is None):
            raise ValueError("give either url or text")
        return self


class UploadRequest(Body):
    """Documents as texts and addresses."""

    documents: list[GivenDocument] = Field(min_length=1, max_length=1000)
    provider: str | None = Field(default=None, description="Name of the provider that is to read all of them.")


class DocumentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A document without its bytes."""

    digest: str
    url: str
    """Address or file name."""
    media_type: str
    retrieved: str
    size: int


class AddedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What adding a document gave."""

    document: DocumentSummary
    again: bool
    """The same bytes were read before."""
    programs: tuple[forming.Outcome, ...]
    problems: tuple[Problem, ...]
    """What could not be read in it, and where."""


class DocumentDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A document, and the programs that it speaks of."""

    document: DocumentSummary
    programs: tuple[programs.Mention, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Upload:
    """What a request uploads: documents, and addresses to fetch, in its order."""

    items: Sequence[Document | str]
    provider: str | None

    def said(self) -> list[Any]:
        """What decides whether two requests are the same."""
        return [self.provider, [each if isinstance(each, str) else [each.url, each.digest] for each in self.items]]


_MOMENT = "2026-11-24T09:30:00.000000Z"
_SOURCE = examples.source()
_SUMMARY = DocumentSummary(
    digest=_SOURCE.digest,
    url=_SOURCE.url,
    media_type=_SOURCE.media_type,
    retrieved=_SOURCE.retrieved,
    size=len(_SOURCE.content),
)
_TITLE = examples.program().title
_OUTCOME = forming.Outcome(key=KEY_EXAMPLE, id=examples.program().id, title=_TITLE, version=1, change="new")
_MENTION = programs.Mention(key=KEY_EXAMPLE, id=examples.program().id, title=_TITLE, version=1)
_ADDED = AddedDocument(document=_SUMMARY, again=False, programs=(_OUTCOME,), problems=())
_BODY = {
    "required": True,
    "content": {
        JSON: {
            "schema": {"$ref": "#/components/schemas/UploadRequest"},
            "example": {"documents": [{"name": _SOURCE.url, "text": _SOURCE.content.decode()}]},
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
                    "text": {"type": "string", "description": "A pasted document."},
                    "provider": {"type": "string"},
                },
            },
            "example": {"text": _SOURCE.content.decode()},
        },
    },
}
PREFER = header("Prefer", "`respond-async`: make a job even of one document (RFC 7240).", "respond-async")


@router.post(
    "",
    **operation(
        "addDocuments",
        "Add documents",
        [
            json_answer("One document: it was read.", "AddedDocument", examples.plain(_ADDED), 201, ("Location",)),
            json_answer(
                "Several documents: they are kept, and a job reads them.",
                "Progress",
                examples.plain(PROGRESS),
                202,
                ("Location",),
            ),
        ],
        scope="write",
        problem_ids=["unreadable-document", *BODY, *ONCE],
        checks=[Depends(body_must_be(JSON, MULTIPART))],
        parameters=[IDEMPOTENCY_KEY, PREFER],
        requestBody=_BODY,
    ),
)
async def add_documents(request: Request, caller: Annotated[Caller, Depends(auth.current)]) -> Response:
    """Upload files (multipart), or give texts and addresses (JSON). The same bytes again add nothing.

    One document is read at once. Several become a job, whose progress is at the address in Location; it goes on when
    the service is restarted.
    """
    upload = await (_from_json(request) if type_of(request) == JSON else from_form(request))
    at_once = len(upload.items) == 1 and "respond-async" not in request.headers.get("prefer", "").lower()

    def work() -> Response:
        sources.candidates(upload.provider)
        return _read_now(request, upload) if at_once else _submitted(request, upload)

    return await run_in_threadpool(idempotency.once, request, caller, [at_once, *upload.said()], work)


async def _from_json(request: Request) -> Upload:
    try:
        body = UploadRequest.model_validate_json(await request.body())
    except ValidationError as error:
        found = error.errors(include_url=False)
        if found[0]["type"] == "json_invalid":
            raise ProblemError("bad-request", f"The body is not JSON: {found[0]['ctx']['error']}.") from None
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in found]) from None
    items = [
        _document(each.name, each.text.encode("utf-8", "replace"))
        if each.text is not None
        else _address(each.url or "")
        for each in body.documents
    ]
    _limit(request, len(items))
    return Upload(items, body.provider)


async def from_form(request: Request) -> Upload:
    settings = request.app.state.settings
    try:
        form = await request.form(
            max_files=settings.max_upload_files,
            max_fields=settings.max_upload_files,
            max_part_size=settings.max_body_bytes,
        )
    except HTTPException as error:
        if isinstance(error, ProblemError) or "Too many" not in str(error.detail):
            raise
        raise ProblemError("too-large", f"One upload has at most {settings.max_upload_files} files.") from None
    try:
        items = await _items(form)
    finally:
        await form.close()
    _limit(request, len(items))
    if not items:
        says = "The form holds no document; send file, url or text."
        raise ProblemError("invalid", says, [Fault(pointer="", detail=says)])
    name = form.get("provider")
    return Upload(items, name if isinstance(name, str) and name else None)


async def _items(form: FormData) -> list[Document | str]:
    """Files, addresses and texts, in their order. Empty fields, as a browser sends them, are nothing."""
    items: list[Document | str] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            if content or value.filename:
                items.append(_document(value.filename or UNNAMED, content, value.content_type or ""))
        elif name == "url":
            items += [_address(line) for line in value.split()]
        elif name == "text" and value.strip():
            items.append(_document(UNNAMED, value.encode("utf-8", "replace")))
    return items


def _limit(request: Request, count: int) -> None:
    most = request.app.state.settings.max_upload_files
    if count > most:
        raise ProblemError("too-large", f"One upload has at most {most} documents.")


def _document(name: str, content: bytes, content_type: str = "") -> Document:
    """A document under its bare file name: folders of the sender's machine are nobody's business."""
    bare = PurePath(name.replace("\\", "/")).name[-LONGEST_NAME:] or UNNAMED
    known = sources.MEDIA_TYPES.get(PurePath(bare).suffix.lower())
    moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return document(bare, content, known or media_type(content_type), moment)


def _address(text: str) -> str:
    """An address that may be fetched as far as its text tells; the fetcher checks where it leads."""
    if not text.lower().startswith(("https://", "http://")):
        says = f'"{text[:100]}" is not a web address; it has to start with https://'
        raise ProblemError("invalid", "1 value is not valid.", [Fault(pointer="/documents", detail=says)])
    return text


def _read_now(request: Request, upload: Upload) -> Response:
    state = request.app.state
    item = upload.items[0]
    source = state.fetch(item) if isinstance(item, str) else item
    if isinstance(source, Problem):
        raise _unreadable([source])
    added = service.add_documents(state.database, [source], given.way(request), upload.provider)[0]
    if not added.programs:
        raise _unreadable(added.problems)
    found = AddedDocument(
        document=_summary(added.document), again=added.again, programs=added.programs, problems=added.problems
    )
    return Response(msgspec.json.encode(found), 201, {"Location": f"/v1/documents/{added.document.digest}"}, JSON)


def _unreadable(found: Sequence[Problem]) -> ProblemError:
    faults = [
        Fault(pointer="/documents/0", detail=f"{' '.join([each.document, each.locator]).strip()}: {each.message}")
        for each in found[:100]
    ]
    return ProblemError("unreadable-document", "No program was found.", faults)


def _submitted(request: Request, upload: Upload) -> Response:
    database = request.app.state.database
    job = jobs.submit(database, upload.items, upload.provider)
    with database.session() as session:
        progress = kept_jobs.progress(session, job)
    return Response(msgspec.json.encode(progress), 202, {"Location": f"/v1/jobs/{job}"}, JSON)


@router.get(
    "/{digest}",
    **operation(
        "getDocument",
        "Read about a document",
        json_answer(
            "The document without its bytes, and the programs that it speaks of.",
            "DocumentDetail",
            examples.plain(DocumentDetail(document=_SUMMARY, programs=(_MENTION,), problems=())),
        ),
        problem_ids=["not-found"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_document(
    request: Request,
    digest: Annotated[
        str,
        Path(
            description="sha256: and 64 hexadecimal digits, as evidence names it.",
            openapi_examples={"digest": {"value": _SOURCE.digest}},
        ),
    ],
) -> Response:
    """By the digest that evidence gives."""
    with request.app.state.database.session() as session:
        found = documents.get(session, digest.replace("\0", ""))
        if found is None:
            raise ProblemError("not-found", f'There is no document "{digest}".')
        mentioned = tuple(programs.mentions(session, found.number))
    detail = DocumentDetail(document=_summary(found), programs=mentioned, problems=found.problems)
    return etag.answer(request, msgspec.json.encode(detail), JSON)


def _summary(stored: documents.Stored) -> DocumentSummary:
    return DocumentSummary(
        digest=stored.digest,
        url=stored.url,
        media_type=stored.media_type,
        retrieved=stored.retrieved,
        size=stored.size,
    )
