"""A catalogue at once: tables in, tables out, the same scores as one by one."""

from __future__ import annotations

import datetime
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.bulk import ARROW, TableError, facts_table, score_parquet, score_table, scored
from evaluator.derive import derive
from evaluator.facts import dictionary
from evaluator.rubric import Rubric
from evaluator.score import row_of, score_derived
from evaluator.sql import compile_rubric
from rubrics.library import installed
from tests.evaluator.strategies import ASKED, known, program_of, rubric_of, rubrics

TODAY = datetime.date(2026, 11, 24)
MARK = rubric_of([{"id": "mark", "levels": {1: "pass_mark >= 0.5", 2: "pass_mark >= 0.7"}}], rubric="mark")
WAY = rubric_of(
    [{"id": "way", "levels": {1: "mode = 'taught'"}, "weight": 30}, {"id": "level", "levels": {1: "eqf_low >= 5"}}],
    rubric="way",
)


def _table(**columns: list[object]) -> pa.Table:
    count = len(next(iter(columns.values())))
    return pa.table({"program": [f"p{number}" for number in range(count)], **columns})


def test_facts_become_typed_columns() -> None:
    told = {"pass_mark": 1, "eqf_low": 6, "mode": "taught", "free": False, "reviewed_on": "2026-01-05"}
    programs = [derive(program_of(told, id="a"), TODAY), derive(program_of({}, id="b"), TODAY)]
    table = facts_table(programs)
    assert table.column_names == ["program", *dictionary()]
    assert [str(table.schema.field(name).type) for name in told] == ["double", "int64", "string", "bool", "string"]
    assert table.column("program").to_pylist() == ["a", "b"]
    for name, value in told.items():
        assert table.column(name).to_pylist() == [value, None]
    assert table.column("review_age_months").to_pylist() == [10, None]
    assert table.column("title_stated").to_pylist() == [False, False]


def test_no_programs_are_a_table_too() -> None:
    scores = score_table(facts_table([]), [MARK])
    assert scores.num_rows == 0
    assert "mark.score_low" in scores.column_names


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[list[Rubric], list[Mapping[str, object]]]:
    some = draw(st.lists(rubrics(), min_size=1, max_size=3))
    chosen = [
        Rubric.model_validate({**each.model_dump(mode="json"), "rubric": f"r-{number}"})
        for number, each in enumerate(some)
    ]
    facts = sorted({name for rubric in chosen for name in rubric.facts})
    return chosen, draw(st.lists(known(facts), min_size=1, max_size=5))


@settings(max_examples=15, deadline=None)
@given(case=catalogues())
def test_rubrics_together_score_as_each_alone(case: tuple[list[Rubric], list[Mapping[str, object]]]) -> None:
    chosen, programs = case
    facts = {name for rubric in chosen for name in rubric.facts}
    columns = {name: pa.array([each.get(name) for each in programs], ARROW[ASKED[name].type]) for name in facts}
    rows = score_table(_table(**columns), chosen).to_pylist()
    for row, program in zip(rows, programs, strict=True):
        for rubric in chosen:
            alone = row_of(program, rubric)  # type: ignore[arg-type]
            assert {name: row[f"{rubric.rubric}.{name}"] for name in compile_rubric(rubric).columns[1:]} == {
                name: value for name, value in alone.items() if name != "program"
            }


def test_a_catalogue_scores_as_its_programs_one_by_one() -> None:
    told = [{}, {"pass_mark": 0.7, "identity_verified": True}, {"mode": "exam_only", "assessment_exists": False}]
    programs = [derive(program_of(facts, id=f"p{n}", title="T"), TODAY) for n, facts in enumerate(told)]
    rows = score_table(facts_table(programs), installed()).to_pylist()
    for program, row in zip(programs, rows, strict=True):
        for rubric in installed():
            card = score_derived(program, rubric, TODAY)
            assert (row[f"{rubric.rubric}.score_low"], row[f"{rubric.rubric}.score_high"]) == (
                card.stated,
                card.possible,
            )
            assert row[f"{rubric.rubric}.weight_certain"] / row[f"{rubric.rubric}.weight_applicable"] == card.coverage


# --- tables as they come ------------------------------------------------------------------------------------


def test_a_missing_column_is_unknown() -> None:
    (row,) = score_table(_table(eqf_low=[5]), [WAY]).to_pylist()
    assert (row["way.way_low"], row["way.way_high"], row["way.score_low"], row["way.score_high"]) == (0, 1, 25.0, 100.0)


def test_a_number_that_is_none_is_unknown() -> None:
    rows = score_table(_table(pass_mark=[float("nan"), float("inf"), None, 0.7]), [MARK]).to_pylist()
    assert [(row["mark.score_low"], row["mark.score_high"]) for row in rows] == [(0.0, 100.0)] * 3 + [(100.0, 100.0)]


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint16(), pa.float32()])
def test_numbers_of_any_width(kind: pa.DataType) -> None:
    (row,) = score_table(_table(pass_mark=pa.array([1], kind)), [MARK]).to_pylist()
    assert row["mark.score_low"] == 100


def test_texts_as_categories() -> None:
    (row,) = score_table(_table(mode=pa.array(["taught"]).dictionary_encode()), [WAY]).to_pylist()
    assert row["way.way_low"] == 1


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"pass_mark": ["0.7"]}, 'column "pass_mark" holds String; the fact is of type number'),
        ({"eqf_low": [5.0]}, 'column "eqf_low" holds Float64; the fact is of type integer'),
        ({"mode": [True]}, 'column "mode" holds Boolean; the fact is of type text'),
    ],
)
def test_a_column_of_another_type_is_named(columns: dict[str, list[object]], says: str) -> None:
    with pytest.raises(TableError, match=says):
        score_table(_table(**columns), [MARK, WAY])


def test_a_table_needs_programs() -> None:
    with pytest.raises(TableError, match='needs a column "program"'):
        score_table(pa.table({"pass_mark": [0.7]}), [MARK])


def test_versions_of_a_rubric_stand_side_by_side() -> None:
    newer = Rubric.model_validate({**MARK.model_dump(mode="json"), "version": "2.0.0"})
    columns = score_table(_table(pass_mark=[0.5]), [MARK, newer]).column_names
    assert {"mark@1.0.0.score_low", "mark@2.0.0.score_low"} <= set(columns)
    for rubrics_given in ([], [MARK, MARK]):
        with pytest.raises(ValueError, match="each only once"):
            score_table(_table(pass_mark=[0.5]), rubrics_given)


def test_scores_divide_exactly_whatever_the_rows_have_in_common() -> None:
    """A column with one value for all rows must not be divided by through its reciprocal (one unit off in the last
    place for 29 ÷ 104)."""
    criteria = [
        {"id": f"c{n}", "weight": w, "levels": {1: fact}}
        for n, (w, fact) in enumerate([(29, "identity_verified"), (75, "supervised")])
    ]
    rubric = rubric_of(criteria, rubric="exact")
    rows = score_table(_table(identity_verified=[True] * 3, supervised=[False] * 3), [rubric]).to_pylist()
    assert [row["exact.score_low"] for row in rows] == [2900 / 104] * 3


# --- files and elsewhere ------------------------------------------------------------------------------------


def test_parquet_in_parquet_out(tmp_path: Path) -> None:
    facts = _table(pass_mark=[0.4, None, 0.6, 0.9] * 50, mode=["taught", None] * 100)
    source, target = tmp_path / "facts.parquet", tmp_path / "scores.parquet"
    pq.write_table(facts, source, row_group_size=30)
    assert score_parquet(source, target, [MARK, WAY]) == 200
    assert pq.read_table(target).to_pylist() == score_table(facts, [MARK, WAY]).to_pylist()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["facts.parquet", "scores.parquet"]


def test_a_file_that_is_not_parquet_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "facts.parquet", tmp_path / "scores.parquet"
    target.write_text("of last time")
    for content in (b"program,pass_mark\n", None):
        if content is None:
            source.unlink()
        else:
            source.write_bytes(content)
        with pytest.raises(TableError, match=r"facts\.parquet") as caught:
            score_parquet(source, target, [MARK])
        assert "\n" not in str(caught.value)
        assert target.read_text() == "of last time"
        assert not target.with_name("scores.parquet.part").exists()


def test_a_file_that_breaks_off_within_leaves_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "facts.parquet", tmp_path / "scores.parquet"
    pq.write_table(_table(pass_mark=[n / 50_000 for n in range(50_000)]), source, row_group_size=5_000)
    content = bytearray(source.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4_000] = b"\0" * 4_000
    source.write_bytes(content)
    with pytest.raises(TableError, match=r"facts\.parquet"):
        score_parquet(source, target, [MARK])
    assert [path.name for path in tmp_path.iterdir()] == ["facts.parquet"]


def test_the_unit_of_work_travels() -> None:
    work, given_rubrics = pickle.loads(pickle.dumps((score_table, [MARK, WAY])))
    table = _table(pass_mark=[0.7, 0.2])
    assert work(table, given_rubrics).equals(score_table(table, [MARK, WAY]))


def test_frames_stay_lazy() -> None:
    frame = scored(pl.from_arrow(_table(pass_mark=[0.7])).lazy(), [MARK])  # type: ignore[union-attr]
    assert isinstance(frame, pl.LazyFrame)
    assert frame.collect()["mark.score_low"].to_list() == [100.0]


@pytest.mark.parametrize("missing", ["polars", "pyarrow"])
def test_the_missing_extra_is_named(missing: str) -> None:
    script = (
        f"import sys; sys.modules[{missing!r}] = None\ntry: import evaluator.bulk\nexcept ImportError as e: print(e)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        f"Scoring a catalogue needs {missing}, which is not installed: pip install 'touchstone-evaluator[bulk]'"
    )
