"""Where documents come from and who reads them: whatever is at a place costs at most one problem."""

from __future__ import annotations

import io
import json
import os
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import msgspec
import pytest

from evaluator.program import Document, Problem, Program, Reading, document
from providers import sources, table
from providers.http import FetchError
from providers.provider import PluginError, Provider, installed, load
from tests.providers import seeds

ROWS = "title,level\nWelding,Beginner\n"


def read_title(source: Document) -> Reading:
    """A program called after what the document says."""
    return Reading(programs=(Program(id=source.digest, title=source.content.decode()[:20], provider="title"),))


TITLE = Provider(name="title", title="Titles", recognises=lambda source: True, read=read_title)
NOTHING = Provider(name="nothing", title="Nothing", recognises=lambda source: False, read=read_title)


class Site:
    """A fetcher that knows two addresses."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def fetch(self, url: str) -> Document:
        self.asked.append(url)
        if url.endswith("/missing"):
            raise FetchError(url, "does not exist (404); check the address")
        return document(url, ROWS.encode(), "text/csv", "2026-11-24T00:00:00Z")


def found(*places: str | Path, **seams: object) -> list[Document | Problem]:
    return list(sources.documents(map(str, places), **seams))  # type: ignore[arg-type]


def problem(*places: str | Path, **seams: object) -> Problem:
    (one,) = found(*places, **seams)
    assert isinstance(one, Problem), one
    return one


def names(documents: list[Document | Problem]) -> list[str]:
    return [Path(one.url if isinstance(one, Document) else one.document).name for one in documents]


# Files and folders


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "programs.CSV"
    path.write_text(ROWS)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    (one,) = found(path)
    assert isinstance(one, Document)
    assert one.url == str(path)
    assert one.media_type == "text/csv"
    assert one.retrieved == "2023-11-14T22:13:20Z"
    assert one.content == ROWS.encode()


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("page.html", "text/html"),
        ("badge.png", "image/png"),
        ("graph.jsonld", "application/ld+json"),
        ("notes", "application/octet-stream"),
        ("x.unheard-of", "application/octet-stream"),
    ],
)
def test_media_types_do_not_depend_on_the_machine(tmp_path: Path, name: str, media_type: str) -> None:
    (tmp_path / name).write_text("x")
    (one,) = found(tmp_path / name)
    assert isinstance(one, Document)
    assert one.media_type == media_type


def test_folders_are_read_in_the_order_of_names_without_hidden_files_and_sidecars(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "sub/c.csv", ".hidden.csv", ".git/d.csv", "a.csv.sources.yaml", "sub/deep/e.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(ROWS)
    assert names(found(tmp_path)) == ["a.csv", "b.csv", "c.csv", "e.csv"]


def test_places_are_read_in_the_order_in_which_they_are_given(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(ROWS)
    assert names(found(tmp_path / "b.csv", tmp_path / "a.csv")) == ["b.csv", "a.csv"]


def test_links_that_lead_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "secret.csv").write_text(ROWS)
    (folder / "own.csv").write_text(ROWS)
    (folder / "file").symlink_to(outside / "secret.csv")
    (folder / "linked").symlink_to(outside)
    (folder / "inside").symlink_to(folder / "own.csv")
    everything = found(folder)
    assert names(everything) == ["file", "inside", "linked", "own.csv"]
    away = {Path(one.document).name: one.message for one in everything if isinstance(one, Problem)}
    assert away == dict.fromkeys(("file", "linked"), "leads out of the folder; not followed")


def test_links_that_lead_nowhere_or_to_themselves_are_problems(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "whole.csv").write_text(ROWS)
    circle, nowhere, whole = found(tmp_path)
    assert isinstance(circle, Problem)
    assert "can't be read" in circle.message
    assert isinstance(nowhere, Problem)
    assert "can't be read: No such file" in nowhere.message
    assert isinstance(whole, Document)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe"):
        assert problem(place).message == "is not a file; give a file or a folder"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("gone.csv", "can't be read: No such file or directory"),
        ("a\0b", "can't be read: its name can't be"),
        ("", "is not a file"),
        ("x" * 300, "can't be read: File name too long"),
    ],
)
def test_what_is_not_there(place: str, message: str) -> None:
    assert message in problem(place).message


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_text(ROWS)
    assert problem(tmp_path).message == "the folder holds no documents"


def test_a_sidecar_is_no_document(tmp_path: Path) -> None:
    path = tmp_path / "programs.csv.sources.yaml"
    path.write_text("programs: {}")
    assert "give that document" in problem(path).message


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(sources.LARGEST_FILE + 1)
    assert problem(path).message == "is larger than 50 MB; split it"


def test_names_that_are_no_text_can_still_be_stored(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    path.write_text(ROWS)
    (reading,) = sources.read([str(tmp_path)], table.provider)
    assert b"Welding" in msgspec.json.encode(reading)


def test_names_as_long_as_names_can_be(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".csv")
    path.write_text(ROWS)
    (reading,) = sources.read([str(path)], table.provider)
    assert [program.title for program in reading.programs] == ["Welding"]


# Standard input and web addresses


def test_standard_input() -> None:
    (one,) = found("-", standard_input=io.BytesIO(ROWS.encode()))
    assert isinstance(one, Document)
    assert one.url == "-"
    assert one.content == ROWS.encode()
    assert table.recognises(one)
    endless = io.BytesIO(b"x" * (sources.LARGEST_FILE + 1))
    assert problem("-", standard_input=endless).message == "is larger than 50 MB; split it"


def test_web_addresses_are_fetched(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    site = Site()
    places = ["https://academy.example/programs", "https://academy.example/missing", str(tmp_path / "a.csv")]
    fetched, missing, local = sources.read(places, table.provider, site)  # type: ignore[arg-type]
    assert site.asked == places[:2]
    assert fetched.programs[0].documents[0].url == "https://academy.example/programs"
    (one,) = missing.problems
    assert (one.document, one.message) == (places[1], "does not exist (404); check the address")
    assert len(local.programs) == 1


@pytest.mark.parametrize(
    "place", ["http://academy.example/", "ftp://academy.example/", "file:///etc/passwd", "https://"]
)
def test_addresses_that_are_never_fetched(place: str) -> None:
    assert "https://" in problem(place).message


# Who reads


def test_the_first_that_recognises_a_document_reads_it() -> None:
    source = document("a", ROWS.encode(), "text/csv", "2026-11-24T00:00:00Z")
    assert sources.read_document(source, [NOTHING, table.provider, TITLE]).programs[0].provider == "table"
    assert sources.read_document(source, [NOTHING], named=True).programs[0].provider == "title"


def test_installed_providers_are_asked_in_a_fixed_order(tmp_path: Path) -> None:
    written = {
        "a.json": (json.dumps(seeds.CTDL), "ctdl"),
        "b.json": (json.dumps(seeds.CREDENTIAL), "open_badges"),
        "c.csv": (ROWS, "table"),
        "d.png": (seeds.baked_png(json.dumps(seeds.ASSERTION)), "open_badges"),
        "e.json": (json.dumps(seeds.COURSE), "schema_org"),
    }
    for name, (content, _) in written.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    readings = list(sources.read([str(tmp_path)]))
    assert [reading.programs[0].provider for reading in readings] == [provider for _, provider in written.values()]
    assert installed().keys() >= set(sources.ORDER)


def test_a_provider_chosen_by_name_reads_everything(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(json.dumps(seeds.BADGE_CLASS))
    (tmp_path / "b.csv").write_text(ROWS)
    badge, rows = sources.read([str(tmp_path)], "open_badges")
    assert badge.programs[0].title == "Welding Basics"
    assert rows.programs == ()
    assert rows.problems[0].locator == "line 1, column 1"


def test_an_unknown_provider_is_refused_at_once_with_the_nearest_name() -> None:
    with pytest.raises(
        sources.UnknownProvider, match=r'no provider "tabel"; installed are ctdl.*Did you mean "table"\?'
    ):
        sources.read(["gone"], "tabel")


def fails(_: Document) -> Reading:
    raise ZeroDivisionError("a secret of robin.holder@mail.example")


@pytest.mark.parametrize("where", ["recognises", "read"])
def test_a_provider_with_a_mistake_costs_one_problem_a_document(tmp_path: Path, where: str) -> None:
    broken = Provider(
        name="broken",
        title="Broken",
        recognises=fails if where == "recognises" else lambda source: True,  # type: ignore[arg-type,return-value]
        read=fails,
    )
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    for reading, source in zip(sources.read([str(tmp_path)], broken), found(tmp_path), strict=True):
        (one,) = reading.problems
        assert one.message == 'the provider "broken" failed (ZeroDivisionError); please report this mistake in it'
        assert isinstance(source, Document)
        after = sources.read_document(source, [broken, TITLE])
        assert [program.title for program in after.programs] == [Path(source.url).name]
        assert len(after.problems) == 1


def test_progress_is_told_before_each_document(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    told: list[str] = []
    readings = sources.read([str(tmp_path), str(tmp_path / "gone")], TITLE, progress=told.append)
    assert told == []
    next(readings)
    assert told == [str(tmp_path / "a")]
    assert len(list(readings)) == 2
    assert told == [str(tmp_path / "a"), str(tmp_path / "b")]


# What nobody reads


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty document"),
        (b" \n ", "an empty document"),
        (b"%PDF-1.7", "a PDF file; export it"),
        (b"\xff\xd8\xff\xe0", "an image (JPEG)"),
        (b"PK\x03\x04", "a ZIP archive or an office document"),
        (b"\x1f\x8b\x08", "a gzip archive; unpack it"),
        (b"<svg/>", "an image (SVG) without a badge"),
        (b"<!DOCTYPE html><p>x", "a web page"),
        (b"<xs:schema/>", "XML of a kind that is not known"),
        (b"Dear reader", "text"),
        (b"\x01\x00\x02", "a binary file"),
        (b"[]", "JSON of another kind"),
        (b'{"a": 1,}', "JSON with a mistake (line 1, column"),
        (b'{"a": 1, "b": 2}', 'JSON of another kind, with the keys "a", "b"'),
        (b'{"type": ["Thing"]}', "and the type Thing"),
        (b'{"data": [{"badge_template": {}}]}', "badges as Credly lists them"),
        (b'{"data": {"credentials": [{"issuer": {"whitelisted_domain": null}}]}}', "as Accredible lists them"),
        (b'{"$schema": "x", "title": "Achievement"}', "a JSON Schema"),
        (b'{"CFDocument": {}}', "a CASE framework"),
        (b'{"type": "http://data.europa.eu/snb/model/elm/Learning"}', "the European Learning Model"),
    ],
)
def test_what_nobody_reads_is_described(content: bytes, words: str) -> None:
    source = document("x", content, "application/octet-stream", "2026-11-24T00:00:00Z")
    (one,) = sources.read_document(source, [NOTHING]).problems
    assert one.message.startswith("not a kind of document that Touchstone reads; it looks like ")
    assert words in one.message


# Plugins


def points(folder: Path, lines: list[str]) -> list[EntryPoint]:
    """The entry points of a distribution that is installed in the folder."""
    place = folder / "acme_badges-2.1.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-badges\nVersion: 2.1\n")
    (place / "entry_points.txt").write_text("\n".join(["[touchstone.providers]", *lines]) + "\n")
    return [point for distribution in distributions(path=[str(folder)]) for point in distribution.entry_points]


def test_plugins_are_found_by_their_own_names(tmp_path: Path) -> None:
    assert load(points(tmp_path, ["some = providers.table:provider"])) == {"table": table.provider}
    assert load([]) == {}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["acme = acme_badges_not_there:provider"],
            'provider "acme" of acme-badges 2.1 can\'t be loaded: ModuleNotFound',
        ),
        (["acme = providers.table:nothing"], 'provider "acme" of acme-badges 2.1 can\'t be loaded: AttributeError'),
        (["acme = providers.sources:ORDER"], 'provider "acme" of acme-badges 2.1 is not a providers.provider.Provider'),
        (
            ["one = providers.table:provider", "two = providers.table:provider"],
            'Two plugins provide "table"; the second is of acme-badges 2.1',
        ),
    ],
)
def test_a_broken_plugin_fails_loudly(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(PluginError) as raised:
        load(points(tmp_path, lines))
    assert message in str(raised.value)
