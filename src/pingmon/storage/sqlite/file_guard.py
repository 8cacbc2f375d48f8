"""The database file is watched: removed under the daemon, it is put back with all that was known.

SQLite would go on writing to the file that has no name any more, and a restart would have forgotten
everything. The order of steps, so that nothing acknowledged is lost:
- two connections are kept open all the time, so the nameless file stays within reach;
- the path is looked at before and after each transaction, and after it *before* the caller goes on;
- a copy is made while the lock for writing is held, and whoever waited for that lock finds out that
  its connection is of the old file (`identity`) and begins again.
"""

import logging
import os
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

log = logging.getLogger(__name__)

# s; how long a connection waits for another program. Together with the turns of our writers (TURN, and
# IN_TURN of the outbox) it is less than what a thread may stand still before it counts as stuck.
LOCK_TIMEOUT = 15.0
TRY_AGAIN = 10.0  # s
ATTEMPTS = 20  # in a row, while files come and go

Identity = tuple[int, int]  # device, inode
UNKNOWN: Identity = (0, 0)


class FileConnection(sqlite3.Connection):
    """It knows which file it opened, whatever the path names later."""

    file: Identity | None = None


class ForeignFile(sqlite3.OperationalError):
    """Somebody put another file in the place of ours."""


class FileGuard:
    """Thread-safe; `check_file` costs one stat while the file exists."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.identity: Identity | None = None  # of our file; None until `start`
        self._wal: Identity | None = None
        self._foreign: Identity | None = None
        self._kept: list[FileConnection] = []
        self._lock = threading.Lock()
        self._not_before = 0.0

    def start(self) -> None:
        self.identity = identity_of(self._path)
        self._keep()

    def stop(self) -> None:
        with self._lock:
            self.identity = None
            kept, self._kept = self._kept, []
        for one in kept:
            one.close()

    def connect(self) -> FileConnection:
        """A connection to our file; it never makes a new one. Raises sqlite3.Error."""
        for left in reversed(range(ATTEMPTS)):
            self.check_file()
            if self._foreign:
                raise ForeignFile(f"{self._path} is another file now")
            before = identity_of(self._path)
            try:
                connection = _open(self._path)
                if identity_of(self._path) == before:
                    connection.file = before
                    return connection
                connection.close()
            except sqlite3.OperationalError:
                if not left or identity_of(self._path) == before is not None:
                    raise
        raise ForeignFile(f"{self._path} does not stay the same file")

    def is_current(self, connection: Any) -> bool:
        """Whether a connection that we made is on the file that the path names."""
        return self.identity is None or connection.file == self.identity

    def check_file(self) -> None:
        """Put the file back if it is gone. Never raises: what was written is safe as long as we run."""
        if self.identity is None or identity_of(self._path) in (self.identity, UNKNOWN):
            return
        with self._lock:
            found = identity_of(self._path)
            if found == UNKNOWN or self.identity is None or found == self.identity:
                return
            if found:
                self._warn_of(found)
            elif time.monotonic() >= self._not_before:
                self._put_back()

    def _put_back(self) -> None:
        for left in reversed(range(ATTEMPTS)):  # somebody may remove it again and again
            try:
                self._copy()
            except (OSError, sqlite3.Error) as error:
                if identity_of(self._path):
                    return  # somebody else put a file there; the next look says so
                if left:
                    continue
                self._not_before = time.monotonic() + TRY_AGAIN
                log.error("%s was removed and can't be put back: %s; trying again", self._path, error)
                return
            words = "%s was removed while pingmond ran: it was put back, with all that was in it"
            log.error(words, self._path)
            return

    def _copy(self) -> None:
        """The new file is ours once it is kept open under its name; until then nobody writes to it."""
        locking, reading = old = self._kept
        fresh = _fresh(self._path)
        fresh.unlink(missing_ok=True)
        identity = None
        locking.execute("BEGIN IMMEDIATE")
        try:
            os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(fresh)) as copy:
                reading.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole
            for name in _companions(self._path):
                name.unlink(missing_ok=True)  # they belong to the file that is gone
            identity = identity_of(fresh)
            _name(fresh, self._path)
            _sync(self._path.parent)
            self._keep()
            if identity_of(self._path) != identity:
                raise FileNotFoundError("removed again")
            self.identity, self._foreign = identity, None
        finally:
            if self.identity != identity:
                self._kept = old
                if identity and identity_of(self._path) == identity:
                    self._path.unlink(missing_ok=True)
            with suppress(OSError):
                fresh.unlink()
            with suppress(sqlite3.Error):
                locking.rollback()
        for one in old:
            one.close()

    def _warn_of(self, found: Identity) -> None:
        if found == self._foreign:
            return
        self._foreign = found
        # Ours must not be taken for the write-ahead log of the other file when that is opened.
        wal, memory = _companions(self._path)
        if self._wal and identity_of(wal) == self._wal:
            wal.unlink(missing_ok=True)
            memory.unlink(missing_ok=True)
        log.error(
            "%s was replaced by another file while pingmond ran: it is left as it is, but pingmond "
            "goes on with the old one, which ends with it; restart pingmond to use the new one",
            self._path,
        )

    def _keep(self) -> None:
        self._kept = [_open(self._path), _open(self._path)]
        self._wal = identity_of(_companions(self._path)[0])


def finish(path: Path) -> None:
    """At the start: a copy that was whole when the process died gets its name."""
    fresh = _fresh(path)
    if not fresh.exists():
        return
    if not path.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(fresh)) as copy:
            if copy.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for name in _companions(path):
                    name.unlink(missing_ok=True)
                _name(fresh, path)
                log.error("%s had been removed: it was put back from a copy", path)
    fresh.unlink(missing_ok=True)


def identity_of(path: Path) -> Identity | None:
    """None: there is no such file. UNKNOWN: the disk does not say."""
    try:
        found = os.stat(path)  # noqa: PTH116 - several thousand times a minute
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return UNKNOWN
    return found.st_dev, found.st_ino


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _companions(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _open(path: Path) -> FileConnection:
    url = f"file:{quote(str(path))}?mode=rw"
    connection = sqlite3.connect(
        url,
        uri=True,
        timeout=LOCK_TIMEOUT,
        check_same_thread=False,
        isolation_level=None,
        factory=FileConnection,
    )
    # SQLite opens the file and its log when they are needed first: now.
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    return connection


def _name(fresh: Path, path: Path) -> None:
    """Unlike a rename a link never replaces what somebody put there; not every disk has links."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        raise
    except OSError:
        fresh.rename(path)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
