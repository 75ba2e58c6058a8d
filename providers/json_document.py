"""Read JSON that strangers wrote: strictly enough to be safe, tolerantly enough to lose nothing.

Shared by the providers whose documents are JSON. A typical reader:

    try:
        parsed = json_document.parse(source.content)
    except json_document.UnreadableJson as error:
        return Reading(problems=(error.problem(source.url),))
    for node, at in json_document.items(parsed.value):        # one resource or a list of them
        title = json_document.text(member(node, "name"), f"{at}/name")   # .value, .language, .at

Every function takes any JSON value of any type and none raises for what it finds in one; what is not of the
expected shape is `None` or left out. Places are JSON Pointers (RFC 6901), which `text`, `texts` and `items`
extend, so that evidence leads to the very string that was read.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evaluator.program import Problem

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest document that is parsed."""
DEEPEST = 100
"""Levels of nesting beyond which a document is refused, so that readers may recurse."""
LANGUAGES = ("en",)
"""Languages preferred where a text is given in several, best first; `en` takes `en-US` too."""

_REPORTED = 20
"""Repeated keys that are reported one by one; a hostile document could hold millions."""
_TOO_DEEP = f"the document is nested deeper than {DEEPEST} levels; flatten it"
_LINE = "\n"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(-?\bInfinity\b|\bNaN\b)', re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_NUMBER = re.compile(r"[+-]?(?=[.\d])(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)


class UnreadableJson(ValueError):
    """A document that can't be read as JSON at all: `locator` says where, `message` what to mend."""

    def __init__(self, locator: str, message: str) -> None:
        self.locator = locator
        self.message = message
        super().__init__(f"{locator}: {message}")

    def problem(self, document: str) -> Problem:
        """The problem of the document with this address."""
        return Problem(document=document, locator=self.locator, message=self.message)


@dataclass(frozen=True)
class ParsedJson:
    """A JSON value, and what was wrong with its text though it could be read."""

    value: Any
    faults: tuple[tuple[str, str], ...] = ()
    """Pairs of a locator (pointer, or `line 3, column 7`) and a message."""

    def problems(self, document: str) -> tuple[Problem, ...]:
        """The faults as problems of the document with this address."""
        return tuple(Problem(document=document, locator=locator, message=message) for locator, message in self.faults)


class Text(NamedTuple):
    """A text in one language, and the pointer to it."""

    value: str
    at: str
    language: str | None = None


class Item(NamedTuple):
    """A value and the pointer to it."""

    value: Any
    at: str


def parse(content: bytes | str) -> ParsedJson:
    """The value of a JSON text; a byte order mark is ignored.

    What is read nevertheless, and reported as a fault: a key that stands twice in one object (the last counts, as
    RFC 8259 §4 leaves open), raw control characters in a string, a number too large for a float (read as null), half
    a surrogate pair (read as U+FFFD). Raises UnreadableJson, with line and column, for anything else that is not JSON
    (NaN and comments included), for more than `LARGEST` bytes and for nesting deeper than `DEEPEST`.
    """
    if len(content) > LARGEST:
        raise UnreadableJson("", f"the document is larger than {LARGEST // 1024 // 1024} MiB; split it")
    text = content.removeprefix("\ufeff") if isinstance(content, str) else _decoded(content)
    found = _Findings()
    text = _without_half_pairs(text, found)
    value = _parsed(text, found)
    _refuse_depth(value)
    return ParsedJson(value, (*found.faults, *_repeated_keys(value, found)))


def looks_like_json(content: bytes) -> bool:
    """Whether a document starts as a JSON object or array does. Cheap; for `Provider.recognises`."""
    return content[:200].removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[")


def pointer(*steps: str | int) -> str:
    """The JSON Pointer (RFC 6901) that takes these steps: `pointer("a/b", 0)` is `/a~1b/0`."""
    return "".join(f"/{escape(str(step))}" for step in steps)


def escape(key: str) -> str:
    """A key as it stands in a JSON Pointer; needed only for keys that aren't known to lack `~` and `/`."""
    return key.replace("~", "~0").replace("/", "~1")


def resolve(value: Any, at: str) -> Any:
    """What a pointer leads to. Raises LookupError when it leads nowhere."""
    for step in at.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and key.isascii() and key.isdigit():
            value = value[int(key)]
        elif isinstance(value, dict):
            value = value[key]
        else:
            raise LookupError(f"{at} leads nowhere")
    return value


def member(value: Any, key: str) -> Any:
    """`value[key]` of an object; `None` when it is absent or `value` is no object."""
    return value.get(key) if isinstance(value, dict) else None


def items(value: Any, at: str = "") -> list[Item]:
    """A scalar-or-list as a list: nothing for null, one for anything else, each of a list (nulls left out)."""
    if value is None:
        return []
    if isinstance(value, list):
        return [Item(one, f"{at}/{number}") for number, one in enumerate(value) if one is not None]
    return [Item(value, at)]


def text(value: Any, at: str = "", languages: tuple[str, ...] = LANGUAGES) -> Text | None:
    """The first text of what `texts` finds, or `None`."""
    found = texts(value, at, languages)
    return found[0] if found else None


def texts(value: Any, at: str = "", languages: tuple[str, ...] = LANGUAGES) -> list[Text]:
    """Every non-empty text in a string, a language map, `{"@value": …}`, or a list of these, in one language.

    Of several languages the first of `languages` that is there is chosen, else the first that stands in the
    document; texts without a language are always kept. Two languages are never mixed: they say the same twice.
    """
    if isinstance(value, str):
        stripped = _clean(value)
        return [Text(stripped, at)] if stripped else []
    found = list(_every_text(value, at))
    tagged = [one.language for one in found if one.language]
    if len(set(tagged)) < 2:
        return found
    chosen = next((tag for wish in languages for tag in tagged if _speaks(tag, wish)), tagged[0])
    return [one for one in found if one.language in (chosen, None)]


def number(value: Any) -> int | float | None:
    """A finite number, also from text such as `"5"`, `"3.0"` or `"1,234.50"`; anything else is `None`.

    True and false are no numbers, though Python counts them as such.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        stripped = value.strip()
        if not (0 < len(stripped) <= 40 and _NUMBER.fullmatch(stripped)):
            return None
        digits = stripped.replace(",", "")
        value = int(digits) if digits.lstrip("+-").isdigit() else float(digits)
    if isinstance(value, int):
        # Beyond a double's exact integers nothing here is a real quantity, float() would overflow, and canonical
        # JSON (RFC 8785) has no such number.
        return value if abs(value) < 2**53 else None
    return value if isinstance(value, float) and math.isfinite(value) else None


@dataclass
class _Findings:
    """What the hooks of the JSON parser notice: it tells them no place, so repeated keys are located afterwards."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    repeated: dict[int, tuple[dict[str, Any], str]] = field(default_factory=dict)

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs) and len(self.repeated) < _REPORTED:
            seen: set[str] = set()
            key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            self.repeated[id(made)] = (made, key)
        return made

    def number(self, digits: str) -> float | None:
        made = float(digits)
        if math.isfinite(made):
            return made
        self.faults.append(("", f"the number {digits[:40]} is too large and was not read"))
        return None


def _decoded(content: bytes) -> str:
    encoding = json.detect_encoding(content).removesuffix("-sig")
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        place = f"line {line}" if encoding == "utf-8" else ""
        raise UnreadableJson(place, f"the text is not {encoding.upper()}; save it as UTF-8") from None


def _without_half_pairs(text: str, found: _Findings) -> str:
    """Half a surrogate pair can be parsed, but never be encoded again: it would fail far from here."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    mended = _ESCAPE.sub(lambda match: "\\ufffd" if match[1] else match[0], text)
    if mended != text:
        place = next(match.start() for match in _ESCAPE.finditer(text) if match[1])
        found.faults.append((_place(text, place), "half a surrogate pair stands here; it was read as U+FFFD"))
    return mended


def _parsed(text: str, found: _Findings, strict: bool = True) -> Any:
    def constant(_: str) -> None:
        place = next((match.start(1) for match in _STRING_OR_CONSTANT.finditer(text) if match[1]), 0)
        raise UnreadableJson(_place(text, place), "NaN and Infinity are not JSON; write null for an unknown number")

    try:
        return json.loads(
            text, object_pairs_hook=found.object, parse_float=found.number, parse_constant=constant, strict=strict
        )
    except json.JSONDecodeError as error:
        if strict and error.msg.startswith("Invalid control character"):
            found.repeated.clear()
            found.faults.append(
                (_place(text, error.pos), "a raw control character stands in a string; write it as \\u…")
            )
            return _parsed(text, found, strict=False)
        raise UnreadableJson(_place(text, error.pos), _explained(text, error)) from None
    except RecursionError:
        raise UnreadableJson("", _TOO_DEEP) from None
    except UnreadableJson:
        raise
    except ValueError:
        raise UnreadableJson("", "a number has thousands of digits; write it as a reader could use it") from None


def _place(text: str, position: int) -> str:
    before = text[:position]
    return f"line {before.count(_LINE) + 1}, column {position - before.rfind(_LINE)}"


def _explained(text: str, error: json.JSONDecodeError) -> str:
    """What to mend, for the mistakes that people make when they write JSON by hand."""
    rest = text[error.pos :].lstrip()
    if not rest:
        return "the document ends in the middle; the rest is missing" if text.strip() else "the document is empty"
    if rest.startswith(("//", "/*", "#")):
        return "comments are not JSON; remove the comment"
    before = text[: error.pos].rstrip()[-1:]
    if rest[0] in "}]" and before == ",":
        return f'a comma is left over before "{rest[0]}"; remove it'
    if rest[0] in "}]" and before == ":":
        return f'a value is missing before "{rest[0]}"; write it, or null'
    if error.msg == "Extra data":
        return "more text follows after the end of the JSON value; keep one value, or write an array"
    shown = rest.split("\n", 1)[0][:40].rstrip()
    return f"{error.msg[0].lower()}{error.msg[1:]}, but here stands: {shown}"


def _refuse_depth(value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST):
        if not level:
            return
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
    if level:
        raise UnreadableJson("", _TOO_DEEP)


def _repeated_keys(value: Any, found: _Findings) -> Iterator[tuple[str, str]]:
    if not found.repeated:
        return
    queue = [Item(value, "")]
    while queue:
        node, at = queue.pop()
        if id(node) in found.repeated:
            key = found.repeated[id(node)][1]
            yield f"{at}/{escape(key)}", f'the key "{key}" stands twice in one object; the last was read'
        if isinstance(node, dict):
            queue += [Item(inner, f"{at}/{escape(key)}") for key, inner in node.items()]
        elif isinstance(node, list):
            queue += items(node, at)


def _every_text(value: Any, at: str, language: str | None = None) -> Iterator[Text]:
    if isinstance(value, str):
        if stripped := _clean(value):
            yield Text(stripped, at, language)
    elif isinstance(value, list):
        for one, place in items(value, at):
            yield from _every_text(one, place, language)
    elif isinstance(value, dict) and "@value" in value:
        tag = value.get("@language")
        yield from _every_text(value["@value"], f"{at}/@value", tag if isinstance(tag, str) else language)
    elif isinstance(value, dict) and language is None:
        for tag, one in value.items():
            if tag == "@none" or _LANGUAGE.fullmatch(tag):
                yield from _every_text(one, f"{at}/{tag}", None if tag == "@none" else tag)


def _speaks(tag: str, wish: str) -> bool:
    lowered = tag.lower()
    return lowered == wish or lowered.startswith(f"{wish}-")


def _clean(value: str) -> str:
    # NUL is legal JSON, but no database column takes it.
    return value.replace("\x00", "").strip()
