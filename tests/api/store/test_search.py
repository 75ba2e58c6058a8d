"""Finding programs: words, conditions, orders and pages, the same on both databases, whatever is typed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from api import service
from api.store import search
from api.store.cursors import BadCursor
from api.store.database import Database
from evaluator.condition import parse_condition
from evaluator.engine import holds
from evaluator.facts import FactDefinition, Value, dictionary
from evaluator.program import Skill
from tests.api.store import programs as made

JUDGE = made.rubric()
HOSTILE = (
    "'", '"', "''", '"" OR ""', "* OR *", "a AND", "NOT", "NEAR(a b)", "title:bees", "bees*", "-bees", "(bees", "^bees",
    "bees & ants", "bees | !ants", "bees:*", "\\", "%", "_", "\0", "bees\0ants", "'; DROP TABLE programs; --", "\ud800",
    "{bees}", "+", "<->", "bees <2> ants", "é" * 5000, "🐝", "x" * 100_000,
)  # fmt: skip


def add(database: Database, *said: dict[str, object]) -> list[str]:
    """Programs, each by its fields; `facts` are its facts. Their keys."""
    pairs = []
    for number, fields in enumerate(said):
        name = str(fields.get("title", number))
        source = made.paper(name, f"https://example.org/{name}")
        own = {name: value for name, value in fields.items() if name != "facts"}
        program = made.says(source, fields.get("facts", {}), f"urn:{name}", **own)  # type: ignore[arg-type]
        pairs.append((source, made.reading(program)))
    return [each.programs[0].key for each in service.add_readings(database, pairs, made.way(JUDGE))]


def titles(database: Database, **asked: object) -> list[str | None]:
    found = service.search_programs(database, search.Search(**asked), [JUDGE], limit=250)  # type: ignore[arg-type]
    assert service.count_programs(database, search.Search(**asked)) == len(found.items)  # type: ignore[arg-type]
    return [each.title for each in found.items]


def test_words_are_found_in_everything_that_people_read(database: Database) -> None:
    add(
        database,
        {"title": "Beekeeping", "issuer": "Université de Tartu"},
        {"title": "Ants", "description": "Not about bees, about ANTS."},
        {"title": "Cows", "outcomes": ("Milk a cow",), "skills": (Skill(label="Straße"),)},
    )
    for typed, expected in (
        ("bee", ["Ants", "Beekeeping"]),
        ("BEEKEEPING", ["Beekeeping"]),
        ("bees", ["Ants"]),
        ("universite tartu", ["Beekeeping"]),
        ("Tartu, UNIVERSITÉ!", ["Beekeeping"]),
        ("milk", ["Cows"]),
        ("strasse", ["Cows"]),
        ("bee milk", []),
        ("eekeeping", []),
        ("", ["Ants", "Beekeeping", "Cows"]),
        ("  ", ["Ants", "Beekeeping", "Cows"]),
        ("!!!", []),
    ):
        assert titles(database, text=typed) == expected, typed


def test_a_program_is_found_by_its_current_words_only(database: Database) -> None:
    add(database, {"title": "Same", "description": "old"})
    source = made.paper("Same", "https://example.org/Same", "2026-11-09T00:00:00Z")
    other = made.paper("changed", "https://example.org/Same", "2026-11-10T00:00:00Z")
    said = made.says(other, {}, "urn:Same", title="Same", description="new")
    service.add_readings(database, [(other, made.reading(said))], made.way(JUDGE))
    assert source.url == other.url
    assert titles(database, text="old") == []
    assert titles(database, text="new") == ["Same"]


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_words_are_only_words(database: Database, typed: str) -> None:
    add(database, {"title": "Bees"}, {"title": "Ants"}, {"title": "Bees & ants"})
    words = search.fold(typed)
    expected = sorted(
        title
        for title in ("Ants", "Bees", "Bees & ants")
        if all(any(own.startswith(word) for own in search.fold(title)) for word in words) and words
    )
    assert titles(database, text=typed) == expected


def test_too_many_words_are_refused(database: Database) -> None:
    with pytest.raises(search.BadSearch, match="at most 32"):
        titles(database, text=" ".join(f"word{number}" for number in range(33)))
    with pytest.raises(search.BadSearch, match="1 to 250"):
        service.search_programs(database, search.Search(), [], limit=0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(max_size=40))
def test_whatever_is_typed_is_answered(database: Database, typed: str) -> None:
    assert titles(database, text=typed) == []


# --- conditions ---------------------------------------------------------------------------------------------


def value_for(fact: FactDefinition) -> tuple[Value, str]:
    """A value that the fact can have, and a condition that it meets and no unknown one does."""
    match fact.type:
        case "boolean":
            return True, fact.name
        case "text":
            value = fact.values[0] if fact.values else 'it\'s "so" \\ %'
            return value, f"{fact.name} = '{value.replace(chr(39), chr(39) * 2)}'"
        case "integer":
            value = int(fact.minimum or 0) + 1
            return value, f"{fact.name} BETWEEN {value} AND {value}"
    value = (fact.minimum or 0) + 0.7 if fact.maximum is None or fact.maximum >= 0.7 else fact.maximum
    return value, f"{fact.name} >= {value}"


ASKED = [fact for fact in dictionary().values() if fact.type != "date" and not fact.derived]


def test_every_fact_can_be_asked_and_unknown_is_never_matched(database: Database) -> None:
    known = {fact.name: value_for(fact)[0] for fact in ASKED}
    add(database, {"title": "Known", "facts": known}, {"title": "Unknown"})
    derived = {each.title: each.facts for each in service.search_programs(database, search.Search(), []).items}
    for fact in ASKED:
        if fact.name in derived["Unknown"]:
            continue
        condition = value_for(fact)[1]
        assert titles(database, where=parse_condition(condition)) == ["Known"], condition
        assert titles(database, where=parse_condition(f"NOT ({condition})")) == [], condition


def test_derived_facts_can_be_asked(database: Database) -> None:
    add(database, {"title": "With", "facts": {"pass_mark": 0.5}, "outcomes": ("Weld",)}, {"title": "Without"})
    assert titles(database, where=parse_condition("outcomes_stated")) == ["With"]
    assert titles(database, where=parse_condition("NOT outcomes_stated")) == ["Without"]


ROWS: list[dict[str, Value]] = [
    {**({} if flag is None else {"supervised": flag}), **({} if mark is None else {"pass_mark": mark}), **kind, **many}
    for flag in (None, True, False)
    for mark in (None, 0.5, 0.7)
    for kind in ({}, {"mode": "taught"}, {"mode": "exam_only"})
    for many in ({}, {"completers": 2})
]
ATOMS = (
    "supervised", "supervised = FALSE", "supervised <> TRUE", "pass_mark >= 0.7", "pass_mark = 0.7", "pass_mark < 0.7",
    "pass_mark BETWEEN 0.5 AND 0.6", "mode = 'taught'", "mode <> 'taught'", "mode IN ('exam_only', 'work_based')",
    "completers < 2", "completers > 1", "completers <= 2", "pass_mark <> 0.5",
)  # fmt: skip
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        inner.map(lambda each: f"NOT ({each})"),
        st.tuples(inner, st.sampled_from(("AND", "OR")), inner).map(lambda each: f"({each[0]}) {each[1]} ({each[2]})"),
    ),
    max_leaves=5,
)


def test_a_filter_finds_what_the_engine_finds_true(database: Database) -> None:
    """The filter over stored facts and the engine that judges give one answer, for any condition."""
    names = [f"p{number:03}" for number in range(len(ROWS))]
    add(database, *({"title": name, "facts": row} for name, row in zip(names, ROWS, strict=True)))

    @settings(max_examples=60, deadline=None)
    @given(CONDITIONS)
    def agree(written: str) -> None:
        condition = parse_condition(written)
        expected = [name for name, row in zip(names, ROWS, strict=True) if holds(condition, row) is True]
        assert titles(database, where=condition) == expected

    agree()


# --- orders and pages ---------------------------------------------------------------------------------------


def catalogue(database: Database) -> None:
    issuers = itertools.cycle(("Beta", "alpha", None, "Éta"))
    marks = itertools.cycle(({}, {"assessment_exists": True}, {"assessment_exists": True, "pass_mark": 0.9}))
    many = [
        {"title": f"{'aBcÄ'[number % 4]} course {number % 5}/{number}", "issuer": next(issuers), "facts": next(marks)}
        for number in range(23)
    ]
    add(database, *many)


def walk(database: Database, asked: search.Search, limit: int) -> list[str]:
    """Every key, page by page."""
    found: list[str] = []
    cursor = None
    for _ in range(100):
        page = service.search_programs(database, asked, [JUDGE], cursor, limit)
        found += [each.key for each in page.items]
        cursor = page.next
        if cursor is None:
            return found
        assert len(page.items) == limit
    pytest.fail("the pages do not end")


ORDERS = [
    search.Search(order=order, rubric=JUDGE.digest if order == "score" else "", measure=measure, reverse=reverse)
    for order in ("title", "issuer", "newest", "score")
    for measure in (("stated", "possible", "evidenced") if order == "score" else ("stated",))
    for reverse in (False, True)
]


@pytest.mark.parametrize("asked", ORDERS, ids=lambda each: f"{each.order}-{each.measure}-{each.reverse}")
def test_pages_hold_every_program_once_in_one_order(database: Database, asked: search.Search) -> None:
    catalogue(database)
    whole = service.search_programs(database, asked, [JUDGE], limit=250).items
    assert len(whole) == 23
    for limit in (1, 4, 23):
        assert walk(database, asked, limit) == [each.key for each in whole]
    keys = {
        "title": [search.sort_key(each.title or "") for each in whole],
        "issuer": [search.sort_key(each.issuer or "") for each in whole],
        "newest": [each.added for each in whole],
        "score": [getattr(each.bars[JUDGE.digest], asked.measure) for each in whole],
    }[asked.order]
    assert keys == sorted(keys, reverse=(asked.order in ("newest", "score")) != asked.reverse)


def test_programs_without_a_score_come_last(database: Database) -> None:
    add(database, {"title": "A"})
    other = made.rubric("other", "Other")
    source = made.paper("B")
    said = made.says(source, {}, "urn:B", title="B")
    service.add_readings(database, [(source, made.reading(said))], made.way(other))
    for reverse in (False, True):
        assert titles(database, order="score", rubric=other.digest, reverse=reverse) == ["B", "A"]


@pytest.mark.parametrize("asked", ORDERS[:4], ids=lambda each: f"{each.order}-{each.reverse}")
def test_programs_that_arrive_meanwhile_move_no_other_across_a_page(database: Database, asked: search.Search) -> None:
    catalogue(database)
    before = walk(database, asked, 250)
    seen: list[str] = []
    cursor, round_ = None, 0
    while True:
        page = service.search_programs(database, asked, [JUDGE], cursor, 5)
        seen += [each.key for each in page.items]
        # Some sort before, some behind the border.
        add(database, *({"title": f"{letter} new {round_}", "issuer": letter} for letter in "aczÄ"))
        round_ += 1
        cursor = page.next
        if cursor is None or round_ > 20:
            break
    assert len(set(seen)) == len(seen)
    assert [key for key in seen if key in set(before)] == before


def test_a_cursor_that_does_not_fit_is_refused(database: Database) -> None:
    catalogue(database)
    asked = search.Search(text="course")
    cursor = service.search_programs(database, asked, [], limit=5).next
    assert cursor is not None
    for tampered in (
        cursor[:-1],
        cursor[:-2] + "AA",
        "A" + cursor[1:],
        cursor + "A",
        "",
        "\0",
        "é",
        "x" * 9999,
        cursor[:8],
    ):
        with pytest.raises(BadCursor, match="cut off or altered"):
            service.search_programs(database, asked, [], tampered, 5)
    for other in (
        search.Search(text="courses"),
        search.Search(text="course", order="issuer"),
        search.Search(text="course", reverse=True),
        search.Search(text="course", where=parse_condition("free")),
    ):
        with pytest.raises(BadCursor, match="another search"):
            service.search_programs(database, other, [], cursor, 5)
    assert len(service.search_programs(database, asked, [], cursor, 250).items) == 18


def test_a_large_catalogue_is_ordered_by_score_without_reading_cards(database: Database) -> None:
    """SQLite takes the index that holds the numbers, once it knows how much there is."""
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL plans by its own statistics, in its own time")
    many = [{"title": f"Course {number}", "url": f"https://c.example/{number}"} for number in range(service.MANY)]
    service.add_documents(database, [made.table(many)], made.way(JUDGE))
    with database.session() as session:
        plan = session.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT p.key FROM programs p LEFT JOIN scorecards s ON s.program_digest = p.digest "
                "AND s.as_of = p.seen_on AND s.rubric_digest = 'x' ORDER BY s.stated"
            )
        ).all()
    assert any("COVERING INDEX ix_scorecards_bars" in str(step) for step in plan), plan
