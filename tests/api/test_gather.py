"""Programs of several documents on the command line: those with one id are one, unless their issuers differ."""

from __future__ import annotations

from api import gather
from tests.api.store import programs as made


def test_programs_with_one_id_and_two_issuers_are_kept_apart_with_a_problem_that_names_both() -> None:
    papers = [made.paper(text, f"{text}.csv") for text in ("one", "two", "three")]
    issuers = ["Example College", "Evil Corp", "example college"]
    said = [made.says(paper, {"pass_mark": 0.5}, issuer=name) for paper, name in zip(papers, issuers, strict=True)]
    programs, problems = gather.collected([made.reading(each) for each in said], profiles=False)
    assert [each.issuer and each.issuer.name for each in programs] == ["Example College", "Evil Corp"]
    assert [len(each.documents) for each in programs] == [2, 1]
    assert programs[0].id == said[0].id != programs[1].id
    assert [(each.document, "“Evil Corp”" in each.message) for each in problems] == [("two.csv", True)]
