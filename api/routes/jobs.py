"""`/v1/jobs`: how far the reading of many documents is."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import examples
from api.http import etag, pages
from api.http.negotiate import JSON
from api.openapi import IF_NONE_MATCH, json_answer, operation
from api.problems import ProblemError
from api.store import jobs
from api.store.cursors import read_cursor, write_cursor

router = APIRouter(prefix="/v1/jobs", tags=["documents"])


class JobDetail(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job is, and what its documents gave."""

    progress: jobs.Progress
    items: tuple[jobs.ItemReport, ...]
    next: str | None
    """The cursor of the next page of items; null on the last."""


PROGRESS = jobs.Progress(
    id="7d9c1b0f5e2a48c6b3d1",
    state="running",
    total=500,
    done=120,
    failed=1,
    created="2026-11-24T09:30:00.000000Z",
    finished=None,
)


@router.get(
    "/{id}",
    **operation(
        "getJob",
        "See how far a job is",
        json_answer(
            "Its progress, and what its documents gave so far.",
            "JobDetail",
            examples.plain(JobDetail(progress=PROGRESS, items=(), next=None)),
            headers=("ETag", "Link"),
        ),
        problem_ids=["not-found", "bad-cursor", "invalid"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_job(
    request: Request,
    id: Annotated[str, Path(description="Identifier.", openapi_examples={"id": {"value": PROGRESS.id}})],
    cursor: Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=pages.MOST, description="Items on a page.")] = pages.USUAL,
) -> Response:
    """Counts of documents, and one page of items, in the order in which they were given."""
    after = int(read_cursor(["job", id], cursor, [int])[0]) if cursor else -1
    with request.app.state.database.session() as session:
        progress = jobs.progress(session, id)
        if progress is None:
            raise ProblemError("not-found", f'There is no job "{id}".')
        items = jobs.reports(session, id, after, limit + 1)
    more = write_cursor(["job", id], [items[limit - 1].position]) if len(items) > limit else None
    found = JobDetail(progress=progress, items=tuple(items[:limit]), next=more)
    return etag.answer(request, msgspec.json.encode(found), JSON, headers=pages.link(request, more))
