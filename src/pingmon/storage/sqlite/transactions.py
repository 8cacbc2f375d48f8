"""Transactions: those that read do not wait for those that write, and what fails is said once."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError, InvalidRequestError

from pingmon.model.errors import PingmonError
from pingmon.storage.sqlite.file_guard import FileGuard, ForeignFile

log = logging.getLogger(__name__)

SAY_AGAIN = 60.0  # s
TURN = 8.0  # s; then try anyway: the one who writes may wait for another program
ATTEMPTS = 10  # at a connection to the file that has the name now
_WRITER = threading.Lock()
# Primary result codes (https://sqlite.org/rescode.html) of what the place of the file does.
_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
}


class StorageUnavailable(PingmonError):
    """The database can't be used now; nothing was changed. The log says why, once a minute."""

    kind = "storage"

    def __init__(self) -> None:
        super().__init__(
            "the database can't be written now, nothing was changed; "
            "pingmond's log says why (is the disk full?); mend that, then run this again"
        )


class _Moved(StorageUnavailable):
    """The transaction was begun on a file that has no name any more."""


class Trouble(NamedTuple):
    """Why the database can't be used. words: SQLite's. since: epoch seconds."""

    words: str
    since: float


class Health:
    """Whether the database takes what is written, said in the log when that changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bad_since: float | None = None  # monotonic
        self._words = ""
        self._said = float("-inf")
        self.writes = 0  # transactions that changed something and are committed

    def failed(self, words: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._bad_since = now if self._bad_since is None else self._bad_since
            self._words = words
            if now - self._said < SAY_AGAIN:
                return
            self._said = now
        log.error("the database can't be used: %s; nothing is dropped, it is tried again", words)

    def wrote(self) -> None:
        with self._lock:
            self.writes += 1
            began, self._bad_since = self._bad_since, None
            self._said = float("-inf") if began is not None else self._said
        if began is not None:
            log.warning("the database takes writes again, after %.0f s", time.monotonic() - began)

    def trouble(self) -> Trouble | None:
        """From the first failure until the next write that succeeds."""
        with self._lock:
            if self._bad_since is None:
                return None
            return Trouble(self._words, time.time() - (time.monotonic() - self._bad_since))


def trouble(engine: Engine) -> Trouble | None:
    """Of an engine from `open_database`; None when all is well."""
    health: Health = engine.get_execution_options()["health"]
    return health.trouble()


def count_writes(engine: Engine) -> int:
    """Of an engine from `open_database`: transactions that changed something since it was opened."""
    health: Health = engine.get_execution_options()["health"]
    return health.writes


def check_file(engine: Engine) -> None:
    """Of an engine from `open_database`: put its file back if it is gone."""
    guard: FileGuard = engine.get_execution_options()["guard"]
    guard.check_file()


def set_up(engine: Engine, guard: FileGuard, health: Health) -> None:
    """From here on failures are StorageUnavailable. `engine` makes its connections by `guard`."""

    def taken(connection: Any, _record: Any, _proxy: Any) -> None:
        guard.check_file()
        if not guard.is_current(connection):
            raise DisconnectionError  # the pool makes a new one

    def failed(context: Any) -> Exception | None:
        error = context.original_exception
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if not isinstance(error, sqlite3.Error) or (
            code not in _UNAVAILABLE and not isinstance(error, ForeignFile)
        ):
            return None
        health.failed(str(error))
        return StorageUnavailable()

    def stop(_engine: Engine) -> None:
        guard.stop()

    guard.start()
    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", lambda _connection, _record: guard.check_file())
    event.listen(engine, "handle_error", failed, retval=True)
    event.listen(engine, "engine_disposed", stop)


def begin(connection: Connection, guard: FileGuard) -> None:
    """What SQLAlchemy does not do for SQLite: begin. Writers say so, or two could block each other."""
    if connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    if not guard.is_current(connection.connection.dbapi_connection):
        raise _Moved


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One look at the database as it is now; it waits for nobody. Raises StorageUnavailable."""
    with _connect(engine) as connection:
        connection = connection.execution_options(reading=True)
        with connection.begin():
            yield connection


class Companion:
    """What is written along with the first change that this thread makes. is_written: it is committed."""

    def __init__(self, write: Callable[[Connection], None]) -> None:
        self.write = write
        self.is_written = False


class _OfThread(threading.local):
    companion: Companion | None = None


_OF_THREAD = _OfThread()


@contextmanager
def along(write: Callable[[Connection], None]) -> Iterator[Companion]:
    """The first transaction of this thread in here that changes something also does `write`, at its end.

    So what an operation changes and what is noted of it are committed together, or neither is.
    """
    before, _OF_THREAD.companion = _OF_THREAD.companion, Companion(write)
    try:
        yield _OF_THREAD.companion
    finally:
        _OF_THREAD.companion = before


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end. Raises StorageUnavailable; then nothing was changed."""
    companion = _OF_THREAD.companion
    with _in_turn(), _begun(engine) as connection:
        health: Health = connection.info["health"]
        before = _changes(connection)
        yield connection
        wrote = _changes(connection) > before
        if companion and wrote and not companion.is_written:
            companion.write(connection)
    if wrote:
        health.wrote()
        if companion:
            companion.is_written = True


@contextmanager
def _in_turn() -> Iterator[None]:
    """Our own writers queue here: SQLite would have each look again after up to 0.1 s of sleep."""
    mine = _WRITER.acquire(timeout=TURN)
    try:
        yield
    finally:
        if mine:
            _WRITER.release()


def _connect(engine: Engine) -> Connection:
    """Raises StorageUnavailable. The file may be removed again at once, and the pool tries twice only."""
    for _ in range(ATTEMPTS):
        with suppress(InvalidRequestError):
            return engine.connect()
    raise StorageUnavailable


@contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    for _ in range(ATTEMPTS):
        with _connect(engine) as connection:
            try:
                transaction = connection.begin()
            except _Moved:
                connection.invalidate()
                continue
            with transaction:
                yield connection
            return
    raise _Moved


def _changes(connection: Connection) -> int:
    found: Any = connection.connection.dbapi_connection
    return int(found.total_changes)
