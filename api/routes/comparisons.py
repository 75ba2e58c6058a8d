"""`/v1/comparisons`: programs side by side, at a permanent address."""

from __future__ import annotations

import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from pydantic import ConfigDict, Field, StrictInt
from starlette.responses import Response

from api import auth, examples, service
from api.auth import Caller
from api.http import etag, idempotency
from api.http.media import Body, body_must_be
from api.http.negotiate import JSON
from api.openapi import BODY, IDEMPOTENCY_KEY, IF_NONE_MATCH, ONCE, json_answer, operation
from api.problems import ProblemError
from api.routes import given
from api.routes.programs import KEY_EXAMPLE
from api.store import comparisons, programs
from evaluator.compare import MOST_PROGRAMS

router = APIRouter(prefix="/v1/comparisons", tags=["scores"])
FIXED = {"Cache-Control": "private, max-age=31536000, immutable"}
"""A comparison never changes."""
OTHER_KEY = programs.key_of(examples.program("Short Course in Statistics", identified=False).id)


class ComparisonRequest(Body):
    """What is to be compared."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"programs": [KEY_EXAMPLE, OTHER_KEY], "as_of": "2026-11-24"}]},
    )

    programs: list[str] = Field(min_length=2, max_length=MOST_PROGRAMS, description="Keys of the programs.")
    rubrics: list[str] = Field(
        default_factory=list, max_length=20, description="By id, id@version or digest; none: the latest of each."
    )
    as_of: datetime.date | None = Field(default=None, description="Day at which ages are counted; today unless given.")
    weights: dict[str, dict[str, StrictInt]] = Field(
        default_factory=dict, description="Other weights than the published ones, by rubric id and criterion."
    )


class ComparisonDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison with its address and what it compares."""

    id: str
    made: str
    request: comparisons.Request
    comparison: msgspec.Raw


_REQUEST = comparisons.Request(
    programs=(
        comparisons.Compared(key=KEY_EXAMPLE, version=1, digest=examples.program().digest()),
        comparisons.Compared(
            key=OTHER_KEY, version=1, digest=examples.program("Short Course in Statistics", identified=False).digest()
        ),
    ),
    rubrics=(examples.rubric().digest,),
    as_of=examples.DAY.isoformat(),
)
_EXAMPLE = {
    "id": comparisons.id_of(_REQUEST),
    "made": "2026-11-24T09:30:00.000000Z",
    "request": examples.plain(_REQUEST),
    "comparison": examples.plain(examples.comparison()),
}
SCHEMA = {
    "title": "ComparisonDetail",
    "type": "object",
    "description": "A comparison with its address and what it compares.",
    "properties": {
        "id": {"type": "string"},
        "made": {"type": "string"},
        "request": {"$ref": "#/components/schemas/Request"},
        "comparison": {"$ref": "#/components/schemas/Comparison"},
    },
    "required": ["id", "made", "request", "comparison"],
}


@router.post(
    "",
    **operation(
        "compare",
        "Compare programs",
        json_answer("The comparison, made now or before.", SCHEMA, _EXAMPLE, 201, ("ETag", "Location")),
        problem_ids=["not-found", *BODY, *ONCE],
        parameters=[IDEMPOTENCY_KEY],
        checks=[Depends(body_must_be(JSON))],
    ),
)
def compare(request: Request, body: ComparisonRequest, caller: Annotated[Caller, Depends(auth.current)]) -> Response:
    """2 to 50 programs under chosen rubrics: who is ahead, how surely, why, and what could reverse it.

    The same programs, rubrics, day and weights have one address, whoever asks and when.
    """

    def work() -> Response:
        chosen = given.rubrics(request, body.rubrics, "/rubrics")
        day = body.as_of or given.today()
        kept = service.compare(request.app.state.database, body.programs, chosen, day, body.weights)
        headers = {"Location": f"/v1/comparisons/{kept.id}", "ETag": f'"{kept.id}"'}
        return Response(_json(kept), 201, headers, JSON)

    return idempotency.once(request, caller, body.model_dump(mode="json"), work)


@router.get(
    "/{id}",
    **operation(
        "getComparison",
        "Read a comparison",
        json_answer("The comparison as it was made.", SCHEMA, _EXAMPLE),
        problem_ids=["not-found"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_comparison(
    request: Request,
    id: Annotated[str, Path(description="Identifier.", openapi_examples={"id": {"value": _EXAMPLE["id"]}})],
) -> Response:
    """It stays as it was made, also when the programs change."""
    with request.app.state.database.session() as session:
        kept = comparisons.get(session, id)
    if kept is None:
        raise ProblemError("not-found", f'There is no comparison "{id}".')
    tag = f'"{kept.id}"'
    return etag.known(request, tag, FIXED) or etag.answer(request, _json(kept), JSON, etag=tag, headers=FIXED)


def _json(kept: comparisons.Kept) -> bytes:
    return msgspec.json.encode(
        ComparisonDetail(id=kept.id, made=kept.made, request=kept.request, comparison=msgspec.Raw(kept.json))
    )
