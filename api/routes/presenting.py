"""What a request presents: files, links and texts, with the identities to compare them with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, model_validator
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.credentials import Given
from api.http.media import Body
from api.problems import Fault, ProblemError
from api.world import Asked

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


@dataclass(frozen=True)
class Presentation:
    """What a request presents."""

    items: Sequence[Given]
    asked: Asked

    def said(self) -> list[Any]:
        """What decides whether two requests are the same."""
        return [[each.digest for each in self.items], *self.asked.digests()]


async def from_json(request: Request) -> Presentation:
    """What a JSON body presents. Raises ProblemError and RequestValidationError."""
    body = await parsed(request, VerifyRequest)
    items = [
        _file(each.name, each.text.encode("utf-8", "replace")) if each.text is not None else _link(each.url or "")
        for each in body.credentials
    ]
    return Presentation(items, Asked(tuple(body.recipients), body.nonce, body.audience))


async def parsed(request: Request, kind: type[Parsed]) -> Parsed:
    """The JSON body of a request. Raises ProblemError and RequestValidationError that name the mistakes."""
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
