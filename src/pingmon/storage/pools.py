"""What neighbours taught each other of their paths, kept over a restart."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Engine

from pingmon.storage.sqlite.transactions import reading, writing
from pingmon.storage.tables import pools


class Pools:
    """Every public method is one transaction. A pool is its name, and what `Pool.to_json` gives."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self) -> list[tuple[str, dict[str, Any]]]:
        with reading(self._engine) as connection:
            return [(row.name, row.content) for row in connection.execute(select(pools))]

    def save(self, kept: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """In place of all that was kept before."""
        rows = [{"name": name, "content": content} for name, content in kept]
        with writing(self._engine) as connection:
            connection.execute(delete(pools))
            if rows:
                connection.execute(insert(pools), rows)
