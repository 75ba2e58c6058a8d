"""The few use cases that routes, pages and the command line share, over the store.

Every function takes the database and plain values. Rubrics and the day are given: what judges is never looked up
behind the caller's back.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import msgspec
from sqlmodel import Session

from api.store import comparisons, corrections, documents, forming, programs, rubrics, scorecards, search, withdrawing
from api.store.database import Database
from api.store.packed import plain
from evaluator import __version__
from evaluator.canonical import digest_of
from evaluator.compare import MOST_PROGRAMS
from evaluator.compare import compare as compare_cards
from evaluator.derive import derive
from evaluator.facts import Value
from evaluator.program import Document, Problem, Program, Reading
from evaluator.rubric import Rubric
from evaluator.score import Scorecard
from providers import profile, sources
from providers.provider import Provider

Step = Callable[[int], object]
"""Told after each batch how many programs were written."""
MANY = 1000
"""Programs after which the database should look at itself anew."""
GIVEN = "given"
"""How a document was read whose reading came with it: with facts from beside it, or by a person's mapping."""


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What adding one document gave."""

    document: documents.Stored
    again: bool
    """The same bytes were read before."""
    programs: tuple[forming.Outcome, ...]
    problems: tuple[Problem, ...]
    withdrawn: tuple[str, ...] = ()
    """Keys of programs of which the document was thought to speak, and does not."""


class ProgramPage(msgspec.Struct, frozen=True, kw_only=True):
    """A program with everything that is known and judged of it."""

    current: programs.Current
    derived: Program
    """With the facts that follow from others, on the day asked for."""
    scorecards: tuple[Scorecard, ...]
    versions: tuple[programs.Version, ...]
    corrections: tuple[corrections.Correction, ...]
    documents: tuple[documents.Stored, ...]


class Correcting(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a fact, and why."""

    fact: str
    value: Value
    author: str
    reason: str


class StaleProgram(ValueError):
    """The program is no longer in the version that the caller had before the eyes."""


class BadComparison(ValueError):
    """Programs that can't be compared as asked."""


def no_step(_: int) -> None:
    """Nobody watches."""


def way(given: Iterable[Rubric], as_of: datetime.date) -> forming.Way:
    """How programs are formed here: with the built-in profiles, scored under these rubrics."""
    built_in = profile.built_in()
    return forming.Way(lambda program: profile.inherit(program, built_in), tuple(given), as_of, _way_name())


@cache
def _way_name() -> str:
    return digest_of([__version__, [each.digest for each in profile.built_in()]])


def add_documents(
    database: Database,
    given: Iterable[Document],
    how: forming.Way,
    provider: str | None = None,
    step: Step = no_step,
) -> list[Added]:
    """Keep documents, read them, and bring the programs they speak of up to date; one result per document, in order.

    The documents are kept before any is read. The same bytes again add nothing. `provider` names the one to read
    them all. Raises providers.sources.UnknownProvider.
    """
    candidates = sources.candidates(provider)
    with database.session(write=True) as session:
        stored = documents.add(session, given)
    return _add_stored(database, stored, how, (candidates, provider), step)


def add_kept(
    database: Database, numbers: Sequence[int], how: forming.Way, provider: str | None = None, step: Step = no_step
) -> list[Added]:
    """`add_documents` for documents that are kept already, by number."""
    with database.session() as session:
        stored = documents.by_number(session, numbers)
    return _add_stored(database, stored, how, (sources.candidates(provider), provider), step)


def add_readings(
    database: Database, given: Iterable[tuple[Document, Reading]], how: forming.Way, step: Step = no_step
) -> list[Added]:
    """Keep documents with what was read in them, where reading took more than the document itself."""
    pairs = list(given)
    with database.session(write=True) as session:
        stored = documents.add(session, [document for document, _ in pairs])
    read = [(kept, reading) for kept, (_, reading) in zip(stored, pairs, strict=True)]
    return _add_read(database, read, how, GIVEN, step)


def read_again(database: Database, document: Document, reading: Reading, how: forming.Way) -> Added:
    """`add_readings` for one document, whose earlier reading was wrong: what only that one gave is withdrawn."""
    added = add_readings(database, [(document, reading)], how)[0]
    keep = {programs.key_of(program.id) for program in reading.programs} | {each.key for each in added.programs}
    gone = withdrawing.withdraw(database, added.document.number, keep, how)
    return msgspec.structs.replace(added, withdrawn=tuple(gone))


def _add_stored(
    database: Database,
    stored: Sequence[documents.Stored],
    how: forming.Way,
    reader: tuple[list[Provider], str | None],
    step: Step,
) -> list[Added]:
    candidates, name = reader
    read_as = f"{__version__} {name or 'any'}"
    read: list[tuple[documents.Stored, Reading]] = []
    settled: dict[int, Added] = {}
    for each in {each.number: each for each in stored}.values():
        with database.session() as session:
            if each.read_as in (read_as, GIVEN):
                settled[each.number] = _added_before(session, each)
                continue
            source = documents.with_content(session, each.number)
        read.append((each, sources.read_document(source, candidates, named=name is not None)))
    for added in _add_read(database, read, how, read_as, step):
        settled[added.document.number] = added
    return [settled[each.number] for each in stored]


def _added_before(session: Session, document: documents.Stored) -> Added:
    mentioned = programs.mentions(session, document.number)
    same = [forming.Outcome(**msgspec.structs.asdict(each), change="same") for each in mentioned]
    return Added(document=document, again=True, programs=tuple(same), problems=document.problems)


def _add_read(
    database: Database,
    read: Sequence[tuple[documents.Stored, Reading]],
    how: forming.Way,
    read_as: str,
    step: Step,
) -> list[Added]:
    said = [(document, program) for document, reading in read for program in reading.programs]
    outcomes: dict[str, forming.Outcome] = {}
    problems = {document.number: list(reading.problems) for document, reading in read}
    apart: dict[int, list[forming.Apart]] = {}
    for start in range(0, len(said), forming.BATCH):
        batch = said[start : start + forming.BATCH]
        found, moved = _add_batch(database, batch, how, problems)
        for each in moved:
            apart.setdefault(each.document, []).append(each)
        for outcome in found:
            before = outcomes.get(outcome.key)
            known = before is not None and before.change != "same"
            outcomes[outcome.key] = (
                msgspec.structs.replace(outcome, change=before.change) if before and known else outcome
            )
        step(len(batch))
    with database.session(write=True) as session:
        documents.mark_read(session, [(number, read_as, found) for number, found in problems.items()])
    if len(said) >= MANY:
        database.analyse()
    return [
        Added(
            document=document,
            again=document.read_as is not None,
            programs=tuple(_outcomes_of(reading, outcomes, apart.get(document.number, []))),
            problems=tuple(problems[document.number]),
        )
        for document, reading in read
    ]


def _outcomes_of(
    reading: Reading, outcomes: dict[str, forming.Outcome], apart: Sequence[forming.Apart]
) -> Iterable[forming.Outcome]:
    """What became of the programs of a document, those kept apart from another issuer's last."""
    keys = Counter(programs.key_of(program.id) for program in reading.programs)
    keys.subtract(each.claimed for each in apart)
    own = [key for key, times in keys.items() if times > 0]
    return (outcomes[key] for key in dict.fromkeys([*own, *(each.key for each in apart)]) if key in outcomes)


def _add_batch(
    database: Database,
    batch: Sequence[tuple[documents.Stored, Program]],
    how: forming.Way,
    problems: dict[int, list[Problem]],
) -> tuple[list[forming.Outcome], list[forming.Apart]]:
    """Write down a batch; a program that can't be stored costs one problem, not the others."""
    places = {document.number: document.url for document, _ in batch}
    try:
        outcomes, apart = forming.add(database, batch, how)
    except ValueError as error:
        if len(batch) > 1:
            halves = (batch[: len(batch) // 2], batch[len(batch) // 2 :])
            parts = [_add_batch(database, half, how, problems) for half in halves]
            return [each for part in parts for each in part[0]], [each for part in parts for each in part[1]]
        document, program = batch[0]
        says = f"the program {program.title or program.id!r} holds what JSON can't express ({error}); it was left out"
        problems[document.number].append(Problem(document=document.url, locator="", message=plain(says)))
        return [], []
    for each in apart:
        problems[each.document].append(Problem(document=places[each.document], locator="", message=plain(each.says)))
    return outcomes, apart


# --- programs -----------------------------------------------------------------------------------------------


def program_page(database: Database, key: str, given: Sequence[Rubric], as_of: datetime.date) -> ProgramPage:
    """A program, its scorecards, and where all that comes from. Raises UnknownProgram."""
    with database.session() as session:
        current = programs.current(session, [key])[0]
        versions = programs.versions(session, key)
        corrected = corrections.of(session, [current.number]).get(current.number, ())
        found = {digest: documents.get(session, digest) for digest in versions[0].documents}
    cards = scorecards.get_or_score(database, [(current.digest, current.program)], given, as_of)[0]
    return ProgramPage(
        current=current,
        derived=derive(current.program, as_of),
        scorecards=tuple(cards),
        versions=tuple(versions),
        corrections=corrected,
        documents=tuple(each for each in found.values() if each),
    )


def scorecards_of(
    database: Database, keys: Sequence[str], given: Sequence[Rubric], as_of: datetime.date
) -> list[list[Scorecard]]:
    """Per program its scorecard under each rubric. Raises UnknownProgram."""
    with database.session() as session:
        current = programs.current(session, keys)
    return scorecards.get_or_score(database, [(each.digest, each.program) for each in current], given, as_of)


def difference(database: Database, key: str, before: int, after: int) -> programs.Difference:
    """What changed between two versions of a program. Raises UnknownProgram."""
    with database.session() as session:
        old, new = (programs.at_version(session, key, version) for version in (before, after))
    return programs.difference(old, new)


def correct(
    database: Database,
    key: str,
    correction: Correcting,
    how: forming.Way,
    expected: int | None = None,
) -> forming.Outcome:
    """Add what a person found as evidence, and form the program's next version.

    `expected` is the version that the person saw. Raises UnknownProgram, BadCorrection, and StaleProgram when the
    program changed since.
    """
    with database.forming() as session:
        current = programs.current(session, [key])[0]
        if expected is not None and current.version != expected:
            raise StaleProgram(f"the program is now in version {current.version}, not {expected}; look at it again")
        evidence = corrections.checked(
            current.program.id, correction.fact, correction.value, correction.author, correction.reason
        )
        corrections.add(session, current.number, correction.fact, evidence)
    return forming.form_again(database, [key], how)[0]


def stale(database: Database, how: forming.Way, since: datetime.date) -> programs.Stale:
    """How many programs `refresh` would form and score again, and why."""
    with database.session() as session:
        return programs.stale_count(session, [rubric.digest for rubric in how.rubrics], how.name, since)


def refresh(database: Database, how: forming.Way, since: datetime.date, step: Step = no_step) -> int:
    """Form and score again the programs that lack a scorecard under these rubrics, were formed by other profiles or
    another version of Touchstone, or were last seen before `since`. Returns how many were.

    Nothing else makes a program stale: rubrics and profiles are published, ages grow.
    """
    number, total = 0, 0
    judges = [rubric.digest for rubric in how.rubrics]
    while True:
        with database.session() as session:
            batch = programs.stale(session, judges, how.name, since, (number, forming.BATCH))
        if not batch:
            return total
        forming.form_again(database, [each.key for each in batch], how)
        with database.session(write=True) as session:
            for day in sorted({each.seen_on for each in batch} - {how.as_of.isoformat()}):
                scorecards.forget(session, [each.digest for each in batch if each.seen_on == day], day)
        number, total = batch[-1].number, total + len(batch)
        step(len(batch))


# --- comparisons --------------------------------------------------------------------------------------------


def compare(
    database: Database,
    keys: Sequence[str],
    given: Sequence[Rubric],
    as_of: datetime.date,
    weights: rubrics.Weights | None = None,
) -> comparisons.Kept:
    """The comparison of programs under rubrics, made and kept unless it was before.

    Raises BadComparison, UnknownProgram, and BadWeights for weights that fit no criterion.
    """
    _check_comparable(keys, given)
    judges = rubrics.chosen(given, weights or {})
    with database.session() as session:
        # One order, whatever the caller's: a permanent address must not depend on who came first.
        current = sorted(programs.current(session, keys), key=lambda each: (each.program.title or "", each.key))
        asked = comparisons.request(
            [comparisons.Compared(key=each.key, version=each.version, digest=each.digest) for each in current],
            [rubric.digest for rubric in judges],
            as_of,
            rubrics.changed_weights(given, judges),
        )
        if (kept := comparisons.get(session, comparisons.id_of(asked))) is not None:
            return kept
    _keep_variants(database, given, judges)
    cards = scorecards.get_or_score(database, [(each.digest, each.program) for each in current], judges, as_of)
    made = compare_cards([derive(each.program, as_of) for each in current], cards, judges)
    with database.session(write=True) as session:
        return comparisons.add(session, asked, made)


def _keep_variants(database: Database, given: Sequence[Rubric], judges: Sequence[Rubric]) -> None:
    """Keep rubrics with other weights as what they are, before a scorecard under them is kept."""
    variants = [(published, judge) for published, judge in zip(given, judges, strict=True) if judge != published]
    if variants:
        with database.session(write=True) as session:
            rubrics.add(session, given)
            for published, judge in variants:
                rubrics.add(session, [judge], variant_of=published.digest)


def _check_comparable(keys: Sequence[str], given: Sequence[Rubric]) -> None:
    if not 2 <= len(keys) <= MOST_PROGRAMS:
        raise BadComparison(f"a comparison takes 2 to {MOST_PROGRAMS} programs, not {len(keys)}")
    if twice := next((key for key in keys if list(keys).count(key) > 1), None):
        raise BadComparison(f"the program {twice} is named twice")
    if not given:
        raise BadComparison("a comparison needs a rubric")
    if len({rubric.rubric for rubric in given}) < len(given):
        raise BadComparison("a comparison takes one version of each rubric")


# --- the catalogue ------------------------------------------------------------------------------------------


def search_programs(
    database: Database, asked: search.Search, given: Sequence[Rubric], cursor: str | None = None, limit: int = 25
) -> search.Page:
    """One page of the programs found, with their scores. Raises BadSearch and BadCursor."""
    with database.session() as session:
        return search.page(session, asked, [rubric.digest for rubric in given], cursor, limit)


def count_programs(database: Database, asked: search.Search) -> int:
    """How many programs a search finds. Raises BadSearch."""
    with database.session() as session:
        return search.count(session, asked)
