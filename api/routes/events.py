"""`/v1/events`: what has happened to credentials since they were first verified."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import examples
from api.http import etag, pages
from api.http.negotiate import JSON
from api.openapi import IF_NONE_MATCH, json_answer, operation
from api.routes.credentials import ID_EXAMPLE
from api.store import events
from api.store.cursors import read_cursor, write_cursor
from api.store.events import Event, Standing

router = APIRouter(prefix="/v1/events", tags=["credentials"])
_FEED = ["events"]


class EventList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of events, the oldest first."""

    events: tuple[Event, ...]
    next: str | None
    """The cursor of the next page; null on the last."""
    latest: str
    """The cursor behind the last event shown: ask with it later for what has come since."""


_EVENT = Event(
    id="7f3a0c5d1e9b42a68c04",
    type="credential.revoked",
    credential=ID_EXAMPLE,
    at="2026-11-25T09:30:00.000000Z",
    before=Standing(outcome="valid", codes=()),
    after=Standing(outcome="invalid", codes=("revoked",)),
)


@router.get(
    "",
    **operation(
        "listEvents",
        "List events",
        json_answer(
            "A page of events.",
            "EventList",
            examples.plain(EventList(events=(_EVENT,), next=None, latest=write_cursor(_FEED, [1]))),
            headers=("ETag", "Link"),
        ),
        problem_ids=["bad-cursor", "invalid"],
        parameters=[IF_NONE_MATCH],
    ),
)
def list_events(
    request: Request,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="`next` or `latest` of an earlier answer.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=pages.MOST, description="Events on a page.")] = pages.USUAL,
) -> Response:
    """A credential was revoked or suspended, or its verdict changed otherwise, when it was verified again."""
    after = int(read_cursor(_FEED, cursor, [int])[0]) if cursor else 0
    with request.app.state.database.session() as session:
        page = events.page(session, after, limit)
    latest = write_cursor(_FEED, [page.last])
    following = latest if page.more else None
    found = EventList(events=page.events, next=following, latest=latest)
    return etag.answer(request, msgspec.json.encode(found), JSON, headers=pages.link(request, following))
