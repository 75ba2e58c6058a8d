"""Comparing 50 programs on 12 criteria, and 5 programs under the installed rubrics as the API does.

    python bench/compare_many.py

Programs are drawn at random with a fixed seed and know half of what is asked. Times are of the processor. Only the
drawn weights of a rubric are kept from call to call: the first call, which draws them, is told apart from later ones.
"""

from __future__ import annotations

import datetime
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable

from evaluator.compare import compare, standing
from evaluator.facts import Value, dictionary
from evaluator.program import Evidence, Fact, Program
from evaluator.rubric import Rubric
from evaluator.score import score_derived
from evaluator.verdicts import weight_draws
from rubrics.library import installed, latest

DAY = datetime.date(2026, 11, 24)
ROUNDS = 20


def twelve_criteria(rubrics: tuple[Rubric, ...]) -> Rubric:
    """The first twelve criteria of the installed rubrics, as one."""
    criteria = [criterion for rubric in rubrics for criterion in rubric.criteria][:12]
    named = [
        {**each.model_dump(mode="json"), "id": f"c{number}_{each.id}"[:40]} for number, each in enumerate(criteria)
    ]
    rest = rubrics[0].model_dump(mode="json", exclude={"cases"})
    return Rubric.model_validate({**rest, "rubric": "twelve", "criteria": named})


def random_value(name: str, draw: random.Random) -> Value:
    fact = dictionary()[name]
    if fact.type == "boolean":
        return draw.random() < 0.5
    if fact.type == "text":
        return draw.choice(fact.values or ("EUR", "USD"))
    number = draw.uniform(fact.minimum or 0, fact.maximum or 200)
    return round(number) if fact.type == "integer" else round(number, 2)


def random_program(number: int, names: list[str], draw: random.Random) -> Program:
    """A program that knows half of the facts."""
    facts = {}
    for name in names:
        if draw.random() < 0.5:
            value = random_value(name, draw)
            evidence = Evidence(
                document="sha256:0", locator="", quote="", value=value, grade="documented", retrieved="2026-11-24"
            )
            facts[name] = Fact(value=value, grade="documented", evidence=(evidence,))
    return Program(id=f"urn:program:{number}", title=f"Program {number}", facts=facts)


def timed(task: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of processor time of the first call, and the median of the later ones."""
    times = []
    weight_draws.cache_clear()
    for _ in range(ROUNDS):
        start = time.process_time()
        task()
        times.append((time.process_time() - start) * 1e3)
    return times[0], statistics.median(times[1:])


def main() -> None:
    rubrics = latest(installed())
    draw = random.Random(20261124)
    names = sorted({fact for rubric in rubrics for fact in rubric.facts})
    programs = [random_program(number, names, draw) for number in range(50)]
    twelve = twelve_criteria(rubrics)
    cards = [score_derived(program, twelve, DAY) for program in programs]
    first, later = timed(lambda: standing(cards, twelve))
    claims = Counter(pair.claim for pair in standing(cards, twelve).pairs)
    print(f"50 programs × {len(twelve.criteria)} criteria, 1,225 pairs: first {first:.1f} ms, later {later:.1f} ms")
    print("  " + ", ".join(f"{claim} {count}" for claim, count in claims.most_common()))
    few = programs[:5]
    table = [[score_derived(program, rubric, DAY) for rubric in rubrics] for program in few]
    first, later = timed(lambda: compare(few, table, rubrics))
    print(f"5 programs × {len(rubrics)} rubrics: first {first:.1f} ms, later {later:.1f} ms")


if __name__ == "__main__":
    main()
