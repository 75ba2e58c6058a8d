"""Every document of the corpus is read: as programs, or as a problem that says where and why."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from evaluator.facts import dictionary
from evaluator.program import QUOTE_LENGTH, Document, Reading
from providers import sources
from tests.corpus import PROVIDERS, needs_corpus

pytestmark = needs_corpus


@pytest.fixture(scope="module")
def corpus() -> list[tuple[Document, Reading]]:
    """Every document with its reading; how long that took is printed (`pytest -rP`), and asserted nowhere."""
    installed = sources.candidates()
    started = time.perf_counter()
    read = [
        (source, sources.read_document(source, installed))
        for source in sources.documents([str(PROVIDERS)])
        if isinstance(source, Document)
    ]
    seconds = time.perf_counter() - started
    programs = Counter(program.provider for _, reading in read for program in reading.programs)
    problems = sum(len(reading.problems) for _, reading in read)
    print(f"\n{len(read)} documents in {seconds:.1f} s: {dict(programs)} programs, {problems} problems")
    return read


def expected_files() -> Iterator[Path]:
    for path in PROVIDERS.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(PROVIDERS).parts)
        if path.is_file() and not hidden:
            yield path


def test_no_document_is_passed_over(corpus: list[tuple[Document, Reading]]) -> None:
    assert sorted(source.url for source, _ in corpus) == sorted(map(str, expected_files()))
    silent = [source.url for source, reading in corpus if not reading.programs and not reading.problems]
    assert silent == []


def test_no_provider_fails(corpus: list[tuple[Document, Reading]]) -> None:
    failed = [one for _, reading in corpus for one in reading.problems if "please report this mistake" in one.message]
    assert failed == []


def test_problems_name_place_and_reason(corpus: list[tuple[Document, Reading]]) -> None:
    for source, reading in corpus:
        for problem in reading.problems:
            assert problem.document == source.url
            assert 10 <= len(problem.message) <= 3_000, problem
            assert "Traceback" not in problem.message
            assert "\n" not in problem.locator


def test_what_is_read_can_be_stored_and_is_evidenced(corpus: list[tuple[Document, Reading]]) -> None:
    for source, reading in corpus:
        msgspec.json.encode(reading)
        for program in reading.programs:
            assert program.id
            assert program.provider
            assert [one.digest for one in program.documents] == [source.digest]
            assert program.facts.keys() <= dictionary().keys()
            for name, fact in program.facts.items():
                assert not dictionary()[name].derived
                for evidence in fact.evidence:
                    assert evidence.document == source.digest
                    assert evidence.retrieved == source.retrieved
                    assert len(evidence.quote) <= QUOTE_LENGTH
                    assert dictionary()[name].fault(evidence.value) is None


def test_all_four_providers_read_something_and_tables_thousands_of_rows(
    corpus: list[tuple[Document, Reading]],
) -> None:
    documents = Counter({program.provider: 0 for _, reading in corpus for program in reading.programs})
    rows = 0
    for _, reading in corpus:
        documents.update({program.provider for program in reading.programs})
        rows += sum(program.provider == "table" for program in reading.programs)
    assert documents.keys() >= set(sources.ORDER)
    assert rows > 10_000
    assert documents["open_badges"] > 80
    assert documents["ctdl"] > 20


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("credly/users_badges_28_raw.json", "badges as Credly lists them"),
        ("accredible/wallet_credentials.json", "credentials as Accredible lists them"),
        ("badges/ioc_sfia_skill_badges.json", 'JSON of another kind, with the keys "iocid", "title"'),
        ("elm/edc-reference-impl/Sample.jsonld", "the European Learning Model"),
        ("case/Ordering.json", "a CASE framework"),
    ],
)
def test_formats_that_no_provider_reads_are_named(
    corpus: list[tuple[Document, Reading]], name: str, words: str
) -> None:
    (reading,) = [reading for source, reading in corpus if source.url == str(PROVIDERS / name)]
    assert reading.programs == ()
    (problem,) = reading.problems
    assert words in problem.message


HOLDERS = {
    "openbadges/1edtech-public-validator/ob30/complete.json": (
        "student@1edtech.edu",
        "somebody@gmail.com",
        "A-9320041",
    ),
    "openbadges/1edtech-public-validator/clr20/simple.json": ("did:example:ebfeb1f712ebc6f1c276e12ec21",),
    "openbadges/dcc-vc-test-fixtures/verifiableCredentials/v1/ed25519/didWeb/oidf-validStatus-noExpiry.json": (
        "Taylor",
        "Tuna",
    ),
    "openbadges/dcc-vc-test-fixtures/verifiableCredentials/v1/ed25519/didKey/legacy-noStatus-expired.json": (
        "Jane Doe",
    ),
    "openbadges/edubadges-obv3-examples/_data/credentials/uvh_at_regular_full.json": ("stu-1A2B3C", "did:example"),
}


@pytest.mark.parametrize(("name", "secrets"), HOLDERS.items(), ids=[Path(name).name for name in HOLDERS])
def test_holders_of_real_badges_are_not_kept(
    corpus: list[tuple[Document, Reading]], name: str, secrets: tuple[str, ...]
) -> None:
    (reading,) = [reading for source, reading in corpus if source.url == str(PROVIDERS / name)]
    kept = msgspec.json.encode(reading.programs).decode()
    assert reading.programs
    assert not [secret for secret in secrets if secret in kept]


def test_one_bad_document_does_not_stop_a_folder(tmp_path: Path) -> None:
    (tmp_path / "0-cut-off.json").write_bytes(b'{"@context": "https://w3id.org/openbadges/v2", "type": "BadgeCl')
    (tmp_path / "1-not-text.csv").write_bytes(b"title,level\n\xff\xfe,\xff\n")
    (tmp_path / "2-deep.json").write_text("[" * 5_000)
    (tmp_path / "3-empty.html").write_text("")
    (tmp_path / "4-zip.xlsx").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "5-null.json").write_text(
        json.dumps({"@type": "Course", "@context": "https://schema.org", "name": None})
    )
    shutil.copy(PROVIDERS / "openbadges/1edtech-public-validator/ob30/simple.json", tmp_path / "6-whole.json")
    readings = list(sources.read([str(tmp_path)]))
    assert len(readings) == 7
    assert [program.title for program in readings[-1].programs] == ["Teamwork"]
    assert all(reading.problems for reading in readings[:-1] if not reading.programs)
