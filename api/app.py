"""The application: what it works with, what stands around every request, and its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Event, Thread
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from api import failures, logs, openapi, problems, service, settings, world
from api.credentials import retention
from api.http.body import LimitBody
from api.http.head import AnswerHead
from api.http.observe import REQUEST_ID, Observe
from api.http.packing import Pack
from api.http.rate import RateLimit
from api.http.safety import Protect
from api.installed import Installed, load
from api.jobs import Worker
from api.metrics import Metrics
from api.pages import routes as pages
from api.pages.environment import LOCALE
from api.pages.errors import error_page
from api.rechecks import Rechecker
from api.routes import (
    about,
    batch,
    comparisons,
    credentials,
    documents,
    events,
    facts,
    health,
    jobs,
    presenting,
    profiles,
    programs,
    providers,
    rubrics,
    search,
)
from api.routes.given import today
from api.settings import Settings
from api.store import comparisons as kept_comparisons
from api.store.database import Database
from api.store.programs import Difference
from api.world import Worlds
from evaluator.compare import Comparison
from evaluator.facts import FactDefinition
from evaluator.program import Document, Problem, Program
from evaluator.rubric import Rubric
from evaluator.score import Scorecard
from providers.http import Fetcher, FetchError
from providers.profile import Profile
from rubrics import library

UPLOADS = ("/v1/documents", "/v1/batch", "/v1/credentials", "/add", "/verify")
"""Paths whose requests may be as large as an upload."""
EXPOSED = ["ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", REQUEST_ID]
"""Headers that pages of allowed origins may read."""


ROUTERS = (
    *(search.router, programs.router, documents.router, jobs.router, comparisons.router, batch.router),
    *(credentials.router, events.router),
    *(rubrics.router, facts.router, providers.router, profiles.router, health.router, about.router),
)
"""In the order of the documentation."""


def create_app(
    given: Settings, installed: Installed | None = None, fetcher: Fetcher | None = None, worlds: Worlds | None = None
) -> FastAPI:
    """The application for these settings. The tables of the database are not made here, see `Database.migrate`.

    `installed` is what is installed, `fetcher` what fetches addresses, and `worlds` what credentials are verified
    against, unless given. Raises BadDatabaseUrl, and what `installed.load` raises.
    """
    database = Database(given.database_url)
    figures = Metrics()
    found = installed or load(given.rubrics)
    fetcher = fetcher or Fetcher()
    fetch = _fetch_with(fetcher)
    live = world.Remembered(world.live(fetcher, world.explorers_of(given.explorers)))
    judged_in = worlds or world.worlds(live, given)
    rechecker = Rechecker(database, judged_in, retention(given))
    worker = Worker(database, lambda: service.way(library.latest(found.rubrics), today()), fetch)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stop = Event()
        working = [Thread(target=each.run, args=(stop,)) for each in (worker, rechecker)]
        for thread in working:
            thread.start()
        yield
        stop.set()
        for thread in working:
            await run_in_threadpool(thread.join)
        database.close()
        figures.close()

    app = FastAPI(
        title="Touchstone",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=_around(given, figures),
    )
    app.state.settings = given
    app.state.database = database
    app.state.installed = found
    app.state.fetch = fetch
    app.state.worlds = judged_in
    app.state.rate = RateLimit(given.rate_limit)
    app.state.figures = figures
    app.state.locale = LOCALE
    app.state.error_page = error_page
    problems.install(app)
    failures.install(app)
    for router in (*ROUTERS, pages.router):
        app.include_router(router)
    _describe(app)
    return app


def from_environment() -> FastAPI:
    """The application of a worker. Raises BadSettings."""
    found = settings.load()
    logs.configure(found)
    return create_app(found)


def _fetch_with(fetcher: Fetcher) -> Callable[[str], Document | Problem]:
    def fetch(url: str) -> Document | Problem:
        try:
            return fetcher.fetch(url)
        except FetchError as error:
            return Problem(document=error.url, locator="", message=error.reason)

    return fetch


def _around(given: Settings, figures: Metrics) -> list[Middleware]:
    """Outermost first."""

    def limit_of(path: str) -> int:
        return given.max_upload_bytes if path.startswith(UPLOADS) else given.max_body_bytes

    cors = Middleware(
        CORSMiddleware,
        allow_origins=given.cors_origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", REQUEST_ID],
        expose_headers=EXPOSED,
        max_age=3600,
    )
    return [
        Middleware(Observe, figures=figures),
        Middleware(Protect, settings=given),
        *([cors] if given.cors_origins else []),
        Middleware(Pack),
        Middleware(LimitBody, limit_of=limit_of),
        Middleware(AnswerHead),
    ]


SCHEMAS = openapi.Schemas(
    structs=(
        problems.ProblemDetails,
        search.ProgramList,
        programs.ProgramDetail,
        programs.VersionList,
        programs.ScorecardList,
        programs.CorrectionList,
        documents.AddedDocument,
        documents.DocumentDetail,
        credentials.CredentialList,
        events.EventList,
        jobs.JobDetail,
        batch.BatchLine,
        batch.BatchAnswer,
        providers.ProviderList,
        profiles.ProfileList,
        rubrics.RubricList,
        health.Health,
        kept_comparisons.Request,
        Difference,
        Program,
        Scorecard,
        Comparison,
    ),
    models=(FactDefinition, Profile, Rubric),
    bodies=(documents.UploadRequest, presenting.VerifyRequest, presenting.RecheckRequest),
)
"""What the answers and bodies of the API hold."""


def _describe(app: FastAPI) -> None:
    """Write the OpenAPI document once, when it is first asked for, and the methods that each path has."""
    written: dict[str, Any] = {}

    def document() -> dict[str, Any]:
        if not written:
            written.update(openapi.document(app, SCHEMAS))
        return written

    app.openapi = document  # type: ignore[method-assign]
