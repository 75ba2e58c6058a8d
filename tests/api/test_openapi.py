"""The OpenAPI document: true, complete, with an example for everything; and the service keeps what it promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import problems
from api.app import SCHEMAS, create_app
from api.settings import Settings
from tests.api import databases
from tests.api.serving import TABLE, installed, serving, upload

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document(api: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert {tag["name"] for tag in document["tags"]} == {
        tag for _, _, operation in operations(document) for tag in operation["tags"]
    }
    assert set(document["components"]["securitySchemes"]) == {"key", "key_as_user"}


def test_every_resource_is_there(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {
        *("/v1/facts", "/v1/facts/{name}", "/v1/providers", "/v1/profiles", "/v1/profiles/{profile}"),
        *("/v1/rubrics", "/v1/rubrics/{name}", "/v1/documents", "/v1/documents/{digest}", "/v1/jobs/{id}"),
        *("/v1/programs", "/v1/programs/{key}", "/v1/programs/{key}/versions", "/v1/programs/{key}/scorecards"),
        *("/v1/programs/{key}/versions/{version}", "/v1/programs/{key}/versions/{version}/changes"),
        *("/v1/programs/{key}/corrections", "/v1/comparisons", "/v1/comparisons/{id}", "/v1/batch"),
        *("/v1/credentials", "/v1/credentials/{id}", "/v1/credentials/{id}/verify", "/v1/events"),
        *("/v1/health", "/v1/ready", "/v1/metrics"),
    }


def test_operations_have_names_of_their_own_and_say_what_they_do(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for method, path, operation in operations(document):
        assert operation["summary"] and operation["description"], (method, path)
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description") or parameter["schema"].get("description"), (path, parameter["name"])


def test_every_operation_has_valid_examples(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        contents = [
            (f"{method} {path} {status}", media_type, content)
            for status, response in operation["responses"].items()
            for media_type, content in response.get("content", {}).items()
        ]
        body = operation.get("requestBody", {}).get("content", {})
        contents += [(f"{method} {path} body", media_type, content) for media_type, content in body.items()]
        for where, media_type, content in contents:
            examples = [each["value"] for each in content.get("examples", {}).values()]
            examples += [content["example"]] if "example" in content else []
            schema = content["schema"]
            examples += (
                document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {}).get("examples", [])
            )
            assert examples, f"{where} {media_type} has no example"
            for example in examples:
                errors = [str(error) for error in validator(document, schema).iter_errors(example)]
                assert not errors, (where, media_type, errors[:3])


def test_every_problem_is_documented_with_an_example(document: dict[str, Any]) -> None:
    shown = {
        id
        for _, _, operation in operations(document)
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
        for id in content.get("examples", {})
        if id in problems.TYPES
    }
    elsewhere = {"method-not-allowed"}
    """No operation answers it: it is the answer to a method that is no operation."""
    assert shown | elsewhere == set(problems.TYPES)


def test_the_document_stands_for_itself(document: dict[str, Any]) -> None:
    found = set()

    def references(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                found.add(value["$ref"])
            for inner in value.values():
                references(inner)
        elif isinstance(value, list):
            for inner in value:
                references(inner)

    references(document)
    assert found
    for reference in found:
        assert reference.rpartition("/")[2] in document["components"]["schemas"], reference
    assert set(SCHEMAS.components()) <= set(document["components"]["schemas"])


def test_the_documentation_page_has_every_operation(api: httpx.Client, document: dict[str, Any]) -> None:
    page = api.get("/docs").text
    for _, path, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in page
        assert path in page
    for name in document["components"]["schemas"]:
        assert f'id="schema-{name}"' in page


# --- does the service keep it? ------------------------------------------------------------------------------


@schemathesis.serializer("application/x-ndjson")
def _lines(context: Any, value: Any) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else str(value).encode()


@schemathesis.deserializer("application/x-ndjson")
def _text(context: Any, response: Any) -> str:
    return str(response.text)


CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
EXAMPLES = 25
"""Generated requests per operation, besides the examples of the document and the coverage of its parameters."""


@pytest.fixture(scope="module", params=databases.KINDS)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server with programs and a comparison in it."""
    if request.param == "sqlite":
        with serving(f"sqlite:///{tmp_path_factory.mktemp('filled') / 'store.db'}", rate_limit="off") as client:
            yield _fill(client)
        return
    url = databases.new_database()
    try:
        with serving(url, rate_limit="off") as client:
            yield _fill(client)
    finally:
        databases.drop(url)


def _fill(client: httpx.Client) -> httpx.Client:
    keys = upload(client, TABLE)
    client.post("/v1/comparisons", json={"programs": keys}).raise_for_status()
    return client


schema = schemathesis.openapi.from_dict(create_app(Settings(database_url="sqlite:///unused.db"), installed()).openapi())


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_the_service_answers_as_the_document_says(case: schemathesis.Case, filled: httpx.Client) -> None:
    case.call_and_validate(base_url=str(filled.base_url), checks=CHECKS, timeout=30)
