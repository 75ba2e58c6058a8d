"""`/v1/providers`: the kinds of documents that can be read."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http import etag
from api.http.negotiate import JSON
from api.openapi import IF_NONE_MATCH, json_answer, operation

router = APIRouter(prefix="/v1/providers", tags=["dictionary"])


class ProviderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An adapter for one source of program descriptions."""

    name: str
    """As `provider` of an upload names it."""
    title: str
    """What it reads."""


class ProviderList(msgspec.Struct, frozen=True, kw_only=True):
    """Every installed provider."""

    providers: tuple[ProviderSummary, ...]


@router.get(
    "",
    **operation(
        "listProviders",
        "List the kinds of documents that can be read",
        json_answer(
            "Every installed provider, by name.",
            "ProviderList",
            {"providers": [{"name": "table", "title": "Tables (CSV, Excel, OpenDocument)"}]},
        ),
        parameters=[IF_NONE_MATCH],
    ),
)
def list_providers(request: Request) -> Response:
    """Uploads are read by the first that recognises them, unless one is named."""
    installed = request.app.state.installed.providers
    found = ProviderList(
        providers=tuple(ProviderSummary(name=each.name, title=each.title) for each in installed.values())
    )
    return etag.answer(request, msgspec.json.encode(found), JSON)
