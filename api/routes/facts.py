"""`/v1/facts`: the dictionary, what may be known of a program."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.http import etag
from api.http.negotiate import JSON
from api.openapi import IF_NONE_MATCH, json_answer, operation
from api.problems import ProblemError
from evaluator.facts import FactDefinition, dictionary
from evaluator.strict_yaml import did_you_mean

router = APIRouter(prefix="/v1/facts", tags=["dictionary"])
_EXAMPLE = dictionary()["pass_mark"].model_dump(mode="json")


@router.get(
    "",
    **operation(
        "listFacts",
        "List every fact that may be known of a program",
        json_answer(
            "The dictionary, in its order.",
            {
                "type": "object",
                "properties": {"facts": {"type": "array", "items": {"$ref": "#/components/schemas/FactDefinition"}}},
                "required": ["facts"],
            },
            {"facts": [_EXAMPLE]},
        ),
        parameters=[IF_NONE_MATCH],
    ),
)
def list_facts(request: Request) -> Response:
    """Names, types, units and allowed values; providers write these facts and rubrics ask for them."""
    facts = [_plain(definition) for definition in dictionary().values()]
    return etag.answer(request, msgspec.json.encode({"facts": facts}), JSON)


@router.get(
    "/{name}",
    **operation(
        "getFact",
        "Read one entry of the dictionary",
        json_answer("The entry.", "FactDefinition", _EXAMPLE),
        problem_ids=["not-found"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_fact(
    request: Request,
    name: Annotated[str, Path(description="Name of the fact.", openapi_examples={"fact": {"value": "pass_mark"}})],
) -> Response:
    """What a value of the fact tells, and how other vocabularies express it."""
    found = dictionary().get(name)
    if found is None:
        raise ProblemError("not-found", f'There is no fact "{name}".{did_you_mean(name, dictionary())}')
    return etag.answer(request, msgspec.json.encode(_plain(found)), JSON)


def _plain(definition: FactDefinition) -> dict[str, object]:
    return definition.model_dump(mode="json")
