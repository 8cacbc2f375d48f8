"""The database file is watched: removed under the daemon, it is put back with all that was known.

SQLite would go on writing to the file that has no name any more, and a restart would have forgotten
everything. A few words on the order of things, so that nothing acknowledged is lost:
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
from urllib.parse import quote

log = logging.getLogger(__name__)

PATIENCE = 35.0  # s; how long a connection waits for another writer
TRY_AGAIN = 10.0  # s

Identity = tuple[int, int]  # device, inode


class StrangeFile(sqlite3.OperationalError):
    """Somebody put another file in the place of ours."""


class Guard:
    """Thread-safe; `look` is cheap (one stat) while all is well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.identity: Identity | None = None  # of our file; None until `start`
        self._wal: Identity | None = None
        self._stranger: Identity | None = None
        self._kept: list[sqlite3.Connection] = []
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

    def connect(self) -> sqlite3.Connection:
        """A connection to our file; it never makes a new one. Raises sqlite3.Error."""
        self.look()
        if self._stranger:
            raise StrangeFile(f"{self._path} is another file now")
        return _open(self._path)

    def look(self) -> None:
        """Put the file back if it is gone. Never raises: what was written is safe as long as we run."""
        if self.identity is None or identity_of(self._path) == self.identity:
            return
        with self._lock:
            found = identity_of(self._path)
            if self.identity is None or found == self.identity:
                return
            if found:
                self._warn_of(found)
            elif time.monotonic() >= self._not_before:
                try:
                    self._put_back()
                except (OSError, sqlite3.Error) as error:
                    self._not_before = time.monotonic() + TRY_AGAIN
                    log.error("%s was removed and can't be put back: %s; trying again", self._path, error)

    def _put_back(self) -> None:
        locking, reading = self._kept
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.unlink(missing_ok=True)
        locking.execute("BEGIN IMMEDIATE")
        try:
            os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(fresh)) as copy:
                reading.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole
            for name in _companions(self._path):
                name.unlink(missing_ok=True)  # they belong to the file that is gone
            os.link(fresh, self._path)  # unlike a rename it never replaces what somebody put there
            self.identity = identity_of(fresh)
        finally:
            with suppress(OSError):
                fresh.unlink()
            with suppress(sqlite3.Error):
                locking.rollback()
        _sync(self._path.parent)
        old, self._kept = self._kept, []
        for one in old:
            one.close()
        self._keep()
        log.error(
            "%s was removed while pingmond ran: it was put back, with all that was in it", self._path
        )

    def _warn_of(self, found: Identity) -> None:
        if found == self._stranger:
            return
        self._stranger = found
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
        for one in self._kept:
            one.execute("PRAGMA journal_mode=WAL").fetchall()
            one.execute("SELECT count(*) FROM sqlite_master").fetchall()  # opens the log as well
        self._wal = identity_of(_companions(self._path)[0])


def identity_of(path: Path) -> Identity | None:
    """None: there is no such file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - several thousand times a minute
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _companions(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _open(path: Path) -> sqlite3.Connection:
    url = f"file:{quote(str(path))}?mode=rw"
    return sqlite3.connect(url, uri=True, timeout=PATIENCE, check_same_thread=False, isolation_level=None)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
