"""JSON from strangers, to be judged: whatever two readers could read differently is refused, with its place.

RFC 8259 leaves repeated keys, huge numbers and lone surrogates to the reader; a signature then covers one reading
and a person sees another. I-JSON (RFC 7493) forbids them, and so does this reader. Size, depth and number of
values are counted before anything is built.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from evaluator.credentials import limits

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]|[,:]', re.DOTALL)
_LONE = re.compile("[\ud800-\udfff]")


class MalformedJson(ValueError):
    """A text that is no JSON, or no JSON that everybody reads alike. The message says what is wrong and where."""


class TooLarge(ValueError):
    """A text beyond a limit. The message names the limit."""


def parse(content: bytes | str) -> Any:
    """The JSON value in a text. Raises MalformedJson or TooLarge."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(data) > limits.JSON_BYTES:
        raise TooLarge(f"{len(data)} bytes of JSON; at most {limits.JSON_BYTES} are read")
    _measure(data)
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise MalformedJson(f"byte {error.start} is no UTF-8") from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise TooLarge("nested too deeply") from None
    if "\\u" in text:
        _refuse_lone_surrogates(value)
    return value


def parse_object(content: bytes | str) -> dict[str, Any]:
    """The JSON object in a text. Raises MalformedJson (also for another kind of value) or TooLarge."""
    value = parse(content)
    if not isinstance(value, dict):
        raise MalformedJson("an object is expected at the top")
    return value


def _measure(data: bytes) -> None:
    """Refuse a text by its depth and its number of values, counted from its punctuation.

    All punctuation, also within strings, bounds both from above; only a text above a bound is counted exactly.
    """
    openings = data.count(b"[") + data.count(b"{")
    if openings <= limits.JSON_DEPTH and data.count(b",") + data.count(b":") < limits.JSON_NODES:
        return
    nodes = 1
    depth = 0
    for match in _TOKEN.finditer(data):
        first = data[match.start()]
        if first in b"[{":
            depth += 1
            if depth > limits.JSON_DEPTH:
                raise TooLarge(f"byte {match.start()}: nested deeper than {limits.JSON_DEPTH} levels")
        elif first in b"]}":
            depth -= 1
        elif first in b",:":
            nodes += 1
    if nodes > limits.JSON_NODES:
        raise TooLarge(f"more than {limits.JSON_NODES} values")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise MalformedJson(f'the key "{_LONE.sub("?", key[:80])}" stands twice in one object')
            seen.add(key)
    return value


def _constant(name: str) -> Any:
    raise MalformedJson(f"{name} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits) > limits.JSON_INTEGER_DIGITS:
        raise MalformedJson(f"a number of {len(digits)} digits; at most {limits.JSON_INTEGER_DIGITS} are read")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise MalformedJson(f"the number {digits[:40]} is too large")
    return value


def _refuse_lone_surrogates(value: Any) -> None:
    queue = [value]
    while queue:
        item = queue.pop()
        if isinstance(item, str) and _LONE.search(item):
            raise MalformedJson(f'half a character in "{_LONE.sub("?", item[:40])}"')
        if isinstance(item, dict):
            queue.extend(item)
            queue.extend(item.values())
        elif isinstance(item, list):
            queue.extend(item)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_number
)
