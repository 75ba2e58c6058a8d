"""How long a catalogue takes to load: one CSV of invented programs, read, inherited, scored and kept.

    python -m bench.load_catalogue [--programs 10000] [--database sqlite:///FILE] [--profile]

The bound is 60 seconds for 10,000 programs under the three built-in rubrics, from the bytes of the file to the last
commit. The file carries as many facts per program as a good catalogue does; `--database` must be empty or absent.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import datetime
import io
import pstats
import random
import sys
import tempfile
import time
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api import service
from api.store import search
from api.store.database import Database
from evaluator.program import Document, document
from rubrics import library

BOUND_SECONDS = 60.0
BOUND_PROGRAMS = 10_000
SEED = 7
AS_OF = datetime.date(2026, 11, 1)
SUBJECTS = ("data analysis", "care of the elderly", "cyber security", "supply chains", "welding", "accounting")
VERBS = ("Explain", "Apply", "Design", "Evaluate", "Configure", "Describe")
ISSUERS = (("Coursera", "US"), ("edX", "US"), ("Example University", "IE"), ("Beispiel-Akademie", "DE"))
FACTS: dict[str, tuple[str, ...]] = {
    "credential_type": ("micro_credential", "course", "certificate"),
    "mode": ("taught", "taught_exam", "exam_only"),
    "delivery": ("online", "onsite", "blended"),
    "self_paced": ("yes", "no"),
    "audience_level": ("beginner", "intermediate", "advanced"),
    "price_amount": ("0", "49", "250", "1200"),
    "price_currency": ("EUR", "USD"),
    "ects": ("1", "5", "10"),
    "contact_hours_low": ("10", "20"),
    "duration_weeks_low": ("4", "8"),
    "assessment_exists": ("yes", "no"),
    "assessment_summative": ("yes", "no"),
    "assessment_project": ("yes", "no"),
    "assessment_quiz": ("yes", "no"),
    "assessment_graded_by": ("auto", "peer", "instructor"),
    "pass_mark": ("50%", "70%", "80%"),
    "identity_verified": ("yes", "no"),
    "supervision": ("none", "remote_auto", "remote_live", "onsite"),
    "misconduct_policy": ("yes", "no"),
    "qa_external_institution": ("yes", "no"),
    "credit_acceptors": ("0", "3"),
}
"""Columns of the file, each with what its cells may say; a quarter of the cells is empty."""


def catalogue(programs: int) -> Document:
    """A CSV file of invented programs; the same for the same number."""
    chance = random.Random(SEED)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["title", "url", "issuer", "issuer_country", "description", "outcomes", "skills", *FACTS])
    for number in range(programs):
        subject = chance.choice(SUBJECTS)
        issuer, country = chance.choice(ISSUERS)
        outcomes = "; ".join(f"{chance.choice(VERBS)} the methods of {subject}, part {part}" for part in range(1, 6))
        skills = "; ".join(f"{subject} {part}" for part in range(1, 5))
        cells = ["" if chance.random() < 0.25 else chance.choice(values) for values in FACTS.values()]
        text = f"A program on {subject} for people who work and learn at once, with the tools of the trade. " * 3
        title, url = f"Foundations of {subject} {number}", f"https://catalogue.example.org/programs/{number}"
        writer.writerow([title, url, issuer, country, text, outcomes, skills, *cells])
    return document("catalogue.csv", file.getvalue().encode(), "text/csv", "2026-11-01T00:00:00Z")


def load(database: Database, source: Document, programs: int) -> float:
    """Seconds that loading took."""
    how = service.way(library.latest(library.installed()), AS_OF)
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*bar) as progress:
        task = progress.add_task("Programs read, scored and kept", total=programs)
        start = time.perf_counter()
        added = service.add_documents(database, [source], how, step=lambda count: progress.advance(task, count))[0]
        seconds = time.perf_counter() - start
    if added.problems or len(added.programs) != programs:
        raise SystemExit(f"Of {programs} programs {len(added.programs)} were kept; problems: {added.problems[:3]}")
    page = service.search_programs(database, search.Search(), how.rubrics, limit=search.MOST_ON_A_PAGE)
    facts = sum(len(each.facts) for each in page.items) / len(page.items)
    print(f"{programs} programs under {len(how.rubrics)} rubrics; {facts:.0f} facts known of each")
    return seconds


def main() -> None:
    """Measure, and fail when the bound for 10,000 programs is missed."""
    parser = argparse.ArgumentParser(description="Measure how long a catalogue takes to load.")
    parser.add_argument("--programs", type=int, default=BOUND_PROGRAMS)
    parser.add_argument("--database", help="URL of an empty database; default: a new SQLite file")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    chosen = parser.parse_args()
    source = catalogue(chosen.programs)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "catalogue.db")
        database = Database(chosen.database or f"sqlite:///{file}")
        database.migrate()
        profiler = cProfile.Profile()
        if chosen.profile:
            profiler.enable()
        seconds = load(database, source, chosen.programs)
        profiler.disable()
        database.close()
        size = f", {file.stat().st_size / 1e6:.0f} MB" if file.exists() else ""
    print(f"{seconds:.1f} s, {1000 * seconds / chosen.programs:.2f} ms per program{size}")
    if chosen.profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(70)
    if seconds > BOUND_SECONDS * chosen.programs / BOUND_PROGRAMS:
        sys.exit(f"missed: the bound is {BOUND_SECONDS:.0f} s for {BOUND_PROGRAMS} programs")


if __name__ == "__main__":
    main()
