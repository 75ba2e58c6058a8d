"""Programs in versions: what makes one, what differs, and how several documents make one program."""

from __future__ import annotations

import datetime
import hashlib
import math
import threading
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import text

from api import service
from api.store import documents, forming, programs
from api.store.database import Database
from api.store.forming import Way
from api.store.programs import Stale
from api.store.recent import LARGEST, Recent
from evaluator.program import Price, Problem, Reading, Skill, merged
from providers.sources import UnknownProvider
from tests.api.store import programs as made


def add(database: Database, *pairs: object) -> list[service.Added]:
    """Documents, each with the programs it speaks of."""
    return service.add_readings(database, [(source, made.reading(*said)) for source, *said in pairs], made.way())  # type: ignore[misc]


def current(database: Database, key: str) -> programs.Current:
    with database.session() as session:
        return programs.current(session, [key])[0]


def rows(database: Database, table: str) -> int:
    with database.session() as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar() or 0)


def test_the_same_content_twice_adds_nothing(database: Database) -> None:
    source = made.paper("one")
    first = add(database, (source, made.says(source, {"pass_mark": 0.5})))[0]
    tables = ("documents", "programs", "program_versions", "readings", "scorecards", "program_search")
    before = {table: rows(database, table) for table in tables}
    again = msgspec.structs.replace(source, retrieved="2026-11-09T00:00:00Z")
    second = add(database, (again, made.says(source, {"pass_mark": 0.5})))[0]
    assert [each.change for each in first.programs] == ["new"]
    assert [(each.change, each.version) for each in second.programs] == [("same", 1)]
    assert (first.again, second.again) == (False, True)
    assert {table: rows(database, table) for table in tables} == before


def test_a_key_is_for_ever(database: Database) -> None:
    """Addresses that people keep hold it: 20 hexadecimal digits of the sha256 of the id, whatever the version."""
    source = made.paper("one")
    added = add(database, (source, made.says(source, {}, "https://example.org/program")))[0]
    expected = hashlib.sha256(b"https://example.org/program").hexdigest()[:20]
    assert [each.key for each in added.programs] == [expected]


def test_other_content_makes_a_version_and_the_difference_names_it(database: Database) -> None:
    first, second = made.paper("one"), made.paper("two", retrieved="2026-11-05T00:00:00Z")
    add(database, (first, made.says(first, {"pass_mark": 0.5, "supervised": True}, description="Short")))
    changed = add(
        database, (second, made.says(second, {"pass_mark": 0.7, "supervised": True, "free": False}, description="Long"))
    )[0]
    key = changed.programs[0].key
    assert (changed.programs[0].change, changed.programs[0].version) == ("changed", 2)
    difference = service.difference(database, key, 1, 2)
    assert [(each.fact, each.before, each.after) for each in difference.facts] == [
        ("free", None, False),
        ("pass_mark", 0.5, 0.7),
    ]
    assert difference.fields == ("description",)
    assert difference.evidence_only == ("supervised",)
    with database.session() as session:
        found = programs.versions(session, key)
        old = programs.at_version(session, key, 1)
    assert [each.version for each in found] == [2, 1]
    assert [each.documents for each in found] == [(second.digest,), (first.digest,)]
    assert old.value("pass_mark") == 0.5
    assert old.digest() == found[1].digest


def test_a_page_seen_later_takes_the_place_of_the_one_before_whatever_order_they_come_in(database: Database) -> None:
    old, new = made.paper("old"), made.paper("new", retrieved="2026-11-05T00:00:00Z")
    add(database, (new, made.says(new, {"price_amount": 120})))
    key = add(database, (old, made.says(old, {"price_amount": 100})))[0].programs[0].key
    found = current(database, key)
    assert found.version == 1
    assert found.program.value("price_amount") == 120
    assert not found.program.facts["price_amount"].conflict


def test_a_page_that_returns_to_what_it_was_makes_a_version(database: Database) -> None:
    old, new = made.paper("old"), made.paper("new", retrieved="2026-11-05T00:00:00Z")
    add(database, (old, made.says(old, {"price_amount": 100})))
    add(database, (new, made.says(new, {"price_amount": 120})))
    back = msgspec.structs.replace(old, retrieved="2026-11-09T00:00:00Z")
    key = add(database, (back, made.says(old, {"price_amount": 100})))[0].programs[0].key
    found = current(database, key)
    assert (found.version, found.program.value("price_amount")) == (3, 100)
    with database.session() as session:
        digests = [each.digest for each in programs.versions(session, key)]
    assert digests[0] == digests[2] != digests[1]


def test_two_documents_about_one_program_merge(database: Database) -> None:
    page, badge = made.paper("page"), made.paper("badge", "badge.json")
    add(database, (page, made.says(page, {"supervised": True}, description="What it is")))
    key = (
        add(
            database,
            (badge, made.says(badge, {"pass_mark": 0.6}, title="Other title", skills=(Skill(label="Welding"),))),
        )[0]
        .programs[0]
        .key
    )
    found = current(database, key).program
    assert (found.value("supervised"), found.value("pass_mark")) == (True, 0.6)
    assert (found.title, found.description, found.skills) == ("A program", "What it is", (Skill(label="Welding"),))
    assert [each.digest for each in found.documents] == [page.digest, badge.digest]


def test_documents_that_disagree_leave_a_conflict_with_both_pieces(database: Database) -> None:
    page, badge = made.paper("page"), made.paper("badge", "badge.json")
    add(database, (page, made.says(page, {"pass_mark": 0.8})))
    key = add(database, (badge, made.says(badge, {"pass_mark": 0.6})))[0].programs[0].key
    fact = current(database, key).program.facts["pass_mark"]
    assert fact.conflict
    assert fact.value == 0.6
    assert {each.document for each in fact.evidence} == {page.digest, badge.digest}


def test_a_document_that_names_a_program_twice_says_one_thing(database: Database) -> None:
    source = made.paper("twice")
    added = add(database, (source, made.says(source, {"free": True}), made.says(source, {"supervised": True})))[0]
    assert len(added.programs) == 1
    found = current(database, added.programs[0].key)
    assert (found.version, found.program.value("free"), found.program.value("supervised")) == (1, True, True)


def test_documents_and_programs_are_shared_by_batches(database: Database) -> None:
    count = forming.BATCH * 2 + 7
    rows_of = [{"title": f"Course {number}", "url": f"https://c.example/{number}"} for number in range(count)]
    counted: list[int] = []
    added = service.add_documents(database, [made.table(rows_of)], made.way(), step=counted.append)[0]
    assert counted == [forming.BATCH, forming.BATCH, 7]
    assert len(added.programs) == count == rows(database, "programs") == rows(database, "scorecards")
    again = service.add_documents(database, [made.table(rows_of)], made.way())[0]
    assert {each.change for each in again.programs} == {"same"}
    assert again.again


def test_what_a_document_says_in_one_cell_changes_one_program(database: Database) -> None:
    rows_of = [{"title": f"Course {n}", "url": f"https://c.example/{n}", "pass_mark": "50%"} for n in range(5)]
    service.add_documents(database, [made.table(rows_of)], made.way())
    rows_of[3]["pass_mark"] = "60%"
    later = msgspec.structs.replace(made.table(rows_of), retrieved="2026-11-04T00:00:00Z")
    added = service.add_documents(database, [later], made.way())[0]
    # All evidence is of the new document, so that all programs have a version; one has another value.
    values = [current(database, each.key).program.value("pass_mark") for each in added.programs]
    assert values == [0.5, 0.5, 0.5, 0.6, 0.5]


def test_programs_from_a_rubric_folder_and_a_profile(database: Database, tmp_path: object) -> None:
    how = service.way(made.in_folder(tmp_path), made.DAY)  # type: ignore[arg-type]
    source = made.paper("edx", "https://www.edx.org/learn/a")
    said = made.says(source, {}, "https://www.edx.org/learn/a", issuer="edX", url="https://www.edx.org/learn/a")
    key = service.add_readings(database, [(source, made.reading(said))], how)[0].programs[0].key
    inherited = [
        fact
        for fact in current(database, key).program.facts.values()
        if any(each.inherited_from for each in fact.evidence)
    ]
    assert inherited
    assert service.add_readings(database, [(source, made.reading(said))], how)[0].programs[0].change == "same"


def test_a_document_that_nobody_reads_is_kept_with_its_problem_and_read_again_under_another_name(
    database: Database,
) -> None:
    table = made.table([{"title": "A course", "url": "https://c.example/1"}], url="catalogue.pdf")
    unread = msgspec.structs.replace(table, media_type="application/pdf")
    first = service.add_documents(database, [unread], made.way())[0]
    assert not first.programs
    assert first.problems
    again = service.add_documents(database, [unread], made.way())[0]
    assert (again.again, again.problems) == (True, first.problems)
    renamed = msgspec.structs.replace(table, url="catalogue.csv")
    assert [each.title for each in service.add_documents(database, [renamed], made.way())[0].programs] == ["A course"]
    with database.session() as session:
        assert documents.count(session) == 1


def test_the_bytes_of_a_document_come_back(database: Database) -> None:
    source = made.paper("some \0 bytes" * 1000)
    add(database, (source,))
    with database.session() as session:
        kept = documents.get(session, source.digest)
        assert kept is not None
        assert documents.with_content(session, kept.number) == source
        assert documents.get(session, "sha256:none") is None


def test_an_unknown_provider_is_named_before_anything_is_kept(database: Database) -> None:
    with pytest.raises(UnknownProvider, match="tabel"):
        service.add_documents(database, [made.paper("a")], made.way(), provider="tabel")
    assert rows(database, "documents") == 0


def test_a_program_that_json_can_not_hold_costs_one_problem(database: Database) -> None:
    source = made.paper("bad")
    good = [made.says(source, {}, f"https://example.org/{number}") for number in range(5)]
    bad = made.says(source, {}, "https://example.org/bad", title="Too dear", prices=(Price(amount=math.inf),))
    half = made.says(source, {}, "https://example.org/half", title="Half a \ud800 character")
    added = add(database, (source, *good[:3], bad, *good[3:], half))[0]
    assert len(added.programs) == 5
    assert [isinstance(each, Problem) for each in added.problems] == [True, True]
    assert "Too dear" in added.problems[0].message
    assert rows(database, "programs") == 5


def test_text_that_postgresql_can_not_hold_is_kept_as_published(database: Database) -> None:
    source = made.paper("nul", "nul\0.txt")
    key = add(database, (source, made.says(source, {"level_code": "6\0"}, "urn:a\0b", title="A\0B", issuer="C\0")))[0]
    assert current(database, key.programs[0].key).program.title == "A\0B"


def test_unknown_keys_and_versions_are_told(database: Database) -> None:
    source = made.paper("one")
    key = add(database, (source, made.says(source, {})))[0].programs[0].key
    for bad in ("nothing", "", "\0", "é", "' OR 1=1 --", "a" * 100_000):
        with pytest.raises(programs.UnknownProgram, match="no program"), database.session() as session:
            programs.current(session, [key, bad])
    for version in (0, 2, -1, 10**30):
        with pytest.raises(programs.UnknownProgram, match="no version"), database.session() as session:
            programs.at_version(session, key, version)


def test_writers_at_once_lose_nothing(database: Database) -> None:
    """Eight writers say different things of the same programs at once."""
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            source = made.paper(f"paper {number}", f"https://example.org/{number}")
            names = ("supervised", "free", "identity_verified", "assessment_exists")
            facts = dict.fromkeys(names[: number % 4 + 1], True)
            said = [made.says(source, facts, f"https://example.org/program/{each}") for each in range(10)]
            add(database, (source, *said))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for each in range(10):
        found = current(database, programs.key_of(f"https://example.org/program/{each}"))
        assert len(found.program.documents) == 8
        assert found.program.value("assessment_exists") is True
        with database.session() as session:
            assert [v.version for v in programs.versions(session, found.key)] == list(range(found.version, 0, -1))


def test_refresh_scores_under_a_new_rubric_and_a_later_day(database: Database) -> None:
    source = made.paper("one")
    key = add(database, (source, made.says(source, {"first_offered_on": "2026-01-01"})))[0].programs[0].key
    assert service.refresh(database, made.way(), made.DAY) == 0
    both = made.way(made.rubric(), made.rubric("other", "Other"))
    assert service.refresh(database, both, made.DAY) == 1
    later = made.way(*both.rubrics, as_of=made.DAY + datetime.timedelta(days=90))
    assert service.refresh(database, later, later.as_of) == 1
    page = service.search_programs(database, service.search.Search(), later.rubrics)
    assert page.items[0].facts["first_offered_months"] == 13
    assert len(page.items[0].bars) == 2
    assert current(database, key).version == 1
    assert rows(database, "scorecards") == 2


# --- one id, two issuers ------------------------------------------------------------------------------------

FACTS = {"identity_verified": True}


def titles(database: Database) -> list[tuple[str | None, str | None]]:
    page = service.search_programs(database, service.search.Search(), [])
    return [(each.title, each.issuer) for each in page.items]


def test_a_document_that_claims_the_id_of_another_issuer_is_kept_apart(database: Database) -> None:
    true, false = made.paper("true"), made.paper("false", "evil.csv")
    first = add(database, (true, made.says(true, {"pass_mark": 0.9}, issuer="Example College")))[0]
    claims = made.says(false, {"pass_mark": 0.1, **FACTS}, issuer="Evil Corp", title="Cheap")
    second = add(database, (false, claims))[0]
    key = first.programs[0].key
    kept = current(database, key)
    assert (kept.version, kept.program.value("pass_mark"), len(kept.program.documents)) == (1, 0.9, 1)
    assert [each.change for each in second.programs] == ["new"]
    assert second.programs[0].key != key
    assert current(database, second.programs[0].key).program.value("pass_mark") == 0.1
    said = second.problems[0].message
    assert all(words in said for words in ("“A program” of “Example College”", "“Cheap” of “Evil Corp”", "kept apart"))
    again = add(database, (false, claims))[0]
    assert [(each.key, each.change) for each in again.programs] == [(second.programs[0].key, "same")]
    assert titles(database) == [("A program", "Example College"), ("Cheap", "Evil Corp")]


def test_one_upload_with_one_id_of_two_issuers_gives_two_programs(database: Database) -> None:
    one, other = made.paper("one"), made.paper("two", "b.csv")
    pair = [(each, made.says(each, FACTS, issuer=name)) for each, name in ((one, "College"), (other, "Corp"))]
    added = add(database, *pair)
    keys = [[program.key for program in each.programs] for each in added]
    assert len(keys[0]) == len(keys[1]) == 1
    assert keys[0] != keys[1]
    assert [len(each.problems) for each in added] == [0, 1]
    both = made.paper("both", "c.csv")
    inside = add(database, (both, *(made.says(both, FACTS, id="urn:x", issuer=name) for name in ("A", "B"))))[0]
    assert len(inside.programs) == 2
    assert len(inside.problems) == 1
    assert len(titles(database)) == 4


@pytest.mark.parametrize("second", [None, "example  COLLEGE"])
def test_an_unknown_issuer_or_the_same_name_makes_one_program(database: Database, second: str | None) -> None:
    one, other = made.paper("one"), made.paper("two", "https://example.org/b")
    fields = {"issuer": second} if second else {}
    added = add(database, (one, made.says(one, FACTS, issuer="Example College")))
    added += add(database, (other, made.says(other, {"pass_mark": 0.5}, **fields)))  # type: ignore[arg-type]
    assert len({each.programs[0].key for each in added}) == 1
    assert not added[1].problems
    assert len(current(database, added[0].programs[0].key).program.documents) == 2


def test_a_page_that_was_fetched_again_may_name_another_issuer(database: Database) -> None:
    old, new = made.paper("old"), made.paper("new", retrieved="2026-11-02T00:00:00Z")
    key = add(database, (old, made.says(old, FACTS, issuer="Example College")))[0].programs[0].key
    renamed = add(database, (new, made.says(new, FACTS, issuer="Example University")))[0]
    assert not renamed.problems
    assert [each.key for each in renamed.programs] == [key]
    assert titles(database) == [("A program", "Example University")]


def test_writers_that_claim_one_id_at_once_are_told_apart(database: Database) -> None:
    papers = [made.paper(str(number), f"{number}.csv") for number in range(6)]
    added: list[service.Added] = []

    def write(number: int) -> None:
        issuer = "College" if number % 2 else "Corp"
        added.extend(add(database, (papers[number], made.says(papers[number], FACTS, issuer=issuer))))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(added) == 6
    assert sorted(len(each.problems) for each in added) == [0, 0, 0, 1, 1, 1]
    assert sorted(issuer or "" for _, issuer in titles(database)) == ["College", "Corp"]


def test_refresh_notices_other_profiles_and_says_why(database: Database) -> None:
    source = made.paper("one")
    key = add(database, (source, made.says(source, {"assessment_exists": True})))[0].programs[0].key
    before = made.way()
    assert service.stale(database, before, made.DAY).programs == 0
    identified = made.says(source, {"identity_verified": True})
    changed = Way(lambda program: merged(program, identified), before.rubrics, made.DAY, "other profiles")
    none = {"unscored": 0, "formed_otherwise": 0, "old": 0}
    assert service.stale(database, changed, made.DAY) == Stale(programs=1, **{**none, "formed_otherwise": 1})
    assert service.refresh(database, changed, made.DAY) == 1
    assert current(database, key).program.value("identity_verified") is True
    assert service.stale(database, changed, made.DAY).programs == 0
    both = replace(changed, rubrics=(made.rubric(), made.rubric("other", "Other")))
    late = made.DAY + datetime.timedelta(days=1)
    assert service.stale(database, both, late) == Stale(programs=1, **{**none, "unscored": 1, "old": 1})


def test_what_is_at_hand_is_bounded_and_large_values_are_not_held() -> None:
    held: Recent[str, str] = Recent(2)
    for name in "ab":
        held.put(name, name.upper(), 1)
    assert held.get("a") == "A"
    held.put("c", "C", 1)
    assert [held.get(name) for name in "abc"] == ["A", None, "C"]
    held.put("d", "D", LARGEST + 1)
    assert held.get("d") is None
    assert held.get("a") == "A"


def test_reading_problems_are_kept(database: Database) -> None:
    source = made.paper("one")
    problem = Problem(document=source.url, locator="/a", message="can't be")
    added = service.add_readings(database, [(source, Reading(problems=(problem,)))], made.way())[0]
    assert added.problems == (problem,)
    with database.session() as session:
        kept = documents.get(session, source.digest)
    assert kept is not None
    assert kept.problems == (problem,)
