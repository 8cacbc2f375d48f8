"""A new database without the second that its migrations take: one is made, the others are copies."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy.engine import Engine

from pingmon.storage.sqlite.database import open_database


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="pingmon-template-")) / "pingmon.db"
    open_database(path).dispose()
    return path


def put_template(path: Path) -> None:
    """Where no database is yet; in a folder as pingmond makes it."""
    if not path.exists():
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        shutil.copy(_template(), path)


def fresh_database(path: Path) -> Engine:
    """As `open_database` of a file that is not there."""
    put_template(path)
    return open_database(path)
