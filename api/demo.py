"""`touchstone demo`: the main job on the sample catalogue, in one go."""

from __future__ import annotations

import datetime

from rich.console import Console

from api import gather, terminal
from evaluator.compare import compare
from evaluator.program import Problem
from rubrics import library

PAIR = ("Cisco Certified Network Associate (CCNA)", "Google IT Support Professional Certificate")
"""Two programs that an employer may well see side by side: a supervised exam and a taught certificate."""


def judged_samples(step: gather.Step = gather.no_step) -> tuple[list[gather.Judged], list[Problem]]:
    """The sample catalogue under the latest installed rubrics, as of today."""
    programs, problems = gather.collected(gather.readings([gather.SAMPLES]), profiles=True)
    day = datetime.datetime.now(datetime.UTC).date()
    return gather.judge(programs, library.latest(library.installed()), day, step), problems


def show(console: Console, judged: list[gather.Judged]) -> None:
    """The catalogue as a table, then one comparison in words."""
    publishers = {each.program.issuer.name for each in judged if each.program.issuer}
    console.print(f"\n[bold]{len(judged)} programs of {len(publishers)} issuers, under three rubrics[/]\n")
    console.print(terminal.catalogue(judged))
    pair = [next(each for each in judged if each.program.title == title) for title in PAIR]
    rubrics = library.latest(library.installed())
    compared = compare([each.program for each in pair], [each.scorecards for each in pair], rubrics)
    console.print("\n[bold]One comparison[/]\n")
    console.print(terminal.comparison(compared))
    console.print(NEXT)


NEXT = """
[bold]Try next[/]
  touchstone score -p "{0}"             why, criterion by criterion, down to the sentence
  touchstone compare -p "{0}" -p "{1}" --html comparison.html
  touchstone read https://… | touchstone score my-badges/ | touchstone rubrics show rigor
""".format("CCNA", "Google IT Support")
