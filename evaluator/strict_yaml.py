"""Read YAML that people wrote, strictly, and say what is wrong where.

YAML keeps the last of two equal keys without a word and pydantic names the place of an error in its own
syntax; both hide mistakes from the person who wrote the file. Every error raised here reads
*file, place, what is wrong, did you mean*.
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class SpecError(ValueError):
    """One or more mistakes in a file that a person wrote (rubric, profile, mapping, dictionary).

    `problems` holds one readable line per mistake.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean "x"?` for the nearest known word, or an empty string when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """SafeLoader that refuses a key written twice, and names the line of whatever it can't read."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, AttributeError):  # what PyYAML raises for 2026-13-45, !!int x, !!timestamp x
            problem = f"{str(node.value)[:80]!r} can't be a {node.tag.rsplit(':')[-1]}; quote it if it is text"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def _mapping_without_duplicates(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be a word or a number, not a list or a mapping", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f'the key "{key}" stands twice; keep one', key_node.start_mark
            )
        seen.add(key)
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates)


def parse(text: str | bytes, name: str) -> Any:
    """Parse YAML text; `name` is what errors call the file.

    Raises SpecError on bad syntax or on a key that stands twice in one mapping.
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise SpecError([f"{name}{line}: {error.problem or error}."]) from None
    except yaml.YAMLError as error:
        raise SpecError([f"{name}: {' '.join(str(error).split())}."]) from None
    except RecursionError:
        raise SpecError([f"{name}: nested too deeply."]) from None


def load(path: Path, model: type[Model], name: str | None = None) -> Model:
    """Read one YAML file as `model`. Raises SpecError that lists every mistake in it."""
    shown = name or str(path)
    return convert(parse(path.read_bytes(), shown), model, shown)


def convert(data: Any, model: type[Model], name: str) -> Model:
    """Check parsed YAML against `model`. Raises SpecError that lists every mistake."""
    if not isinstance(data, Mapping):
        raise SpecError([f"{name}: a mapping of keys is expected, not {type(data).__name__}."])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise SpecError([_sentence(name, model, data, item) for item in error.errors()]) from None


def _sentence(name: str, model: type[BaseModel], data: Any, error: Mapping[str, Any]) -> str:
    about_a_key = error["type"] in ("extra_forbidden", "missing")
    place = _place(data, error["loc"][:-1] if about_a_key else error["loc"])
    where = f"{name}, {place}" if place else name
    if error["type"] == "extra_forbidden":
        key = str(error["loc"][-1])
        return f'{where}: unknown key "{key}".{did_you_mean(key, _keys(model))}'
    if error["type"] == "missing":
        return f'{where}: the key "{error["loc"][-1]}" is missing.'
    message = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{where}: {message}."


def _place(data: Any, location: tuple[int | str, ...]) -> str:
    """Name the place as a person would: a list item by its id or name, not by its number."""
    words: list[str] = []
    for step in location:
        inner = None
        if isinstance(data, Mapping):
            inner = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            inner = data[step]
        if isinstance(step, int) and isinstance(inner, Mapping) and ("id" in inner or "name" in inner):
            words[-1:] = [f'{_singular(words[-1] if words else "item")} "{inner.get("id", inner.get("name"))}"']
        else:
            words.append(str(step))
        data = inner
    return " ".join(words)


def _singular(word: str) -> str:
    return {"criteria": "criterion", "cases": "case", "caps": "cap"}.get(word, word)


def _keys(model: type[BaseModel]) -> set[str]:
    """Every key that `model` or a model inside it knows."""
    keys: set[str] = set()
    seen: set[type[BaseModel]] = set()
    queue: list[Any] = [model]
    while queue:
        kind = queue.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind not in seen:
                seen.add(kind)
                keys.update(field.alias or key for key, field in kind.model_fields.items())
                queue.extend(field.annotation for field in kind.model_fields.values())
        else:
            queue.extend(getattr(kind, "__args__", ()))
    return keys
