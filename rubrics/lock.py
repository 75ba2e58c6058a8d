"""What was published stays as it was: `published.lock` holds the digest of every published rubric of a folder.

One line per rubric: id, version, digest. A scorecard names its rubric by digest, so it could not be replayed if the
rubric behind a published version changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from evaluator.rubric import Rubric
from evaluator.strict_yaml import SpecError

LOCK = "published.lock"
_LINE = re.compile(r"([a-z][a-z0-9-]{1,40}) (\d+\.\d+\.\d+) (sha256:[0-9a-f]{64})")


def line(rubric: Rubric) -> str:
    """The line by which a rubric is locked."""
    return f"{rubric.rubric} {rubric.version} {rubric.digest}"


def read(folder: Path) -> dict[str, str]:
    """The digest of every published rubric of a folder by its name, such as `rigor@1.0.0`; none without a lock.

    Raises SpecError that lists every line that is not an id, a version and a digest, and every rubric locked twice.
    """
    path = folder / LOCK
    locked: dict[str, str] = {}
    problems = []
    for number, text in enumerate(path.read_text("utf-8").splitlines() if path.is_file() else (), start=1):
        place = f"{folder.name}/{LOCK}, line {number}"
        if not text.strip() or text.startswith("#"):
            continue
        if not (match := _LINE.fullmatch(text.strip())):
            problems.append(f'{place}: expected an id, a version and "sha256:" with 64 hexadecimal digits.')
        elif (name := f"{match[1]}@{match[2]}") in locked:
            problems.append(f"{place}: {name} is locked twice; keep the line that was first.")
        else:
            locked[name] = match[3]
    if problems:
        raise SpecError(problems)
    return locked


def faults(folder: Path, rubrics: Mapping[str, Rubric]) -> Iterator[str]:
    """One line per published rubric of a folder that has changed or is gone. `rubrics` are by name.

    Raises SpecError for a lock with mistakes.
    """
    for name, digest in read(folder).items():
        file = f"{name.replace('@', '/')}.yaml"
        place = f"{folder.name}/{file}"
        if name in rubrics and rubrics[name].digest != digest:
            yield (
                f"{place}: {name} is published and may not change. Restore it, and give what is new the next version "
                "in a file of its own."
            )
        elif name not in rubrics and not (folder / file).is_file():
            yield f"{place}: {name} is published, but its file is gone. Restore it."
