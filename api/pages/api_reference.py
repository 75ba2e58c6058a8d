"""What the pages about the API show: its operations by group, and JSON and its schemas in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

METHODS = ("get", "post", "put", "patch", "delete")


def groups(openapi: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], list[dict[str, Any]]]]:
    """Every tag of an OpenAPI document with its operations, which carry their path and method."""
    operations = [
        {"path": path, "method": method, **item[method]}
        for path, item in openapi["paths"].items()
        for method in METHODS
        if method in item
    ]
    return [(tag, [each for each in operations if tag["name"] in each.get("tags", ())]) for tag in openapi["tags"]]


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


def pretty(value: Any) -> str:
    """Indented JSON; text as it is."""
    return value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
