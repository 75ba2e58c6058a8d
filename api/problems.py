"""Every error that the service answers, as RFC 9457 problem details (https://www.rfc-editor.org/rfc/rfc9457).

The list of types is closed: a client may switch on `type`, and each type is documented at its own address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

MEDIA_TYPE = "application/problem+json"
NO_REQUEST = "none"
"""Stands for the id of a request that was refused before it had one."""


class ProblemType(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of error."""

    id: str
    title: str
    status: int
    means: str
    """When it is answered."""
    mend: str
    """What the caller can do."""
    detail: str
    """An example of what is said about one occurrence."""
    pointer: str | None = None
    """An example of the place in the request, for problems that name one."""

    @property
    def type(self) -> str:
        """The URI of the type, relative to the service."""
        return f"/problems/{self.id}"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in a request."""

    pointer: str
    """JSON Pointer into the body (RFC 6901), or `#query/…`, `#path/…`, `#header/…` and the name."""
    detail: str


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the client reads (media type application/problem+json)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    """Path of the request."""
    request_id: str
    """Also in the header X-Request-Id, and in the log of the service."""
    errors: tuple[Fault, ...] = ()


def _types(*types: ProblemType) -> dict[str, ProblemType]:
    return {each.id: each for each in types}


TYPES = _types(
    ProblemType(
        id="bad-request",
        title="The request can't be read",
        status=400,
        means="The request breaks the rules of HTTP, of its media type or of multipart forms.",
        mend="Correct the place that the detail names.",
        detail="The body is not JSON: unexpected end of data.",
    ),
    ProblemType(
        id="bad-cursor",
        title="The cursor does not fit",
        status=400,
        means="A cursor was made up, cut off, or comes from a search with other parameters.",
        mend="Start again without a cursor, and pass on `next` unchanged together with the same parameters.",
        detail="The cursor belongs to a search with other parameters.",
        pointer="#query/cursor",
    ),
    ProblemType(
        id="key-needed",
        title="An API key is needed",
        status=401,
        means="The service asks for API keys, and the request has none, or one that is not known or was revoked.",
        mend="Send `Authorization: Bearer ts_…` with a key made by `touchstone keys create`.",
        detail="The request has no API key.",
    ),
    ProblemType(
        id="scope-missing",
        title="The API key does not allow this",
        status=403,
        means="The API key is good, but its scope (read < write < admin) is too small.",
        mend="Use a key with the scope that the detail names.",
        detail="This needs the scope write; the key has read.",
    ),
    ProblemType(
        id="cross-origin",
        title="Another site may not do this",
        status=403,
        means="A browser sent a changing request on behalf of a page of another site.",
        mend="Call from a page of this service, from a program, or have its origin added to cors_origins.",
        detail="Pages of https://elsewhere.example may not change anything here.",
    ),
    ProblemType(
        id="not-found",
        title="Not found",
        status=404,
        means="Nothing has this address.",
        mend="Check the address; lists such as /v1/programs give the addresses that exist.",
        detail='There is no program "0123456789abcdef0123".',
    ),
    ProblemType(
        id="method-not-allowed",
        title="The address does not know this method",
        status=405,
        means="The address exists, but not for this HTTP method. The header Allow lists those it knows.",
        mend="Use a method of the header Allow.",
        detail="DELETE is not allowed here; GET, HEAD are.",
    ),
    ProblemType(
        id="not-acceptable",
        title="None of the accepted media types is offered",
        status=406,
        means="The header Accept names only media types that the resource does not have.",
        mend="Accept one of the media types that the detail lists.",
        detail="Offered are text/html, application/yaml, application/json.",
    ),
    ProblemType(
        id="request-in-progress",
        title="The same request is being worked on",
        status=409,
        means="A request with the same Idempotency-Key has not been answered yet.",
        mend="Wait as many seconds as Retry-After says and send the same request again.",
        detail="A request with this Idempotency-Key is being worked on.",
    ),
    ProblemType(
        id="not-kept",
        title="What was presented is not kept",
        status=409,
        means="A credential is to be verified again, but the file or link is not kept, or no longer.",
        mend="Present it anew with POST /v1/credentials, or have the setting credential_file_days raised.",
        detail="What was presented is not kept, so it can't be verified again; present it anew.",
    ),
    ProblemType(
        id="changed-meanwhile",
        title="It changed meanwhile",
        status=412,
        means="If-Match names a version that is no longer the current one.",
        mend="Read it again, and decide whether the change is still wanted.",
        detail="The program has changed since that version.",
    ),
    ProblemType(
        id="too-large",
        title="The request is too large",
        status=413,
        means="The body, a line of a batch, or the number of files exceeds a limit of this service.",
        mend="Send less at once; the detail names the limit.",
        detail="The request is larger than 1000000 bytes.",
    ),
    ProblemType(
        id="media-type-unknown",
        title="The body has a media type that is not read here",
        status=415,
        means="Content-Type or Content-Encoding names something that the address does not read.",
        mend="Send one of the types that the detail lists, not packed.",
        detail="The body must be application/json.",
    ),
    ProblemType(
        id="wrong-host",
        title="The service does not go by this name",
        status=421,
        means="The header Host names a host that the service was not set up for.",
        mend="Use the right address, or add the name to the setting `hosts`.",
        detail='The service does not go by the name "elsewhere.example".',
    ),
    ProblemType(
        id="invalid",
        title="The request is not valid",
        status=422,
        means="The request can be read, but values in it are missing or can't be. `errors` lists every mistake.",
        mend="Correct the places that `errors` points to.",
        detail="1 value is not valid.",
        pointer="/programs",
    ),
    ProblemType(
        id="unreadable-document",
        title="Nothing could be read in the documents",
        status=422,
        means="Every document was received, but none of them holds a program, or an address could not be fetched.",
        mend="See `errors`: each names a document and what to do.",
        detail="No program was found.",
        pointer="/documents/0",
    ),
    ProblemType(
        id="key-reused",
        title="The Idempotency-Key was used for another request",
        status=422,
        means="The same Idempotency-Key came before, with another body or for another address.",
        mend="Make a new Idempotency-Key for each new request.",
        detail="This Idempotency-Key was used for another request.",
        pointer="#header/Idempotency-Key",
    ),
    ProblemType(
        id="precondition-needed",
        title="If-Match is needed",
        status=428,
        means="A change was sent without saying which version it is meant for.",
        mend="Send If-Match with the ETag that the last reading gave.",
        detail="Send If-Match with the ETag of the program.",
    ),
    ProblemType(
        id="too-many-requests",
        title="Too many requests",
        status=429,
        means="The caller has used up its requests for the span that RateLimit-Policy names.",
        mend="Wait as many seconds as Retry-After says.",
        detail="1200 requests per minute are allowed; try again in 7 seconds.",
    ),
    ProblemType(
        id="header-too-large",
        title="A header is too large",
        status=431,
        means="A header of the request is longer than the service reads.",
        mend="Shorten the header that the detail names.",
        detail="The header Idempotency-Key is longer than 255 characters.",
        pointer="#header/Idempotency-Key",
    ),
    ProblemType(
        id="internal",
        title="The service made a mistake",
        status=500,
        means="Something failed that should not. Nothing was half done: what was not answered was not stored.",
        mend="Report it with the request id, under which the log of the service has the details.",
        detail="The request could not be answered; the log has the details.",
    ),
    ProblemType(
        id="not-ready",
        title="The service is not ready",
        status=503,
        means="The database can't be reached, or its tables are not those of this version.",
        mend="Try again later. `touchstone doctor` tells the operator what is wrong.",
        detail="The database can't be reached.",
    ),
)
"""The closed list, by id."""


class ProblemError(HTTPException):
    """Raised anywhere below a route to answer with a problem."""

    def __init__(
        self, id: str, detail: str, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        """Raises KeyError for a type that is not in the list: a mistake of ours."""
        self.type = TYPES[id]
        self.errors = tuple(errors)
        super().__init__(status_code=self.type.status, detail=detail, headers=dict(headers or {}))


def problem(type_id: str, detail: str, request: Mapping[str, Any], errors: Sequence[Fault] = ()) -> ProblemDetails:
    """The problem document for a request, given as its ASGI scope."""
    type_ = TYPES[type_id]
    return ProblemDetails(
        type=type_.type,
        title=type_.title,
        status=type_.status,
        detail=detail,
        instance=request["path"],
        request_id=request.get("state", {}).get("request_id", NO_REQUEST),
        errors=tuple(errors),
    )


def response(
    type_id: str,
    detail: str,
    request: Mapping[str, Any],
    errors: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer that carries a problem: a page for people with a browser, problem details for everybody else."""
    body = problem(type_id, detail, request, errors)
    kept = {"Cache-Control": "no-store", **(headers or {})}
    page = request["app"].state.error_page(request, body)
    if page is not None:
        return Response(page, body.status, kept, "text/html")
    return Response(msgspec.json.encode(body), body.status, kept, MEDIA_TYPE)


def example(type_: ProblemType) -> ProblemDetails:
    """An example of the type, for the documentation."""
    found = problem(type_.id, type_.detail, {"path": "/v1/programs", "state": {"request_id": "01JE0Z5B4T7V9XKQ"}})
    pointer = type_.pointer
    return msgspec.structs.replace(found, errors=(Fault(pointer=pointer, detail=type_.detail),)) if pointer else found


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, ProblemError):
        return response(error.type.id, error.detail, request.scope, error.errors, error.headers)
    match error.status_code:
        case 404:
            return response("not-found", "Nothing has this address.", request.scope)
        case 405:
            allowed = methods(request)
            says = f"{request.method} is not allowed here; {', '.join(allowed)} {'is' if len(allowed) == 1 else 'are'}."
            return response("method-not-allowed", says, request.scope, headers={"Allow": ", ".join(allowed)})
        case 413:
            return response("too-large", "The request is larger than this service reads.", request.scope)
        case status if 400 <= status < 500:
            return response("bad-request", str(error.detail) or "The request can't be read.", request.scope)
        case _:
            return response("internal", TYPES["internal"].detail, request.scope)


def methods(request: Request) -> list[str]:
    """The methods that the address of a request knows: of every route with that path, not only of the first."""
    routes = request.app.router.routes
    found = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return [*found, "HEAD"] if "GET" in found else found


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        says = f"The body is not JSON: {found[0].get('ctx', {}).get('error', 'it ends too early')}."
        return response("bad-request", says, request.scope)
    faults = tuple(Fault(pointer=pointer(item["loc"]), detail=_sentence(item)) for item in found)
    says = f"{len(faults)} values are not valid." if len(faults) > 1 else "1 value is not valid."
    return response("invalid", says, request.scope, faults)


def pointer(location: Sequence[int | str]) -> str:
    """The place of a mistake: a JSON Pointer into the body, or the part of the request and the name."""
    part, *steps = location
    path = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    if part == "body":
        return f"/{path}" if steps else ""
    return f"#{part}/{path}"


def _sentence(item: Mapping[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{message}."
