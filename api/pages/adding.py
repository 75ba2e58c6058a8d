"""Add documents: drop files, paste links, see how a table's columns were understood, and correct that."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api import auth, jobs, service
from api.failures import sentence
from api.pages import columns
from api.pages.page import page
from api.problems import ProblemError
from api.routes import given
from api.routes.documents import Upload, from_form
from api.store import documents as kept_documents
from api.store import jobs as kept_jobs
from api.store import programs
from api.store.database import Database
from evaluator.program import Problem
from evaluator.strict_yaml import SpecError
from providers import table, table_mapping

router = APIRouter(prefix="/add", include_in_schema=False, dependencies=[Depends(auth.needs("write"))])

PATIENCE = 3.0
"""Seconds for which the reader waits for a small upload before the page of a running job is shown."""
MOST_DOCUMENTS, MOST_PROGRAMS = 100, 20
"""Documents that a page lists, and programs of each."""
LONGEST_MAPPING = 100_000


@router.get("")
def form(request: Request) -> Response:
    """The form."""
    return _form(request)


@router.post("")
async def add(request: Request) -> Response:
    """Keep what was given, and lead to the page that tells how its reading goes."""
    try:
        upload = await from_form(request)
    except ProblemError as error:
        says = [str(error.detail), *(fault.detail for fault in error.errors)]
        return _form(request, " ".join(says), error.status_code)
    return RedirectResponse(f"/add/{await run_in_threadpool(_submit, request, upload)}", 303)


@router.get("/{job}")
def added(request: Request, job: str) -> Response:
    """What a job's documents gave so far."""
    database: Database = request.app.state.database
    with database.session() as session:
        progress = kept_jobs.progress(session, job)
        reports = kept_jobs.reports(session, job, limit=MOST_DOCUMENTS)
    if progress is None:
        raise ProblemError("not-found", "There is no such upload.")
    found = [_document(database, report) for report in reports if report.outcome]
    return _added(request, found, progress)


@router.post("/map")
def read_again(
    request: Request,
    document: Annotated[int, Form()],
    mapping: Annotated[str, Form(max_length=LONGEST_MAPPING)] = "",
    column: Annotated[list[str] | None, Form(max_length=columns.MOST)] = None,
    gives: Annotated[list[str] | None, Form(max_length=columns.MOST)] = None,
) -> Response:
    """Read a table by a corrected mapping: as YAML, or with what each column should give instead."""
    database: Database = request.app.state.database
    with database.session() as session:
        try:
            source = kept_documents.with_content(session, document)
        except KeyError:
            raise ProblemError("not-found", "There is no such document.") from None
    again = {"name": source.url, "number": document}
    typed = [columns.Column(name, each, "") for name, each in zip(column or (), gives or (), strict=False)]
    try:
        wanted = columns.remapped(mapping, column or (), gives or ()) if typed else mapping
        reading = table.read_with(source, table_mapping.load(wanted, "the mapping"))
    except SpecError as error:
        kept = {"mapping": mapping, "columns": typed or columns.listed(mapping)}
        return _added(request, [{**again, **kept, **_said(database, [], ())}], fault=sentence(error))
    again |= _mapped(wanted)
    if not reading.programs:
        return _added(request, [{**again, **_said(database, [], reading.problems)}], fault="nothing")
    result = service.read_again(database, source, reading, given.way(request))
    found = {**again, **_said(database, [each.key for each in result.programs], result.problems)}
    return _added(request, [{**found, "withdrawn": len(result.withdrawn)}])


def _added(
    request: Request, found: list[dict[str, Any]], progress: kept_jobs.Progress | None = None, fault: str = ""
) -> Response:
    """What documents gave; `nothing` stands for a corrected mapping by which no row gives a program."""
    shown = {"documents": found, "progress": progress, "fault": fault, "targets": columns.targets()}
    return page(request, "added.html", "/add", status=422 if fault else 200, **shown)


def _form(request: Request, fault: str = "", status: int = 200) -> Response:
    limit = request.app.state.settings.max_upload_bytes // 1_000_000
    return page(request, "add.html", "/add", status=status, fault=fault, limit=limit, links="")


def _submit(request: Request, upload: Upload) -> str:
    """The job over an upload, after a moment in which a small one is done."""
    database: Database = request.app.state.database
    job = jobs.submit(database, upload.items, upload.provider)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with database.session() as session:
            progress = kept_jobs.progress(session, job)
        if progress is None or progress.state == "done":
            break
        time.sleep(0.1)
    return job


def _document(database: Database, report: kept_jobs.ItemReport) -> dict[str, Any]:
    outcome = report.outcome or kept_jobs.ItemOutcome()
    said = _said(database, outcome.programs, outcome.problems)
    return {"name": report.name, "number": report.document, **_understood(database, report.document), **said}


def _mapped(mapping: str) -> dict[str, Any]:
    return {"mapping": mapping, "columns": columns.listed(mapping)}


def _said(database: Database, keys: tuple[str, ...] | list[str], problems: tuple[Problem, ...]) -> dict[str, Any]:
    with database.session() as session:
        shown = programs.current(session, programs.present(session, keys[:MOST_PROGRAMS]))
    return {
        "count": len(keys),
        "withdrawn": 0,
        "programs": [{"key": each.key, "title": each.program.title or each.program.id} for each in shown],
        "problems": problems,
    }


def _understood(database: Database, number: int | None) -> dict[str, Any]:
    """How the columns of a table were understood, or just its columns; nothing for what is no table."""
    if number is None:
        return _mapped("")
    with database.session() as session:
        source = kept_documents.with_content(session, number)
    if not table.recognises(source):
        return _mapped("")
    if guessed := table.guessed(source):
        return _mapped(table_mapping.to_yaml(guessed[0][1]))
    return {"mapping": "", "columns": [columns.Column(name, "", "") for name in table.headers(source)[: columns.MOST]]}
