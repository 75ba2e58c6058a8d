"""The OpenAPI 3.1 document: how an operation is described, and what is added to what FastAPI writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from api import auth, problems
from api.http.negotiate import JSON
from api.store.keys import Scope
from evaluator import __version__

REF = "#/components/schemas/{model}"
ALWAYS = ("bad-request", "wrong-host", "internal")
"""Problems that every operation may answer."""
WITH_KEY = ("key-needed", "scope-missing", "too-many-requests", "not-ready")
"""Problems of operations that need an API key."""
BODY = ("cross-origin", "too-large", "media-type-unknown", "invalid")
"""Problems of operations that read a body."""
ONCE = ("request-in-progress", "key-reused", "header-too-large")
"""Problems of operations with an Idempotency-Key."""
DESCRIPTION = """\
Touchstone judges micro-credentials: it reads what is published about a program into facts that each know where they
came from, scores those facts under published rubrics, and compares programs with claims that say how sure they are.

Three scores, never one: `evidenced` ≤ `stated` ≤ `possible`, from 0 to 100; their distance is what nobody can know yet.
Every answer is advisory: a person decides.

Within `/v1`, fields and operations are added; none is changed or removed. Ignore fields that you do not know.
Every error is a problem document (RFC 9457); its types are listed at [/problems](/problems).
"""
TAGS = {
    "programs": "Offerings that lead to a credential: search them, read them, see their versions, correct a fact.",
    "documents": "What programs are read from: upload files, text or addresses.",
    "credentials": "What applicants present: is it real, which program is it for, and what has happened to it since.",
    "scores": "Scorecards and comparisons under published rubrics.",
    "rubrics": "The published documents of criteria. A version never changes.",
    "dictionary": "What facts exist, who can state them, and what issuers publish for all their programs.",
    "service": "Whether the service works, and how it is doing.",
}
SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "ts_…",
        "description": "An API key made by `touchstone keys create`. Scopes: read < write < admin. Not needed where "
        "the service answers only to its own machine.",
    },
    "key_as_user": {
        "type": "http",
        "scheme": "basic",
        "description": "The same key as user name, with an empty password, as applicant tracking systems send it.",
    },
}


@dataclass(frozen=True)
class Answer:
    """One way in which an operation succeeds."""

    says: str
    content: Mapping[str, tuple[Any, Any]]
    """By media type: schema (the name of a component, or a JSON Schema) and example."""
    status: int = 200
    headers: tuple[str, ...] = ("ETag",)


def json_answer(
    says: str, schema: Any, example: Any, status: int = 200, headers: tuple[str, ...] = ("ETag",)
) -> Answer:
    """An answer in JSON alone."""
    return Answer(says, {JSON: (schema, example)}, status, headers)


HEADERS = {
    "ETag": ("Version of what is answered; send it with If-None-Match or If-Match.", '"5c1f0b7d2a904e38"'),
    "Link": ('The next page, as `rel="next"`; absent on the last.', '</v1/programs?cursor=WyI>; rel="next"'),
    "Location": ("Where the result can be read.", "/v1/jobs/0192f3c1a7d4"),
    "Idempotency-Replayed": ("`true` when the answer was given before, to the same Idempotency-Key.", "true"),
}


def operation(
    id: str,
    summary: str,
    answers: Answer | Sequence[Answer],
    *,
    scope: Scope | None = "read",
    problem_ids: Sequence[str] = (),
    checks: Sequence[Any] = (),
    **extra: Any,
) -> dict[str, Any]:
    """Keywords for the decorator of a route: its description, its API key scope, and every status it may answer.

    `checks` are further dependencies, and `extra` is further OpenAPI of the operation, such as a request body.
    """
    given = [answers] if isinstance(answers, Answer) else list(answers)
    every = [*ALWAYS, *(WITH_KEY if scope else ()), *problem_ids]
    responses: dict[int | str, dict[str, Any]] = {answer.status: _response(answer) for answer in given}
    if any(each.get("name") == "If-None-Match" for each in extra.get("parameters", ())):
        responses[304] = {"description": "The client has this version already (If-None-Match)."}
    responses |= _problem_responses(every)
    _RESPONSES[id] = responses
    security = [{}, *({name: list[str]()} for name in SECURITY)] if scope else []
    return {
        "operation_id": id,
        "summary": summary,
        "responses": responses,
        "dependencies": [*([Depends(auth.needs(scope))] if scope else []), *checks],
        "openapi_extra": {"security": security, **({"x-scope": scope} if scope else {}), **extra},
        "response_class": Response,
        "response_model": None,
        "status_code": given[0].status,
    }


def header(name: str, says: str, example: str, *, required: bool = False) -> dict[str, Any]:
    """A header that a request may carry, read by us and not by FastAPI."""
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": says,
        "schema": {"type": "string"},
        "example": example,
    }


IF_NONE_MATCH = header(
    "If-None-Match", "ETag of the version that you have: 304 when it is current.", '"5c1f0b7d2a904e38"'
)
IF_MATCH = header("If-Match", "ETag of the version that the change is meant for.", '"5c1f0b7d2a904e38"', required=True)
IDEMPOTENCY_KEY = header(
    "Idempotency-Key",
    "Any word of up to 255 characters that you make up for this request: sent again, it gives the same answer.",
    "8e03978e-40d5-43dd-bc93-6894a57f9324",
)


_RESPONSES: dict[str, dict[int | str, dict[str, Any]]] = {}
"""By operation, as given: FastAPI drops every null, also those in examples."""


def _response(answer: Answer) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "description": answer.says,
        "content": {
            media_type: {"schema": _schema(schema), "example": example}
            for media_type, (schema, example) in answer.content.items()
        },
    }
    if answer.headers:
        shown["headers"] = {name: _header(name) for name in answer.headers}
    return shown


def _header(name: str) -> dict[str, Any]:
    says, example = HEADERS[name]
    return {"description": says, "schema": {"type": "string"}, "example": example}


def _schema(schema: Any) -> Any:
    return {"$ref": REF.format(model=schema)} if isinstance(schema, str) else schema


def _problem_responses(ids: Sequence[str]) -> dict[int | str, dict[str, Any]]:
    """One response per status, with an example per type of problem."""
    found: dict[int | str, dict[str, Any]] = {}
    for id in dict.fromkeys(ids):
        type_ = problems.TYPES[id]
        response = found.setdefault(
            type_.status,
            {
                "description": type_.means,
                "content": {problems.MEDIA_TYPE: {"schema": _schema("ProblemDetails"), "examples": {}}},
            },
        )
        if type_.means not in response["description"]:
            response["description"] += f" Or: {type_.means}"
        shown = {"summary": type_.title, "value": msgspec.to_builtins(problems.example(type_))}
        response["content"][problems.MEDIA_TYPE]["examples"][id] = shown
    return found


@dataclass(frozen=True)
class Schemas:
    """The components of the document: values of ours, and models of pydantic."""

    structs: tuple[type[msgspec.Struct], ...]
    models: tuple[type[BaseModel], ...]
    """That are answered."""
    bodies: tuple[type[BaseModel], ...]
    """That are sent, and read by us and not by FastAPI."""

    def components(self) -> dict[str, Any]:
        """Every schema by name. Raises ValueError where two would have the same."""
        _, structs = msgspec.json.schema_components(self.structs, ref_template=REF.format(model="{name}"))
        _, models = models_json_schema([(model, "serialization") for model in self.models], ref_template=REF)
        _, bodies = models_json_schema([(model, "validation") for model in self.bodies], ref_template=REF)
        named = models.get("$defs", {})
        if twice := structs.keys() & named.keys():
            raise ValueError(f"two schemas are called {sorted(twice)}")
        for name, schema in named.items():
            # Fields may be added within /v1, so no answer promises that there are no others.
            named[name] = {key: value for key, value in schema.items() if key != "additionalProperties"}
        digest = {"type": "object", "properties": {"digest": {"type": "string"}}, "required": ["digest"]}
        published = {"title": "PublishedRubric", "allOf": [{"$ref": REF.format(model="Rubric")}, digest]}
        return {**structs, **named, **bodies.get("$defs", {}), "PublishedRubric": published}


def document(app: FastAPI, schemas: Schemas) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    found = get_openapi(
        title="Touchstone",
        version=__version__,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": says} for name, says in TAGS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = found.setdefault("components", {})
    components.setdefault("schemas", {}).update(schemas.components())
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for each in (each for path in found["paths"].values() for each in path.values()):
        # FastAPI adds its own kind of error wherever there is a parameter, also where none can be wrong.
        if "HTTPValidationError" in str(each["responses"].get("422")):
            del each["responses"]["422"]
        each["responses"] |= {str(status): given for status, given in _RESPONSES[each["operationId"]].items()}
    components["securitySchemes"] = SECURITY
    found["x-problem-types"] = [type_.type for type_ in problems.TYPES.values()]
    return found
