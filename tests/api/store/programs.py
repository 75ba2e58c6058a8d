"""Small documents, programs and a rubric of the tests' own."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from api.store.forming import Way
from evaluator.facts import Value
from evaluator.program import Document, Draft, Organization, Program, Reading, document
from evaluator.rubric import Rubric, parse_rubric
from rubrics import library

DAY = datetime.date(2026, 11, 20)
RUBRIC = """
rubric: {id}
version: 1.0.0
title: {title}
asks: Does it show what it should?
publisher: {{name: A publisher, url: 'https://publisher.example/'}}
license: CC0-1.0
evidence_floor: documented
criteria:
  - id: assessed
    asks: Is there an assessment?
    why: Without one nothing was shown.
    weight: 3
    basis: [{{title: A source, url: 'https://source.example/', read_on: 2026-11-01}}]
    levels:
      0: {{says: No assessment}}
      1: {{says: An assessment, when: assessment_exists}}
      2: {{says: A pass mark of half or more, when: assessment_exists AND pass_mark >= 0.5}}
    remedy: Publish how it is assessed.
  - id: identified
    asks: Was the holder identified?
    why: Somebody else may have done it.
    weight: 1
    basis: [{{title: A source, url: 'https://source.example/', read_on: 2026-11-01}}]
    levels:
      0: {{says: Not identified}}
      1: {{says: Identified, when: identity_verified}}
    remedy: Publish how holders are identified.
caps: []
"""


def rubric(id: str = "tiny", title: str = "Tiny") -> Rubric:
    """A rubric of two criteria."""
    return parse_rubric(RUBRIC.format(id=id, title=title), f"{id}.yaml")


def in_folder(folder: Path) -> tuple[Rubric, ...]:
    """The same rubric, loaded from a folder as an installation does."""
    place = folder / "tiny"
    place.mkdir(parents=True)
    (place / "1.0.0.yaml").write_text(RUBRIC.format(id="tiny", title="Tiny"))
    return library.in_folders([folder])


def untouched(program: Program) -> Program:
    """No profiles."""
    return program


def way(*rubrics: Rubric, as_of: datetime.date = DAY) -> Way:
    """Programs formed without profiles."""
    return Way(untouched, rubrics or (rubric(),), as_of)


def paper(text: str, url: str = "https://example.org/a", retrieved: str = "2026-11-01T00:00:00Z") -> Document:
    """A document of some text."""
    return document(url, text.encode(), "text/plain", retrieved)


def says(
    source: Document,
    facts: Mapping[str, Value],
    id: str = "https://example.org/program",
    grade: Any = "documented",
    **fields: Any,
) -> Program:
    """What a document says of a program."""
    draft = Draft(source, grade)
    for name, value in facts.items():
        draft.state(name, value, f"/{name}")
    assert not draft.problems
    if isinstance(fields.get("issuer"), str):
        fields["issuer"] = Organization(name=fields["issuer"])
    return draft.finish(id=id, **{"title": "A program", **fields})


def reading(*programs: Program) -> Reading:
    """What was read in a document."""
    return Reading(programs=programs)


def table(rows: Iterable[Mapping[str, str]], url: str = "catalogue.csv") -> Document:
    """A CSV document; its cells hold no commas or quotes."""
    listed = list(rows)
    lines = [",".join(listed[0]), *(",".join(row.values()) for row in listed)]
    return document(url, "\n".join(lines).encode(), "text/csv", "2026-11-01T00:00:00Z")


def same_json(one: Any, other: Any) -> bool:
    """Whether two plain values are one JSON value."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
