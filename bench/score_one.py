"""One program from bytes to explained JSON under the installed rubrics, against `orjson.loads` of the same bytes.

    python bench/score_one.py [DOCUMENT …]

Documents are JSON-LD in CTDL that hold one program; without any, an invented one is timed. All are timed in turn
within one run, so that the ratio of their medians holds although the machine has neighbours.

Answers are remembered by the values they depend on. So two figures are printed: for a document whose like was judged
before, and, for the invented one, for documents that each differ from all others in hours, price and credit.
"""

from __future__ import annotations

import datetime
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import orjson

from evaluator.derive import derive
from evaluator.program import Document, document
from evaluator.rubric import Rubric
from evaluator.score import score_derived
from providers import ctdl
from rubrics.library import installed, latest

ROUNDS = 400
DAY = datetime.date(2026, 11, 24)

INVENTED = {
    "@context": "https://credreg.net/ctdl/schema/context/json",
    "@id": "https://example.org/resources/ce-00000000-0000-4000-8000-000000000000",
    "@type": "ceterms:Certificate",
    "ceterms:ctid": "ce-00000000-0000-4000-8000-000000000000",
    "ceterms:name": {"en": "Certificate in Small Boat Repair"},
    "ceterms:description": {"en": "Holders find, judge and mend damage to small boats of wood and fibreglass. " * 12},
    "ceterms:subjectWebpage": "https://example.org/boats",
    "ceterms:inLanguage": ["en"],
    "ceterms:estimatedDuration": [{"@type": "ceterms:DurationProfile", "ceterms:exactDuration": "PT120H"}],
    "ceterms:requires": [
        {
            "@type": "ceterms:ConditionProfile",
            "ceterms:description": {"en": f"Pass practical test {number} at the yard, watched by a master. " * 4},
        }
        for number in range(6)
    ],
    "ceterms:ownedBy": ["https://example.org/resources/ce-11111111-1111-4111-8111-111111111111"],
}
"""A credential in CTDL, as its registry publishes them; the school and the boats are invented."""


def another(number: int) -> bytes:
    """The invented credential with hours, a price and credit that no smaller number gives it."""
    duration = {"@type": "ceterms:DurationProfile", "ceterms:exactDuration": f"PT{number + 1}H"}
    cost = {"@type": "ceterms:CostProfile", "ceterms:price": 40 + number, "ceterms:currency": "USD"}
    credit = {"@type": "schema:QuantitativeValue", "schema:value": number / 4, "ceterms:creditUnitType": "ects"}
    changed = {
        "ceterms:estimatedDuration": [duration],
        "ceterms:estimatedCost": [cost],
        "ceterms:creditValue": [credit],
    }
    return orjson.dumps({**INVENTED, **changed})


def described(name: str, content: bytes) -> Document:
    return document(name, content, "application/ld+json", "2026-11-24T00:00:00Z")


def from_bytes(source: Document, rubrics: tuple[Rubric, ...]) -> bytes:
    """Everything that a request does but the network: read, derive, score, explain, encode."""
    cards = []
    for program in ctdl.provider.read(source).programs:
        derived = derive(program, DAY)
        cards.append([score_derived(derived, rubric, DAY) for rubric in rubrics])
    return msgspec.json.encode(cards)


def median_each(tasks: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each task, run in turn."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def main(paths: list[str]) -> None:
    rubrics = latest(installed())
    contents = {path: Path(path).read_bytes() for path in paths} or {"invented": orjson.dumps(INVENTED)}
    for name, content in contents.items():
        source = described(name, content)
        reading = ctdl.provider.read(source)
        if len(reading.programs) != 1:
            print(f"{name}: holds {len(reading.programs)} programs; give documents of one")
            continue
        program = reading.programs[0]
        derived = derive(program, DAY)
        cards = [score_derived(derived, rubric, DAY) for rubric in rubrics]
        new = iter([described("another", another(number)) for number in range(ROUNDS)])
        unseen = {} if paths else {"the same, never seen before": lambda new=new: from_bytes(next(new), rubrics)}
        medians = median_each(
            {
                "orjson.loads": lambda content=content: orjson.loads(content),
                "bytes to explained JSON": lambda source=source: from_bytes(source, rubrics),
                **unseen,
                "  of it reading": lambda source=source: ctdl.provider.read(source),
                "  of it deriving": lambda program=program: derive(program, DAY),
                "  of it scoring": lambda derived=derived: [score_derived(derived, each, DAY) for each in rubrics],
                "  of it encoding": lambda cards=cards: msgspec.json.encode(cards),
            }
        )
        names = ", ".join(rubric.name for rubric in rubrics)
        out = len(from_bytes(source, rubrics))
        print(f"{name}: {len(content)} bytes in, {out} bytes out, {len(derived.facts)} facts, {names}")
        for task, median in medians.items():
            print(f"  {task:29}{median * 1e6:9.1f} µs   {median / medians['orjson.loads']:6.1f} ×")


if __name__ == "__main__":
    main(sys.argv[1:])
