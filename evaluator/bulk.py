"""A catalogue at once: the SELECT of `evaluator.sql` over a table of facts, run by Polars (extra `bulk`).

A table of facts has a column `program` and one column per fact; a fact that has no column is unknown for every
program. The unit of work is one pure function from table to table (`score_table`), which any scheduler can carry to
where the rows are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlglot import exp

from evaluator.facts import FactDefinition, Kind, dictionary
from evaluator.program import Program
from evaluator.rubric import Rubric
from evaluator.sql import compile_rubric

try:
    import polars as pl
    import pyarrow as pa  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"Scoring a catalogue needs {error.name}, which is not installed: pip install 'touchstone-evaluator[bulk]'",
        name=error.name,
    ) from None

ARROW: dict[Kind, pa.DataType] = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "text": pa.string(),
    "date": pa.string(),
}
POLARS: dict[Kind, pl.DataType] = {
    "boolean": pl.Boolean(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "text": pl.String(),
    "date": pl.String(),
}


class TableError(ValueError):
    """A table that can't be scored; the message names the column and what is wrong with it."""


def facts_table(programs: Iterable[Program]) -> pa.Table:
    """The facts of programs whose derived facts are there: `program` and every fact of the dictionary.

    Numbers are doubles, integers 64 bits, dates ISO 8601 text; unknown is null.
    """
    rows = list(programs)
    known = dictionary()
    columns = {name: [program.value(name) for program in rows] for name in known}
    fields = [pa.field("program", pa.string()), *(pa.field(name, ARROW[fact.type]) for name, fact in known.items())]
    return pa.table({"program": [program.id for program in rows], **columns}, schema=pa.schema(fields))


def score_table(facts: pa.Table, rubrics: Sequence[Rubric]) -> pa.Table:
    """`scored` from an Arrow table to an Arrow table, in the order of its rows."""
    frame = pl.from_arrow(facts)
    assert isinstance(frame, pl.DataFrame)
    return scored(frame.lazy(), rubrics).collect().to_arrow()


def score_parquet(source: Path, target: Path, rubrics: Sequence[Rubric]) -> int:
    """Score a Parquet file of facts (or a folder of them) into a Parquet file, a stream of row groups at a time.

    Gives the number of programs. Raises TableError for a source that is no such file. `target` appears when it is
    complete; until then its name ends in `.part`.
    """
    part = target.with_name(target.name + ".part")
    try:
        scored(pl.scan_parquet(source), rubrics).sink_parquet(part, compression="zstd", compression_level=1)
        count = pl.scan_parquet(part).select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        part.unlink(missing_ok=True)
        raise TableError(f"{source}: {str(error).splitlines()[0]}") from None
    part.replace(target)
    return int(count)


def scored(facts: pl.LazyFrame, rubrics: Sequence[Rubric]) -> pl.LazyFrame:
    """One row per row of `facts`: `program`, and per rubric the columns of its query (see `evaluator.sql.Query`).

    Their names start with the rubric's id and a point (`rigor.score_low`); where two versions of a rubric are asked,
    with `rigor@1.0.0`. Raises TableError for a table without `program` or with a column of another type than its
    fact's. What is not a finite number is unknown.
    """
    asked = list(dict.fromkeys(fact for rubric in rubrics for fact in rubric.facts))
    schema = facts.collect_schema()
    if "program" not in schema:
        raise TableError('a table of facts needs a column "program"')
    columns = [_column(dictionary()[name], schema.get(name)) for name in asked]
    typed = facts.select(pl.col("program").cast(pl.String), *columns)
    query = combined(tuple(rubrics))
    sums = pl.SQLContext(facts=typed).execute(query.sums.sql("postgres"))
    quotients = [
        pl.struct(*operands).map_batches(_quotient, return_dtype=pl.Float64, is_elementwise=True).alias(name)
        for name, operands in query.quotients.items()
    ]
    return pl.SQLContext(sums=sums.with_columns(quotients)).execute(query.scores.sql("postgres"))


def _quotient(operands: pl.Series) -> pl.Series:
    """100 × points ÷ weight, rounded as IEEE 754 says.

    Polars turns a division by a constant column into a multiplication by its reciprocal, which is off by one unit in
    the last place in a third of cases; NumPy divides.
    """
    points, weight = (operands.struct.field(name).to_numpy() for name in operands.struct.fields)
    return pl.Series(100 * points / weight, dtype=pl.Float64)


def _column(fact: FactDefinition, found: pl.DataType | None) -> pl.Expr:
    """The column of a fact in the type that its comparisons expect."""
    wanted = POLARS[fact.type]
    if found is None or found == pl.Null:
        return pl.lit(None, wanted).alias(fact.name)
    column = pl.col(fact.name)
    if found.is_numeric() and fact.type == "number":
        number = column.cast(pl.Float64)
        return pl.when(number.is_finite()).then(number).alias(fact.name)
    fits: Mapping[Kind, bool] = {
        "boolean": found == pl.Boolean,
        "integer": found.is_integer(),
        "text": found in (pl.String, pl.Categorical, pl.Enum),
    }
    if not fits.get(fact.type):
        raise TableError(f'column "{fact.name}" holds {found}; the fact is of type {fact.type}')
    return column.cast(wanted)


@dataclass(frozen=True)
class Combined:
    """The queries of several rubrics as one, in the two parts between which `scored` divides."""

    sums: exp.Select
    """Over `facts`: levels and sums."""
    quotients: dict[str, tuple[str, str]]
    """By column: the columns of `sums` with the points and the weight that it divides."""
    scores: exp.Select
    """Over `sums` and the quotients."""


@lru_cache(maxsize=64)
def combined(rubrics: tuple[Rubric, ...]) -> Combined:
    """The queries of several rubrics as one, so that the facts are read once.

    Raises ValueError for no rubric, or the same one twice.
    """
    layers: dict[str, list[exp.Expr]] = {"levels": [], "sums": [], "scores": []}
    for rubric, prefix in zip(rubrics, _prefixes(rubrics), strict=True):
        select = compile_rubric(rubric).expression
        inner = {layer.alias: layer.this for layer in select.ctes}
        for name, projections in layers.items():
            layer = inner.get(name, select)
            projections += [_prefixed(each, prefix, name == "levels") for each in layer.selects[1:]]
    quotients: dict[str, tuple[str, str]] = {}
    scores = [each.transform(_named_quotient, quotients) for each in layers["scores"]]
    sums = _select(layers["sums"], "levels").with_(_identifier("levels"), _select(layers["levels"], "facts"))
    return Combined(sums, quotients, _select(scores, "sums"))


def _named_quotient(node: exp.Expr, quotients: dict[str, tuple[str, str]]) -> exp.Expr:
    """A column in the place of a division; `quotients` learns what it divides."""
    if not isinstance(node, exp.Div):
        return node
    points, weight = (column.name for side in (node.this, node.expression) for column in side.find_all(exp.Column))
    name = f"{points} / {weight}"
    quotients[name] = points, weight
    return exp.column(_identifier(name))


def _select(projections: Sequence[exp.Expr], source: str) -> exp.Select:
    return exp.select(exp.column(_identifier("program")), *projections).from_(exp.Table(this=_identifier(source)))


def _identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _prefixes(rubrics: Sequence[Rubric]) -> list[str]:
    ids = [rubric.rubric for rubric in rubrics]
    prefixes = [(rubric.rubric if ids.count(rubric.rubric) == 1 else rubric.name) + "." for rubric in rubrics]
    if not rubrics or len(set(prefixes)) < len(prefixes):
        raise ValueError("give at least one rubric, and each only once")
    return prefixes


def _prefixed(projection: exp.Expr, prefix: str, reads_facts: bool) -> exp.Expr:
    """A column of a query under its name in the combined one; those of the first layer read facts by their names."""
    copy = projection.copy()
    if not reads_facts:
        for column in copy.find_all(exp.Column):
            column.this.set("this", prefix + column.name)
    if isinstance(copy, exp.Alias):
        copy.args["alias"].set("this", prefix + copy.alias)
    return copy
