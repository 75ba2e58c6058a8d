"""The page of a rubric, which people find among the pages and clients of the API by its address there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request

from api.pages.page import text
from evaluator.rubric import Rubric
from evaluator.score import Scorecard
from evaluator.sql import compile_rubric


def rubric_text(
    request: Request,
    rubric: Rubric,
    programs: Sequence[Mapping[str, str]] = (),
    tried: Scorecard | None = None,
    tried_key: str = "",
) -> str:
    """A rubric in full; `programs` (key and title) can be chosen to try it on, `tried` is the scorecard of one."""
    sql = compile_rubric(rubric).sql("postgres", pretty=True)
    shown = {"rubric": rubric, "sql": sql, "programs": programs, "tried": tried, "tried_key": tried_key}
    return text(request, "rubric.html", "/rubrics", **shown)
