"""Where the facts of a document that somebody wrote by hand were read: `<name>.sources.yaml` beside it.

    programs:
      Data Analysis Certificate:          # identifier or title of a program in the document
        - facts: [pass_mark, assessment_exists]
          source: https://example.edu/assessment
          read_on: 2026-11-24
          says: The final exam has to be passed with at least 70 of 100 points.
          grade: documented                 # the issuer's own catalogue or policy page

The evidence of each listed fact then names the page and the day, and is as good as that page: `claimed` unless `grade`
says more. The form of the document does not count, because its writer is not the issuer.
What the form of the file says (its metadata standard, for instance) is dropped: that is the writer's, not the issuer's.
Descriptive fields (title, outcomes, prices …) may be listed too: they carry no evidence, but people read the file.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator

from evaluator import strict_yaml
from evaluator.facts import dictionary
from evaluator.program import QUOTE_LENGTH, Document, Fact, Grade, Problem, Program, Reading, settle

SUFFIX = ".sources.yaml"
DESCRIPTIVE = frozenset(
    {
        "title",
        "description",
        "url",
        "languages",
        "issuer",
        "awarding_body",
        "outcomes",
        "skills",
        "prerequisites",
        "recognitions",
        "prices",
        "dates",
    }
)
"""Fields of a program that are not facts."""
OF_THE_FILE = frozenset(
    {
        "metadata_standard",
        "metadata_required_share",
        "metadata_recommended_share",
        "machine_identifier",
        "record_format",
        "record_signed",
    }
)
"""Facts that adapters take from the form of a file. Of a file written by somebody else than the issuer, they say
nothing about the program, so they go unless a statement lists them."""
LARGEST = 1_000_000
"""Bytes of the largest sidecar."""


class Statement(BaseModel):
    """One place where facts were read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    facts: list[str] = Field(min_length=1)
    source: str = Field(pattern=r"^https?://\S+$")
    """Public page."""
    read_on: datetime.date
    says: str = Field(min_length=1, max_length=QUOTE_LENGTH)
    """What stands there, in the words of whoever read it."""
    grade: Grade = "claimed"
    """How far the page can be trusted."""

    @field_validator("facts")
    @classmethod
    def _known(cls, facts: list[str]) -> list[str]:
        known = dictionary().keys() | DESCRIPTIVE
        for name in facts:
            if name not in known:
                raise ValueError(
                    f'"{name}" is neither a fact nor a field of a program.{strict_yaml.did_you_mean(name, known)}'
                )
        return facts


class Sources(BaseModel):
    """A whole sidecar."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    programs: dict[str, list[Statement]]


def is_sidecar(path: Path) -> bool:
    """Whether the file describes another one instead of programs."""
    return path.name.endswith(SUFFIX)


def path_beside(document: str) -> Path:
    """Where the sidecar of a document lies: `programs.csv.sources.yaml`, or `programs.sources.yaml`."""
    full = Path(document + SUFFIX)
    return full if _is_there(full) else Path(document).with_suffix(SUFFIX)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name may be as long as names can be; with the suffix it is too long to ask for.
        return False


def apply(reading: Reading, source: Document) -> Reading:
    """The reading of a file, with the sources that its sidecar names; unchanged when it has none."""
    path = path_beside(source.url)
    if not _is_there(path):
        return reading
    try:
        sources = _load(path)
    except strict_yaml.SpecError as error:
        return _with_problems(reading, path, error.problems)
    programs, faults = list(reading.programs), list[str]()
    for key, statements in sources.programs.items():
        matching = [number for number, program in enumerate(programs) if key in (program.id, program.title)]
        if len(matching) != 1:
            faults.append(_no_program(key, len(matching), reading.programs))
            continue
        programs[matching[0]], missing = _sourced(programs[matching[0]], statements)
        faults += [
            f'programs "{key}": the document does not give "{fact}"; remove it here or add it there' for fact in missing
        ]
    return _with_problems(msgspec.structs.replace(reading, programs=tuple(programs)), path, faults)


def _load(path: Path) -> Sources:
    try:
        with path.open("rb") as stream:
            text = stream.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise strict_yaml.SpecError([f"{path.name}: is larger than 1 MB; split the document and it."])
        return strict_yaml.convert(strict_yaml.parse(text, path.name), Sources, path.name)
    except strict_yaml.SpecError:
        raise
    except (OSError, ValueError, TypeError, RecursionError) as error:
        # Dates such as 2026-13-45 and keys that are lists pass YAML's syntax but not Python's types.
        raise strict_yaml.SpecError([f"{path.name}: can't be read ({error})."]) from None


def _with_problems(reading: Reading, path: Path, messages: Sequence[str]) -> Reading:
    problems = tuple(Problem(document=str(path), locator="", message=message) for message in messages)
    return msgspec.structs.replace(reading, problems=(*reading.problems, *problems))


def _no_program(key: str, matching: int, programs: Sequence[Program]) -> str:
    if matching:
        return f'"{key}" is the title of {matching} programs; write the identifier of one'
    near = strict_yaml.did_you_mean(key, [name for program in programs for name in (program.id, program.title) if name])
    return f'"{key}" is no program of the document.{near}'


def _sourced(program: Program, statements: Sequence[Statement]) -> tuple[Program, list[str]]:
    """The program with its sources, and the facts that it does not have."""
    listed = {name for statement in statements for name in statement.facts}
    facts = {name: fact for name, fact in program.facts.items() if name in listed or name not in OF_THE_FILE}
    missing = list[str]()
    for statement in statements:
        for name in statement.facts:
            if name in facts:
                facts[name] = _read_there(name, facts[name], statement)
            elif name not in DESCRIPTIVE:
                missing.append(name)
    return msgspec.structs.replace(program, facts=facts), missing


def _read_there(name: str, fact: Fact, statement: Statement) -> Fact:
    read = {
        "source": statement.source,
        "retrieved": statement.read_on.isoformat(),
        "quote": statement.says,
        "grade": statement.grade,
    }
    return settle(dictionary()[name], [msgspec.structs.replace(item, **read) for item in fact.evidence])
