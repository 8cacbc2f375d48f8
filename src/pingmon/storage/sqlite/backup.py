"""A consistent copy of the database, also while the daemon writes (SQLite's backup API)."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path


class BackupFailed(Exception):
    """Why there is no copy, and what to do."""


def backup(database: Path, target: Path) -> None:
    """Copy `database` to `target` (0600). Raises BackupFailed; an existing file is never touched."""
    if not database.exists():
        raise BackupFailed(f"there is no {database}")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupFailed(f"can't write {target}: {error.strerror}") from None
    try:
        source = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=35.0)
        with closing(source), closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        with suppress(OSError):
            target.unlink()
        raise BackupFailed(f"can't copy {database}: {error}") from None
