"""A document read anew by another mapping: what only its wrong reading gave does not linger."""

from __future__ import annotations

from sqlalchemy import text

from api import service
from api.store import programs, search
from api.store.database import Database
from evaluator.program import Document, Program
from tests.api.store import programs as made

RIGHT, WRONG, SHARED = (f"https://example.org/{name}" for name in ("right", "wrong", "shared"))


def read(database: Database, source: Document, *said: Program) -> None:
    service.add_readings(database, [(source, made.reading(*said))], made.way())


def again(database: Database, source: Document, *said: Program) -> service.Added:
    return service.read_again(database, source, made.reading(*said), made.way())


def titles(database: Database, words: str = "") -> list[str | None]:
    found = service.search_programs(database, search.Search(text=words), [])
    return [each.title for each in found.items]


def rows(database: Database) -> dict[str, int]:
    tables = ("programs", "program_versions", "readings", "program_search")
    with database.session() as session:
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in tables}


def test_a_program_that_only_the_wrong_reading_gave_is_gone(database: Database) -> None:
    source = made.paper("table")
    read(database, source, made.says(source, {}, WRONG, title="Wrongly split"), made.says(source, {}, RIGHT, title="B"))
    added = again(database, source, made.says(source, {"pass_mark": 0.5}, RIGHT, title="Rightly read"))
    assert added.withdrawn == (programs.key_of(WRONG),)
    assert titles(database) == ["Rightly read"]
    assert titles(database, "wrongly") == []
    assert rows(database) == {"programs": 1, "program_versions": 2, "readings": 1, "program_search": 1}


def test_what_other_documents_say_stays(database: Database) -> None:
    one, other = made.paper("one", "https://example.org/1"), made.paper("other", "https://example.org/2")
    read(database, other, made.says(other, {"pass_mark": 0.7}, SHARED, title="Shared"))
    read(database, one, made.says(one, {"pass_mark": 0.7, "identity_verified": True}, SHARED, title="Shared"))
    added = again(database, one, made.says(one, {}, RIGHT, title="Right"))
    assert added.withdrawn == (programs.key_of(SHARED),)
    with database.session() as session:
        current = programs.current(session, [programs.key_of(SHARED)])[0]
    assert (current.program.value("pass_mark"), current.program.value("identity_verified")) == (0.7, None)
    assert [each.digest for each in current.program.documents] == [other.digest]


def test_what_a_person_corrected_stays(database: Database) -> None:
    source = made.paper("table")
    read(database, source, made.says(source, {}, WRONG, title="Corrected"))
    correcting = service.Correcting(fact="pass_mark", value=0.6, author="Ana", reason="asked the provider")
    service.correct(database, programs.key_of(WRONG), correcting, made.way())
    added = again(database, source, made.says(source, {}, RIGHT, title="Right"))
    assert added.withdrawn == ()
    assert titles(database) == ["Corrected", "Right"]


def test_comparisons_keep_their_content(database: Database) -> None:
    source = made.paper("table")
    read(database, source, made.says(source, {}, WRONG, title="Wrong"), made.says(source, {}, RIGHT, title="Right"))
    keys = [programs.key_of(WRONG), programs.key_of(RIGHT)]
    kept = service.compare(database, keys, [made.rubric()], made.DAY)
    again(database, source, made.says(source, {}, RIGHT, title="Right"))
    assert {side.title for side in kept.comparison().programs} == {"Wrong", "Right"}
    with database.session() as session:
        assert programs.present(session, keys) == [programs.key_of(RIGHT)]


def test_a_program_can_come_back(database: Database) -> None:
    source = made.paper("table")
    read(database, source, made.says(source, {}, WRONG, title="Gone"), made.says(source, {}, RIGHT, title="Right"))
    again(database, source, made.says(source, {}, RIGHT, title="Right"))
    again(database, source, made.says(source, {}, RIGHT, title="Right"), made.says(source, {}, WRONG, title="Back"))
    assert titles(database, "back") == ["Back"]
