"""`/v1/rubrics`: the published rubrics, for people (HTML), for publishers (YAML) and for machines (JSON)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
import yaml
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import examples
from api.http import etag, negotiate
from api.http.negotiate import HTML, JSON, YAML
from api.openapi import IF_NONE_MATCH, Answer, json_answer, operation
from api.pages.rubric import rubric_text
from api.problems import ProblemError
from api.store.rubrics import to_yaml
from evaluator.rubric import Rubric
from rubrics import library

router = APIRouter(prefix="/v1/rubrics", tags=["rubrics"])
Name = Annotated[
    str,
    Path(
        description="Id (the latest version), id@version, or digest.",
        openapi_examples={"version": {"value": "rigor@1.0.0"}},
    ),
]
OFFERED = (JSON, HTML, YAML)


class RubricSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A rubric without its criteria."""

    rubric: str
    version: str
    title: str
    asks: str
    publisher: str
    digest: str


class RubricList(msgspec.Struct, frozen=True, kw_only=True):
    """Every version of every published rubric."""

    rubrics: tuple[RubricSummary, ...]


def summary(rubric: Rubric) -> RubricSummary:
    """What a list tells of a rubric."""
    return RubricSummary(
        rubric=rubric.rubric,
        version=rubric.version,
        title=rubric.title,
        asks=rubric.asks,
        publisher=rubric.publisher.name,
        digest=rubric.digest,
    )


@router.get(
    "",
    **operation(
        "listRubrics",
        "List the published rubrics",
        json_answer(
            "Every version, by id and version.",
            "RubricList",
            {"rubrics": [examples.plain(summary(examples.rubric()))]},
        ),
        parameters=[IF_NONE_MATCH],
    ),
)
def list_rubrics(request: Request) -> Response:
    """Read one by its id (the latest version), id@version, or digest."""
    found = RubricList(rubrics=tuple(summary(each) for each in request.app.state.installed.rubrics))
    return etag.answer(request, msgspec.json.encode(found), JSON)


def as_yaml(rubric: Rubric) -> bytes:
    """The rubric as YAML that loads to the same digest."""
    return to_yaml(rubric).encode()


def as_json(rubric: Rubric) -> bytes:
    """The rubric as JSON, with its digest."""
    return msgspec.json.encode(plain(rubric))


def plain(rubric: Rubric) -> dict[str, Any]:
    """The rubric as JSON holds it, with its digest."""
    return {**rubric.model_dump(mode="json"), "digest": rubric.digest}


_WRITERS: dict[str, Callable[[Rubric], bytes]] = {JSON: as_json, YAML: as_yaml}


@router.get(
    "/{name}",
    **operation(
        "getRubric",
        "Read a rubric",
        Answer(
            "The rubric, in the form that Accept asks for. With a version or digest it never changes.",
            {
                JSON: ("PublishedRubric", plain(examples.rubric())),
                HTML: ({"type": "string"}, "<!doctype html>…"),
                YAML: ({}, yaml.safe_load(as_yaml(examples.rubric()))),
            },
        ),
        problem_ids=["not-found", "not-acceptable"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_rubric(request: Request, name: Name) -> Response:
    """By id (the latest version), id@version, or digest."""
    found = by_name(request, name)
    media_type = negotiate.chosen(request, OFFERED)
    if media_type == HTML:
        # The page around the rubric changes with the service.
        shown = rubric_text(request, found).encode()
        return etag.answer(request, shown, HTML, headers={"Vary": "Accept, Accept-Language"})
    fixed = etag.IMMUTABLE if "@" in name or ":" in name else etag.REVALIDATE
    tag, headers = etag.tag(found.digest, media_type), {"Cache-Control": fixed, "Vary": "Accept"}
    before = etag.known(request, tag, headers)
    return before or etag.answer(request, _WRITERS[media_type](found), media_type, etag=tag, headers=headers)


def by_name(request: Request, name: str) -> Rubric:
    """The rubric called so. Raises ProblemError `not-found` that suggests."""
    rubrics: Sequence[Rubric] = request.app.state.installed.rubrics
    if re.fullmatch(r"sha256:[0-9a-f]{64}", name):
        for rubric in rubrics:
            if rubric.digest == name:
                return rubric
        raise ProblemError("not-found", f'There is no rubric with the digest "{name}".')
    try:
        return library.choose(rubrics, name)
    except LookupError as error:
        says = str(error).replace(" See `touchstone rubrics list`.", " /v1/rubrics lists all.")
        raise ProblemError("not-found", says) from None
