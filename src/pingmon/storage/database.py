"""Opening the database: safe settings, migrations, and clear refusals. Nothing is overwritten."""

import os
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool


class DatabaseRefused(Exception):
    """The database can't be used; the message says why and what to do."""


def open_database(path: Path) -> Engine:
    """An engine on `path`, created 0600 or migrated as needed. Raises DatabaseRefused."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise DatabaseRefused(
            f"can't write {path}: {error.strerror}; pingmon needs to, mend the disk or its rights"
        ) from None
    engine = create_engine(
        f"sqlite:///{path}",
        future=True,
        poolclass=QueuePool,
        connect_args={"check_same_thread": False, "timeout": 35.0},
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.connect() as connection:
            found = connection.execute(text("PRAGMA quick_check(1)")).scalar()
            if found != "ok":
                raise DatabaseRefused(_corrupt(path, str(found)))
        _migrate(engine, path)
    except DatabaseError as error:
        engine.dispose()
        words = str(error.orig)
        if "readonly" in words:
            raise DatabaseRefused(f"{path} is read-only: {words}; mend the disk or its rights") from None
        if "locked" in words:
            raise DatabaseRefused(f"{path} is locked by another program; stop that first") from None
        raise DatabaseRefused(_corrupt(path, words)) from None
    except DatabaseRefused:
        engine.dispose()
        raise
    return engine


def _corrupt(path: Path, words: str) -> str:
    return f"{path} is damaged ({words}); move it away and restore a copy. It was left as it is"


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's BEGIN is ours, see the listener above
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _migrate(engine: Engine, path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        known = {revision.revision for revision in script.walk_revisions()}
        if current is not None and current not in known:
            raise DatabaseRefused(
                f"{path} was written by a newer pingmon (schema {current}); install that version "
                "again or restore an older copy. It was left as it is"
            )
        if current != script.get_current_head():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
