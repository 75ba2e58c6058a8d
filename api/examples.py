"""Examples for the documentation: an invented program, judged for real, so that no example can go out of date."""

from __future__ import annotations

import datetime
from functools import cache
from typing import Any

import msgspec

from evaluator.compare import Comparison, compare
from evaluator.derive import derive
from evaluator.program import Document, Draft, Organization, Program, Skill, document
from evaluator.rubric import Rubric, parse_rubric
from evaluator.score import Scorecard, score_derived

DAY = datetime.date(2026, 11, 24)
RUBRIC = """\
rubric: supervision
version: 1.0.0
title: Supervision
asks: Is anybody sure who took the assessment?
publisher: {name: Example Body, url: https://rubrics.example/}
license: CC-BY-4.0
evidence_floor: documented
criteria:
  - id: supervision
    asks: Was the candidate identified and supervised?
    why: Without it, nobody knows whose work was assessed.
    weight: 10
    basis: [{title: Example rules, url: https://rubrics.example/rules, read_on: 2026-11-24}]
    levels:
      0: {says: Nobody says who took the assessment}
      1: {says: Identified or supervised, when: identity_verified OR supervised}
      2: {says: Identified and supervised, when: identity_verified AND supervised}
    remedy: State how identity is checked and who supervises.
cases:
  - {name: A supervised exam, facts: {identity_verified: true, supervised: true}, expect: {supervision: 2}}
"""
BADGE = b"""title,issuer,identity_verified,pass_mark
Certificate in Data Analysis,Example College,yes,0.7
"""


@cache
def source() -> Document:
    """A document as somebody may upload it."""
    return document("programs.csv", BADGE, "text/csv", "2026-11-24T09:30:00Z")


@cache
def program(title: str = "Certificate in Data Analysis", *, identified: bool = True) -> Program:
    """A program as published."""
    draft = Draft(source(), "documented")
    draft.state("identity_verified", identified, "row 2, column C", "yes" if identified else "no")
    draft.state("pass_mark", 0.7, "row 2, column D")
    return draft.finish(
        title=title,
        issuer=Organization(name="Example College", url="https://college.example/"),
        outcomes=("Clean a data set and say what was changed",),
        skills=(Skill(label="Data cleaning"),),
        provider="table",
    )


@cache
def rubric() -> Rubric:
    """A small rubric."""
    return parse_rubric(RUBRIC, "example")


@cache
def scorecard(title: str = "Certificate in Data Analysis", *, identified: bool = True) -> Scorecard:
    """The program under the rubric."""
    return score_derived(derive(program(title, identified=identified), DAY), rubric(), DAY)


@cache
def comparison() -> Comparison:
    """The program beside another one."""
    other = "Short Course in Statistics"
    programs = [derive(program(), DAY), derive(program(other, identified=False), DAY)]
    return compare(programs, [[scorecard()], [scorecard(other, identified=False)]], [rubric()])


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    return msgspec.to_builtins(value)
