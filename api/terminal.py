"""What people read in a terminal: interval bars, dots, scorecards and claims, drawn with rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.gather import Judged
from api.words import CLAIM_VERBS, say_beside, say_cap
from evaluator.beside import Beside
from evaluator.compare import Comparison, Standing
from evaluator.explain import say_value
from evaluator.facts import FactDefinition, dictionary
from evaluator.program import Evidence, Problem, Program
from evaluator.rubric import Rubric
from evaluator.score import CriterionScore, Scorecard

BAR = 14
"""Characters of a bar from 0 to 100."""
MOST_ROWS = 200
"""Rows of a list of programs that a person may still read."""
AXIS = 50
"""Characters of the common axis of a comparison."""

LEGEND = (
    "█ evidenced by documents  ▓ stated, but only claimed  ░ possible: not known yet\n"
    "Numbers: stated (evidenced–possible), of 100. Long bars publish little; they are not bad."
)


def bar(card: Scorecard, width: int = BAR) -> Text:
    """Evidenced solid, stated lighter, possible hatched, of `width` characters."""
    ends = [round(score * width / 100) for score in (card.evidenced, card.stated, card.possible)]
    text = Text("█" * ends[0], style="green")
    text.append("▓" * (ends[1] - ends[0]), style="yellow")
    text.append("░" * (ends[2] - ends[1]), style="bright_black")
    text.append("·" * (width - ends[2]), style="bright_black")
    return text


def numbers(card: Scorecard) -> str:
    """`61 (45–78)`: stated, between evidenced and possible, in whole points."""
    return f"{card.stated:.0f} ({card.evidenced:.0f}–{card.possible:.0f})"


def catalogue(judged: Sequence[Judged]) -> RenderableType:
    """One row per program, a bar per rubric with its numbers below, by what is stated under the first rubric."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("Program", ratio=1, overflow="fold")
    for card in judged[0].scorecards if judged else ():
        table.add_column(card.rubric.capitalize(), no_wrap=True)
    for each in sorted(judged, key=lambda one: -one.scorecards[0].stated):
        issuer = each.program.issuer.name if each.program.issuer else "issuer not known"
        what = Text.assemble(each.program.title or each.program.id, "\n", (issuer, "bright_black"))
        table.add_row(what, *(Text.assemble(bar(card), "\n", numbers(card)) for card in each.scorecards))
    return Group(table, Text(LEGEND, style="bright_black"))


def scorecard(card: Scorecard) -> RenderableType:
    """Every criterion with its level, reason, evidence and what would raise it."""
    head = Text.assemble((f"{card.rubric.capitalize()}  ", "bold"), bar(card, 30), f" {numbers(card)}")
    head.append(f"   {100 * card.coverage:.0f} % of the weight is certain", style="bright_black")
    blocks: list[RenderableType] = [head]
    blocks += [Padding(_criterion(criterion), (0, 0, 0, 2)) for criterion in card.criteria]
    for cap in card.caps:
        if cap.holds is True or cap.bites:
            blocks.append(Text(f"  {say_cap(cap)}", style="red"))
    oldest = f"oldest evidence {card.oldest_evidence}; " if card.oldest_evidence else ""
    blocks.append(Text(f"  {card.rubric}@{card.version} {card.digest[:19]}; {oldest}{card.advisory}", "bright_black"))
    return Group(*blocks, "")


def _criterion(criterion: CriterionScore) -> RenderableType:
    if criterion.applies is False:
        return Text.assemble((criterion.asks, "bold"), f"\n    {criterion.reason}")
    dots = "●" * criterion.evidenced + "◐" * (criterion.stated - criterion.evidenced)
    dots += "◌" * (criterion.possible - criterion.stated)
    dots = dots.ljust(criterion.maximum, "·")
    text = Text.assemble((dots, "green"), f" {criterion.asks}", f"  (weight {criterion.weight})")
    text.append(f"\n    {criterion.reason}")
    for name, fact in criterion.facts.items():
        for evidence in fact.evidence[:1]:
            label = f"{dictionary()[name].label}: {say_value(dictionary()[name], fact.value)}"
            conflict = ", sources disagree" if fact.conflict else ""
            text.append(f"\n      {label} [{evidence.grade}{conflict}] {_say_evidence(evidence)}", style="bright_black")
    if criterion.next and criterion.next.needs:
        text.append(f"\n    Level {criterion.next.level} needs: {criterion.next.needs}.", style="cyan")
    return text


def _say_evidence(evidence: Evidence) -> str:
    """The quote, and in brackets where and when it was read; the document as a whole has no place."""
    where = (evidence.source or evidence.locator, evidence.retrieved[:10])
    inherited = f"; {evidence.inherited_from} for all its programs" if evidence.inherited_from else ""
    return f"“{evidence.quote}” ({', '.join(filter(None, where))}{inherited})"


def comparison(compared: Comparison) -> RenderableType:
    """Dots with intervals on a common axis per rubric, the claims in words, and the facts beside."""
    sides, standings = compared.programs, compared.standings
    letters = {side.program: chr(ord("A") + index) for index, side in enumerate(sides)} if len(sides) <= 26 else {}
    blocks: list[RenderableType] = [
        Text(f"{letters.get(side.program, '')}  {side.title or side.program}", style="bold") for side in sides
    ]
    for standing in standings:
        blocks += ["", Text(f"{standing.title}   0{'50'.center(AXIS - 5)}100", style="bold")]
        blocks += [_dots(card, letters.get(card.program, "")) for card in standing.scorecards]
        blocks += [Padding(Text(each), (0, 0, 0, 2)) for each in _claims(standing)]
    return Group(*blocks, "", _beside(sides, letters), Text(DOT_LEGEND, style="bright_black"))


DOT_LEGEND = "● stated   ├─┤ from evidenced to possible. A claim is only made where the difference is real."


def _dots(card: Scorecard, letter: str) -> Text:
    low, dot, high = (round(score * (AXIS - 1) / 100) for score in (card.evidenced, card.stated, card.possible))
    line = [" "] * AXIS
    line[low : high + 1] = "─" * (high + 1 - low)
    line[low], line[high] = "├", "┤"
    line[dot] = "●"
    return Text(f"  {letter:2} {''.join(line)}  {numbers(card)}")


def _claims(standing: Standing) -> Iterable[str]:
    for pair in sorted(standing.pairs, key=lambda each: list(CLAIM_VERBS).index(each.claim)):
        yield f"{pair.says} {pair.reason}"


def _beside(sides: Sequence[Beside], letters: dict[str, str]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("Beside the scores")
    rows = [say_beside(side) for side in sides]
    for side in sides:
        table.add_column(letters.get(side.program) or escape(side.title or side.program), overflow="fold")
    for label in rows[0] if rows else ():
        table.add_row(label, *(escape(row[label] or "not known") for row in rows))
    return table


def problems(found: Sequence[Problem], console: Console, most: int = 20) -> None:
    """Problems on standard error, with the place and the mend."""
    for problem in found[:most]:
        where = f"{problem.document} {problem.locator}".strip()
        console.print(f"[yellow]{escape(where)}[/]: {escape(problem.message)}", highlight=False)
    if len(found) > most:
        console.print(f"… and {len(found) - most} more; `--json` lists all.", style="bright_black")


def programs(found: Sequence[Program]) -> RenderableType:
    """One row per program: what it is and how much is known of it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("Title", "Issuer", "Kind", "Facts", "Read by"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "Facts" else "left")
    for program in found[:MOST_ROWS]:
        kind = program.value("credential_type")
        table.add_row(
            escape(program.title or program.id),
            escape(program.issuer.name if program.issuer else "not known"),
            str(kind).replace("_", " ") if kind else "not known",
            str(len(program.facts)),
            program.provider or "",
        )
    more = f"{len(found)} programs" + (
        f", the first {MOST_ROWS} shown; `--json` prints all" if len(found) > MOST_ROWS else ""
    )
    return Group(table, Text(more, style="bright_black"))


def facts(definitions: Sequence[FactDefinition], *, in_full: bool) -> RenderableType:
    """The dictionary by group, or single facts with all that is known of them."""
    if in_full:
        return Group(*(_fact(definition) for definition in definitions))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("Fact", "Type", "Says"):
        table.add_column(heading, overflow="fold")
    group = None
    for definition in definitions:
        if definition.group != group:
            group = definition.group
            table.add_row("", "", "")
            table.add_row(f"[bold]{escape(group)}[/]", "", "")
        table.add_row(definition.name, _type(definition), escape(definition.says))
    return table


def _type(definition: FactDefinition) -> str:
    unit = f" ({definition.unit})" if definition.unit else ""
    return f"{definition.type}{unit}{', derived' if definition.derived else ''}"


def _fact(definition: FactDefinition) -> RenderableType:
    text = Text.assemble((definition.name, "bold"), f"  {_type(definition)}\n  {definition.says}\n")
    if definition.values:
        text.append(f"  One of: {', '.join(definition.values)}\n")
    for vocabulary, term in definition.maps.items():
        text.append(f"  {vocabulary}: {term}\n", style="bright_black")
    return text


def rubrics(found: Sequence[Rubric]) -> RenderableType:
    """One row per rubric."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("Rubric", "Criteria", "Asks", "Publisher", "Digest"):
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(
            each.name, str(len(each.criteria)), escape(each.asks), escape(each.publisher.name), each.digest[7:19]
        )
    return table


def rubric(shown: Rubric) -> RenderableType:
    """A rubric in full: criteria with levels, conditions, sources; caps."""
    text = Text.assemble((f"{shown.title} ({shown.name})\n", "bold"), f"{shown.asks}\n{shown.digest}\n")
    text.append(f"Evidence counts as such from grade {shown.evidence_floor}. Licence {shown.license}.\n")
    for criterion in shown.criteria:
        text.append(f"\n{criterion.asks}", style="bold")
        text.append(f"  ({criterion.id}, weight {criterion.weight})\n  {criterion.why}\n")
        if criterion.applies:
            text.append(f"  Applies where {criterion.applies}\n")
        for number, level in criterion.levels.items():
            text.append(f"  {number}  {level.says}\n")
            if level.when:
                text.append(f"     {level.when}\n", style="bright_black")
        for basis in criterion.basis:
            text.append(f"  Source: {basis.title}, {basis.url} (read {basis.read_on})\n", style="bright_black")
        if criterion.ours:
            text.append(f"  Ours: {criterion.ours}\n", style="yellow")
    for cap in shown.caps:
        text.append(f"\nAt most {cap.at_most}: {cap.says}\n", style="bold")
        text.append(f"  {cap.when}\n", style="bright_black")
    return text
