"""Verify kept credentials again on schedule, and erase what has been kept long enough; in any number of processes."""

from __future__ import annotations

import datetime
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from api import credentials, logs
from api.store import credentials as kept
from api.store.credentials import Retention, UnknownCredential
from api.store.database import Database
from api.world import Worlds

POLL_SECONDS = 30.0
RETRY = datetime.timedelta(hours=1)
"""After which a verification that never ended is begun anew, by whichever worker."""
log = logs.logger(__name__)


@dataclass(frozen=True)
class Rechecker:
    """Works on what is due."""

    database: Database
    worlds: Worlds
    keep: Retention

    def run(self, stop: Event, poll_seconds: float = POLL_SECONDS) -> None:
        """Work until `stop` is set. A database that fails is asked again later."""
        while not stop.is_set():
            try:
                self.purge()
                while not stop.is_set() and self.recheck_one():
                    pass
            except SQLAlchemyError as error:
                log.error("rechecks", reason=type(error).__name__)
            stop.wait(poll_seconds)

    def recheck_one(self) -> bool:
        """Verify the credential again that is due longest; whether there was one."""
        with self.database.session(write=True) as session:
            due = kept.take_due(session, _now(), RETRY)
        if due is None:
            return False
        try:
            # It may have been erased meanwhile.
            with suppress(UnknownCredential, credentials.NotKept):
                credentials.verify_again(self.database, due.id, self.worlds, self.keep)
        except SQLAlchemyError:
            raise
        except Exception as error:
            # A mistake of ours must not end the worker; the credential has been put off and comes again.
            log.error("recheck", credential=due.id, reason=type(error).__name__)
        return True

    def purge(self) -> int:
        """Erase what has been kept long enough; how many credentials that concerned."""
        with self.database.session(write=True) as session:
            return kept.purge(session, _now())


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
