"""Corrections, scorecards, rubrics, comparisons: nothing is overwritten or judged twice, all can be replayed."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from sqlalchemy import text

from api import service
from api.store import comparisons, corrections, programs, rubrics, scorecards, search
from api.store.database import Database
from evaluator.compare import compare
from evaluator.derive import derive
from evaluator.facts import Value
from evaluator.rubric import parse_rubric
from evaluator.score import score
from rubrics import library
from tests.api.store import programs as made


def filled(database: Database, **facts: Value) -> list[str]:
    """Three programs; their keys."""
    pairs = []
    for number, title in enumerate(("Bees", "Ants", "Cows")):
        source = made.paper(title, f"https://example.org/{title}")
        own = {**facts, "assessment_exists": number > 0}
        pairs.append((source, made.reading(made.says(source, own, f"urn:{title}", title=title))))
    return [each.programs[0].key for each in service.add_readings(database, pairs, made.way())]


def correcting(
    fact: str = "pass_mark", value: Value = 0.5, author: str = "R. Viewer", reason: str = "Looked"
) -> service.Correcting:
    return service.Correcting(fact=fact, value=value, author=author, reason=reason)


# --- corrections --------------------------------------------------------------------------------------------


def test_a_correction_is_one_more_piece_of_evidence(database: Database) -> None:
    key = filled(database, pass_mark=0.9)[0]
    outcome = service.correct(database, key, correcting(value=0.5), made.way())
    assert (outcome.change, outcome.version) == ("changed", 2)
    page = service.program_page(database, key, [made.rubric()], made.DAY)
    fact = page.current.program.facts["pass_mark"]
    assert (fact.value, fact.grade, fact.conflict) == (0.5, "verified", False)
    assert [(each.value, each.author, each.reason) for each in fact.evidence] == [
        (0.5, "R. Viewer", "Looked"),
        (0.9, None, None),
    ]
    assert [(each.author, each.reason, each.evidence.value) for each in page.corrections] == [
        ("R. Viewer", "Looked", 0.5)
    ]
    with database.session() as session:
        assert programs.at_version(session, key, 1).value("pass_mark") == 0.9


def test_a_correction_outlives_the_documents(database: Database) -> None:
    key = filled(database, pass_mark=0.9)[0]
    service.correct(database, key, correcting(value=0.5), made.way())
    later = made.paper("later", "https://example.org/Bees", "2026-11-30T00:00:00Z")
    said = made.says(later, {"pass_mark": 0.7}, "urn:Bees", title="Bees")
    service.add_readings(database, [(later, made.reading(said))], made.way())
    fact = service.program_page(database, key, [], made.DAY).current.program.facts["pass_mark"]
    assert (fact.value, {each.value for each in fact.evidence}) == (0.5, {0.5, 0.7})


def test_authors_who_disagree_leave_a_conflict_and_one_who_mends_an_own_mistake_does_not(database: Database) -> None:
    key = filled(database)[0]
    service.correct(database, key, correcting(value=0.5), made.way())
    service.correct(database, key, correcting(value=0.6), made.way())
    fact = service.program_page(database, key, [], made.DAY).current.program.facts["pass_mark"]
    assert (fact.value, fact.conflict) == (0.6, False)
    service.correct(database, key, correcting(value=0.8, author="S. Econd"), made.way())
    page = service.program_page(database, key, [], made.DAY)
    assert page.current.program.facts["pass_mark"].conflict
    assert page.current.program.value("pass_mark") == 0.6
    assert [each.evidence.value for each in page.corrections] == [0.5, 0.6, 0.8]


@pytest.mark.parametrize(
    ("correction", "field", "says"),
    [
        (correcting(fact="pass_marc"), "fact", 'Did you mean "pass_mark"'),
        (correcting(fact="outcomes_stated", value=True), "fact", "computed"),
        (correcting(value=70), "value", "at most 1"),
        (correcting(author="  \n"), "author", "needs its author"),
        (correcting(reason=""), "reason", "needs its reason"),
        (correcting(reason="x" * 2001), "reason", "2001 characters"),
    ],
)
def test_a_correction_that_can_not_stand_is_explained(
    database: Database, correction: service.Correcting, field: str, says: str
) -> None:
    key = filled(database)[0]
    with pytest.raises(corrections.BadCorrection, match=says) as raised:
        service.correct(database, key, correction, made.way())
    assert raised.value.field == field
    assert not service.program_page(database, key, [], made.DAY).corrections


def test_a_correction_of_what_changed_meanwhile_is_refused(database: Database) -> None:
    key = filled(database)[0]
    service.correct(database, key, correcting(), made.way(), expected=1)
    with pytest.raises(service.StaleProgram, match="version 2, not 1"):
        service.correct(database, key, correcting(value=0.6), made.way(), expected=1)
    with pytest.raises(programs.UnknownProgram):
        service.correct(database, "none", correcting(), made.way())


# --- scorecards and rubrics ---------------------------------------------------------------------------------


def test_a_kept_scorecard_equals_a_fresh_one_byte_for_byte(database: Database) -> None:
    keys = filled(database, pass_mark=0.7, identity_verified=False, completers=12, price_amount=10.5, level_code="é")
    judges = library.latest(library.installed())
    first = service.scorecards_of(database, keys, judges, made.DAY)
    kept = service.scorecards_of(database, keys, judges, made.DAY)
    with database.session() as session:
        for key, before, after in zip(keys, first, kept, strict=True):
            digest = programs.current(session, [key])[0].digest
            content = programs.by_digest(session, digest)
            assert content is not None
            assert content.digest() == digest
            fresh = []
            for card in after:
                judge = rubrics.get(session, card.digest)
                assert judge is not None
                fresh.append(score(content, judge, datetime.date.fromisoformat(card.as_of)))
            replayed = [msgspec.json.encode(cards) for cards in (fresh, before, after)]
            assert replayed[0] == replayed[1] == replayed[2]


def test_nothing_is_judged_twice(database: Database) -> None:
    keys = filled(database)
    judges = [made.rubric(), made.rubric("other", "Other")]
    service.scorecards_of(database, keys, judges, made.DAY)
    with database.session(write=True) as session:
        digests = [each.digest for each in programs.current(session, keys)]
        assert scorecards.present(session, digests, [each.digest for each in judges], made.DAY) == {
            (digest, judge.digest) for digest in digests for judge in judges
        }
        # A card that is kept is taken as it is: a made-up title in it comes back.
        card = scorecards.pack(
            msgspec.structs.replace(score(programs.by_digest(session, digests[0]), judges[0], made.DAY), title="kept")
        )  # type: ignore[arg-type]
        chosen = "UPDATE scorecards SET card = :card WHERE program_digest = :digest AND rubric_digest = :rubric"
        session.execute(text(chosen), {"card": card, "digest": digests[0], "rubric": judges[0].digest})
    titles = [cards[0].title for cards in service.scorecards_of(database, keys, judges, made.DAY)]
    assert titles == ["kept", "Ants", "Cows"]
    other_day = service.scorecards_of(database, keys, judges, made.DAY + datetime.timedelta(days=1))
    assert other_day[0][0].title == "Bees"


def test_rubrics_come_back_from_their_text(database: Database) -> None:
    given = [made.rubric(), *library.latest(library.installed())]
    with database.session(write=True) as session:
        rubrics.add(session, given)
        rubrics.add(session, given)
    with database.session() as session:
        for each in given:
            kept = rubrics.details(session, each.digest)
            assert kept is not None
            assert (kept.rubric, kept.version, kept.variant_of) == (each.rubric, each.version, None)
            assert parse_rubric(kept.text, "kept").digest == each.digest
            assert rubrics.get(session, each.digest) == each
        assert rubrics.get(session, "sha256:none") is None


# --- comparisons --------------------------------------------------------------------------------------------


def test_a_comparison_has_one_address_whatever_the_order(database: Database) -> None:
    keys = filled(database)
    judges = [made.rubric(), made.rubric("other", "Other")]
    first = service.compare(database, keys, judges, made.DAY)
    second = service.compare(database, keys[::-1], judges[::-1], made.DAY)
    assert first.id == second.id
    assert second.json == first.json
    assert len(first.id) == 32
    with database.session() as session:
        assert comparisons.count(session) == 1
        kept = comparisons.get(session, first.id)
    assert kept == first
    assert [each.title for each in first.comparison().programs] == ["Ants", "Bees", "Cows"]
    assert [each.key for each in first.request.programs] == [keys[1], keys[0], keys[2]]


def test_a_comparison_stands_when_its_programs_change(database: Database) -> None:
    keys = filled(database)
    first = service.compare(database, keys, [made.rubric()], made.DAY)
    service.correct(database, keys[0], correcting(fact="assessment_exists", value=True), made.way())
    second = service.compare(database, keys, [made.rubric()], made.DAY)
    assert first.id != second.id
    with database.session() as session:
        kept = comparisons.get(session, first.id)
    assert kept is not None
    assert kept.json == first.json != second.json


def test_a_kept_comparison_equals_a_fresh_one_byte_for_byte(database: Database) -> None:
    keys = filled(database, pass_mark=0.7)
    judge = made.rubric()
    kept = service.compare(database, keys, [judge], made.DAY)
    with database.session() as session:
        contents = [programs.by_digest(session, each.digest) for each in kept.request.programs]
    derived = [derive(each, made.DAY) for each in contents if each]
    fresh = compare(derived, [[score(each, judge, made.DAY)] for each in contents if each], [judge])
    assert kept.json == msgspec.json.encode(fresh)


def test_weights_make_a_variant_that_is_kept_and_says_so(database: Database) -> None:
    keys = filled(database)
    judge = made.rubric()
    plain = service.compare(database, keys, [judge], made.DAY)
    changed = service.compare(database, keys, [judge], made.DAY, {"tiny": {"assessed": 1, "identified": 1}})
    assert plain.id != changed.id
    assert changed.request.weights == {"tiny": {"assessed": 1}}
    standing = changed.comparison().standings[0]
    assert standing.title == "Tiny (other weights)"
    assert standing.digest != judge.digest
    with database.session() as session:
        kept = rubrics.details(session, standing.digest)
        variant = rubrics.get(session, standing.digest)
    assert kept is not None
    assert variant is not None
    assert kept.variant_of == judge.digest
    assert [each.weight for each in variant.criteria] == [1, 1]
    assert "assessed 1 (published: 3)" in variant.notes[-1]
    same = service.compare(database, keys, [judge], made.DAY, {"tiny": {"assessed": 3}})
    assert same.id == plain.id


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({"tiny": {"asessed": 2}}, 'Did you mean "assessed"'),
        ({"tinny": {"assessed": 2}}, 'Did you mean "tiny"'),
        ({"tiny": {"assessed": 0}}, "from 1 to 1000, not 0"),
        ({"tiny": {"assessed": True}}, "not True"),
        ({"tiny": {"assessed": 1.5}}, "not 1.5"),
    ],
)
def test_weights_that_fit_nothing_are_explained(database: Database, weights: rubrics.Weights, says: str) -> None:
    with pytest.raises(rubrics.BadWeights, match=says):
        service.compare(database, filled(database), [made.rubric()], made.DAY, weights)


def test_programs_that_can_not_be_compared_are_told(database: Database) -> None:
    keys, judge = filled(database), made.rubric()
    for chosen, judges, says in (
        (keys[:1], [judge], "2 to 50"),
        ([str(n) for n in range(51)], [judge], "2 to 50"),
        ([keys[0], keys[1], keys[0]], [judge], "named twice"),
        (keys, [], "needs a rubric"),
        (keys, [judge, judge], "one version of each"),
    ):
        with pytest.raises(service.BadComparison, match=says):
            service.compare(database, chosen, judges, made.DAY)
    with pytest.raises(programs.UnknownProgram, match="nobody"):
        service.compare(database, [keys[0], "nobody"], [judge], made.DAY)
    with database.session() as session:
        assert comparisons.get(session, "nothing") is None
        assert comparisons.get(session, "\0") is None


def test_a_catalogue_shows_the_scores_of_the_current_version(database: Database) -> None:
    keys, judge = filled(database), made.rubric()
    service.correct(database, keys[0], correcting(fact="assessment_exists", value=True), made.way())
    shown = {
        each.title: each.bars[judge.digest].stated
        for each in service.search_programs(database, search.Search(), [judge]).items
    }
    cards = service.scorecards_of(database, keys, [judge], made.DAY)
    assert shown == {row[0].title: row[0].stated for row in cards}
    assert shown["Bees"] > 0
