"""What several routes take from a request: the rubrics, the day, and how programs are formed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from starlette.requests import Request

from api import service
from api.problems import Fault, ProblemError
from api.store import forming
from evaluator.rubric import Rubric
from rubrics import library

RubricNames = Annotated[
    list[str] | None,
    Query(
        alias="rubric",
        description="Rubric by id, id@version or digest; may be repeated. None: the latest version of each.",
        max_length=20,
        openapi_examples={"all": {"value": []}, "one": {"value": ["rigor"]}},
    ),
]
AsOf = Annotated[
    datetime.date | None,
    Query(
        description="Day at which ages are counted, such as 2026-11-24; today unless given.",
        openapi_examples={"day": {"value": "2026-11-24"}},
    ),
]


def today() -> datetime.date:
    """The day, in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


def rubrics(request: Request, names: Sequence[str] | None, where: str) -> tuple[Rubric, ...]:
    """The rubrics called so, or the latest version of each. Raises ProblemError that points to `where`."""
    known = request.app.state.installed.rubrics
    if not names:
        return library.latest(known)
    return tuple(dict.fromkeys(_rubric(known, name, where) for name in names))


def _rubric(known: Sequence[Rubric], name: str, where: str) -> Rubric:
    by_digest = {rubric.digest: rubric for rubric in known}
    if name in by_digest:
        return by_digest[name]
    try:
        return library.choose(known, name)
    except LookupError as error:
        says = str(error).replace(" See `touchstone rubrics list`.", " /v1/rubrics lists all.")
        raise ProblemError("invalid", says, [Fault(pointer=where, detail=says)]) from None


def way(request: Request) -> forming.Way:
    """How programs are formed and scored now."""
    return service.way(library.latest(request.app.state.installed.rubrics), today())
