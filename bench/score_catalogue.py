"""Programs per second that Polars scores from a Parquet file of facts into a Parquet file of levels and scores.

    python bench/score_catalogue.py [PROGRAMS] [ROUNDS]

The facts are drawn at random with a fixed seed, about half of them known, which compresses worse than a real
catalogue. Beside it, in the same run: copying the same fact columns from Parquet to Parquet, which is what reading and
writing alone cost. The levels of the first programs are checked against SQLite, one by one.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

THREADS = 2
os.environ["POLARS_MAX_THREADS"] = str(THREADS)

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402

from evaluator.bulk import score_parquet  # noqa: E402
from evaluator.facts import FactDefinition, dictionary  # noqa: E402
from evaluator.rubric import Rubric  # noqa: E402
from evaluator.score import row_of  # noqa: E402
from rubrics.library import installed, latest  # noqa: E402

CHECKED = 200


def column(fact: FactDefinition, count: int, draw: np.random.Generator) -> pl.Series:
    """Random values of a fact, half of them unknown."""
    if fact.type == "boolean":
        values = pl.Series(draw.random(count) < 0.5)
    elif fact.type == "text":
        choices = pl.Series(fact.values or ("EUR", "USD"))
        values = choices.gather(draw.integers(0, len(choices), count))
    else:
        low, high = fact.minimum or 0, fact.maximum or 200
        drawn = draw.uniform(low, high, count)
        values = pl.Series(np.rint(drawn).astype(np.int64) if fact.type == "integer" else np.round(drawn, 2))
    known = pl.Series(draw.random(count) < 0.5)
    return pl.select(pl.when(known).then(values).alias(fact.name)).to_series()


def write_facts(path: Path, rubrics: tuple[Rubric, ...], count: int) -> list[str]:
    """A Parquet file of random facts; gives the names of its fact columns."""
    draw = np.random.default_rng(20261124)
    names = sorted({fact for rubric in rubrics for fact in rubric.facts})
    columns = [column(dictionary()[name], count, draw) for name in names]
    programs = pl.Series("program", [f"urn:program:{number}" for number in range(count)])
    pl.DataFrame([programs, *columns]).write_parquet(path, row_group_size=65_536)
    return names


def check(source: Path, target: Path, rubrics: tuple[Rubric, ...]) -> None:
    """Raises ValueError where the first rows differ from SQLite's."""
    facts = pl.scan_parquet(source).head(CHECKED).collect().to_dicts()
    scores = pl.scan_parquet(target).head(CHECKED).collect().to_dicts()
    for values, found in zip(facts, scores, strict=True):
        for rubric in rubrics:
            for name, value in row_of(values, rubric).items():
                if name != "program" and found[f"{rubric.rubric}.{name}"] != value:
                    raise ValueError(f"{values['program']}: {rubric.rubric}.{name} differs from SQLite")


def main(count: int = 1_000_000, rounds: int = 5) -> None:
    rubrics = latest(installed())
    with tempfile.TemporaryDirectory() as folder:
        source, target, copy = (Path(folder) / f"{name}.parquet" for name in ("facts", "scores", "copy"))
        names = write_facts(source, rubrics, count)
        times: dict[str, list[float]] = {"score": [], "copy": []}
        for _ in range(rounds):
            start = time.perf_counter()
            score_parquet(source, target, rubrics)
            times["score"].append(time.perf_counter() - start)
            start = time.perf_counter()
            pl.scan_parquet(source).sink_parquet(copy, compression="zstd", compression_level=1)
            times["copy"].append(time.perf_counter() - start)
        check(source, target, rubrics)
        written = pl.scan_parquet(target).collect_schema()
        print(f"{count:,} programs, {len(names)} facts in, {len(written)} columns out, {THREADS} threads")
        print(f"files: {source.stat().st_size / count:.0f} bytes a program in, {target.stat().st_size / count:.0f} out")
        for name, found in times.items():
            middle = statistics.median(found)
            spread = f"{min(found):.2f} to {max(found):.2f} s"
            print(f"  {name:6}{middle:7.2f} s ({spread})   {count / middle:12,.0f} programs/s")
        ratio = statistics.median(times["score"]) / statistics.median(times["copy"])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  score ÷ copy of the facts: {ratio:.2f}; most memory: {memory:.0f} MiB, making the facts included")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
