"""`touchstone serve`: check everything first, take the port, then let uvicorn run the workers."""

from __future__ import annotations

import datetime
import errno
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.supervisors import Multiprocess

from api import installed, logs, metrics, service
from api.routes.given import today
from api.settings import Settings
from api.store import keys
from api.store.database import BadDatabaseUrl, Database
from api.store.forming import Way
from evaluator.strict_yaml import SpecError
from providers.provider import PluginError
from rubrics import library

APPLICATION = "api.app:from_environment"
BACKLOG = 2048
"""Connections that may wait to be taken."""
PORTS_TRIED = 50
MOST_AGE = datetime.timedelta(days=30)
"""Ages are counted in months, so that scores of an earlier day than this may be wrong by one or more."""

Say = Callable[[str], None]


class CannotServe(RuntimeError):
    """Why the service can't start, and the mend, in one sentence."""


def run(settings: Settings, say: Say) -> None:
    """Serve until a signal ends it; requests that run then have `shutdown_seconds` to finish.

    The settings must be those that workers read from the environment and the file. `say` is told where the service is
    to be found. Raises CannotServe before anything has been answered.
    """
    check_reach(settings)
    logs.configure(settings)
    with listen(settings.host, settings.port) as taken, ExitStack() as ends:
        prepare(settings, say)
        if settings.workers > 1:
            os.environ[metrics.SHARED_FOLDER] = ends.enter_context(tempfile.TemporaryDirectory())
        say(f"Touchstone is at {address(taken)} (end with Ctrl+C).")
        config = configuration(settings)
        if settings.workers > 1:
            Multiprocess(config, sockets=[taken]).run()
        else:
            uvicorn.Server(config).run(sockets=[taken])


def configuration(settings: Settings) -> uvicorn.Config:
    """What uvicorn is told."""
    return uvicorn.Config(
        APPLICATION,
        factory=True,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        backlog=BACKLOG,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


def check_reach(settings: Settings) -> None:
    """Refuse to serve others without keys. Raises CannotServe."""
    if not settings.on_loopback and not settings.needs_key:
        raise CannotServe(
            f"At {settings.host}, others can reach the service, but key_required is false: remove that setting so that "
            "API keys are needed, or listen at 127.0.0.1."
        )


def prepare(settings: Settings, say: Say) -> None:
    """Load what is installed, and bring the tables of the database up to date. Raises CannotServe."""
    try:
        found = installed.load(settings.rubrics)
    except (SpecError, PluginError, RuntimeError) as error:
        raise CannotServe(str(error)) from None
    with opened(settings, say) as database:
        with database.session() as session:
            if settings.needs_key and not any(key.revoked is None for key in keys.listed(session)):
                say("Requests need an API key, and there is none yet; make one: touchstone keys create NAME")
        refresh(database, service.way(library.latest(found.rubrics), today()), say)


def refresh(database: Database, how: Way, say: Say) -> None:
    """Score again what rubrics, profiles or time have overtaken; one sentence says what and why."""
    since = how.as_of - MOST_AGE
    stale = service.stale(database, how, since)
    if not stale.programs:
        return
    reasons = {
        "no score yet under a rubric that is installed": stale.unscored,
        "formed by another version of Touchstone or other profiles": stale.formed_otherwise,
        f"last scored before {since}": stale.old,
    }
    why = "; ".join(f"{reason}: {count:,}" for reason, count in reasons.items() if count)
    say(f"Scoring {stale.programs:,} program{'s' if stale.programs > 1 else ''} again ({why}).")
    service.refresh(database, how, since)


@contextmanager
def opened(settings: Settings, say: Say = lambda _: None) -> Iterator[Database]:
    """The database of the settings, with its tables up to date; `say` is told when they were not.

    Raises CannotServe when it can't be used, or is of a later version of Touchstone.
    """
    try:
        database = Database(settings.database_url)
        try:
            _migrate(database, say)
            yield database
        finally:
            database.close()
    except BadDatabaseUrl as error:
        raise CannotServe(f"The setting database_url is wrong: {error}.") from None
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CannotServe(f"The database can't be used ({why}); check the setting database_url.") from None


def _migrate(database: Database, say: Say) -> None:
    state = database.state()
    if state == "newer":
        raise CannotServe(
            "The database is of a later version of Touchstone, which this one can't read; install that version again, "
            "or restore the copy of the database that was made before it."
        )
    if state == "older":
        say("The tables of the database are of an earlier version of Touchstone; bringing them up to date.")
    database.migrate()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises CannotServe that explains a taken port."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise CannotServe(f'The host "{host}" is not known to this machine; check the setting host.') from None
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise CannotServe(_why(error, host, port)) from None
    made.set_inheritable(True)
    return made


def _why(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            free = next((each for each in range(port + 1, port + PORTS_TRIED) if is_free(host, each)), None)
            other = f"another port: touchstone serve --port {free or 0}"
            return (
                f"Port {port} is taken, perhaps by a Touchstone that runs already; end that program, or choose {other}"
            )
        case errno.EACCES:
            return (
                f"Port {port} is reserved for the system; choose one from 1024, such as: touchstone serve --port 8000"
            )
        case errno.EADDRNOTAVAIL:
            return f'The host "{host}" is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all of its own.'
        case _:
            return f"The service can't listen at {host}, port {port}: {error.strerror}."


def is_free(host: str, port: int) -> bool:
    """Whether a port can be taken."""
    if port > 65535:
        return False
    try:
        with socket.create_server((host.strip("[]"), port)):
            return True
    except OSError:
        return False


def address(taken: socket.socket) -> str:
    """The web address of a listening socket."""
    host, port = taken.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"
