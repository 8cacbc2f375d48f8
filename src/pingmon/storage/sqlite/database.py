"""Opening the database: safe settings, migrations, and clear refusals. Nothing is overwritten."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from pingmon.storage.sqlite import transactions
from pingmon.storage.sqlite.file_guard import FileGuard, finish

CACHE = 512  # KiB per connection, of which the pool keeps five; SQLite would take four times that
HEAD = "0017"  # the newest file in migrations/versions; a test keeps the two together


class DatabaseRefused(Exception):
    """The database can't be used; the message says why and what to do."""


def open_database(path: Path) -> Engine:
    """An engine on `path`, created 0600 or migrated as needed. Raises DatabaseRefused."""
    try:
        finish(path)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise DatabaseRefused(
            f"can't write {path}: {error.strerror}; pingmon needs to, mend the disk or its rights"
        ) from None
    guard, health = FileGuard(path), transactions.Health()
    engine = create_engine(
        "sqlite://",
        creator=guard.connect,
        future=True,
        poolclass=QueuePool,
        hide_parameters=True,
        execution_options={"health": health, "guard": guard},
    )

    def connected(connection: Any, record: Any) -> None:
        _configure(connection)
        record.info["health"] = health

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: transactions.begin(connection, guard))
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
    transactions.set_up(engine, guard, health)
    return engine


def _corrupt(path: Path, words: str) -> str:
    return f"{path} is damaged ({words}); move it away and restore a copy. It was left as it is"


def _configure(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{CACHE}")
    cursor.close()


def _migrate(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        fresh = not inspect(connection).has_table("alembic_version")
        query = text("SELECT version_num FROM alembic_version")
        current = None if fresh else connection.execute(query).scalar()
    if current == HEAD:
        return
    # alembic would stay resident (11 MiB): it does its work in a child. No thread runs yet.
    engine.dispose()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        words = upgrade(engine, path)
        os.write(writer, words.encode())
        os._exit(1 if words else 0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        words = answer.read()
    if os.waitpid(child, 0)[1]:
        raise DatabaseRefused(words or f"{path} could not be migrated: the helper process died")


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[Connection]:
    """A transaction in which a table that others refer to can be made anew.

    As https://sqlite.org/lang_altertable.html#otheralter says: the setting can be changed outside of
    a transaction only, and the references are checked before the commit. Raises RuntimeError.
    """
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"{len(broken)} rows would refer to what is not there")
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def upgrade(engine: Engine, path: Path) -> str:
    """Bring the schema to HEAD in one transaction; what is wrong in words, empty if nothing is."""
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    try:
        with _without_foreign_keys(engine) as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            known = {revision.revision for revision in script.walk_revisions()}
            if current is not None and current not in known:
                return (
                    f"{path} was written by a newer pingmon (schema {current}); install that "
                    "version again or restore an older copy. It was left as it is"
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except Exception as error:
        return f"{path} could not be migrated, it was left as it is: {error}"
    return ""
