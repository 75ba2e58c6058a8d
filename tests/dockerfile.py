"""A Dockerfile as its instructions: what the build does, read from the text that an engine would read."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field

KNOWN = frozenset(
    {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD", "ARG", "LABEL"}
)


@dataclass(frozen=True)
class Instruction:
    """One instruction with what follows it, on one line."""

    name: str
    value: str


@dataclass
class Stage:
    """The instructions from one FROM to the next."""

    image: str
    name: str | None
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        return [each.value for each in self.instructions if each.name == name]

    def environment(self) -> dict[str, str]:
        pairs = (word.partition("=")[::2] for value in self.all("ENV") for word in shlex.split(value))
        return dict(pairs)


def stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile. Raises ValueError for what is no instruction."""
    found: list[Stage] = []
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        name, _, value = line.strip().partition(" ")
        if name not in KNOWN or not value.strip():
            raise ValueError(f"no instruction that is known here: {line}")
        if name == "FROM":
            image, _, own = value.partition(" AS ")
            found.append(Stage(image.strip(), own.strip() or None))
        elif not found:
            raise ValueError(f"before the first FROM: {line}")
        else:
            found[-1].instructions.append(Instruction(name, " ".join(value.split())))
    return found


def words(value: str) -> list[str]:
    """The words of an instruction in its JSON form, such as `["touchstone"]`. Raises ValueError for another form."""
    parsed = json.loads(value)
    if not isinstance(parsed, list) or not all(isinstance(each, str) for each in parsed):
        raise ValueError(f"not a list of words: {value}")
    return parsed
