"""Pages of the API itself, without script: its documentation, its problem types, and a rubric as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from api import problems
from evaluator.rubric import Rubric

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["json"] = _pretty
    made.filters["schema"] = say_schema
    return made


def style() -> bytes:
    """The style sheet of these pages."""
    return resources.files("api").joinpath("templates", "plain.css").read_bytes()


def documentation(openapi: Mapping[str, Any]) -> bytes:
    """The whole API on one page, from its OpenAPI document."""
    operations = [
        {"path": path, "method": method, **item[method]}
        for path, item in openapi["paths"].items()
        for method in METHODS
        if method in item
    ]
    groups = [(tag, [each for each in operations if tag["name"] in each.get("tags", ())]) for tag in openapi["tags"]]
    return _page("docs.html", api=openapi, groups=groups, types=problems.TYPES.values())


def problem_types(types: Sequence[problems.ProblemType]) -> bytes:
    """What each problem means, and what a caller can do about it."""
    return _page("problems.html", types=types, example=problems.example)


def rubric(shown: Rubric) -> bytes:
    """A rubric for people."""
    return _page("rubric.html", rubric=shown)


def say_schema(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for joined in ("anyOf", "oneOf"):
        if joined in schema:
            return " or ".join(dict.fromkeys(say_schema(each) for each in schema[joined]))
    if "enum" in schema or "const" in schema:
        return " | ".join(str(each) for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {say_schema(schema.get('items') or {})}"
    return str(schema.get("type", "any value"))


def _page(template: str, **values: Any) -> bytes:
    return _environment().get_template(template).render(**values).encode()


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
