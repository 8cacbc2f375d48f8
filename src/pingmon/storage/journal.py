"""The journal: who changed what, and when. It holds no secrets: who writes leaves them out."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from pingmon.storage.sqlite.bulk import insert_rows
from pingmon.storage.sqlite.transactions import reading, writing
from pingmon.storage.tables import journal

Action = Literal[
    "ack",
    "add_mon",
    "chat_allow",
    "chat_deny",
    "chat_disable",
    "chat_enable",
    "del_mon",
    "downtime_add",
    "downtime_delete",
    "edit_mon",
    "mute",
    "outbox_drop",
    "pause_mon",
    "renew_token",
    "resume_mon",
    "unack",
    "undo_del_mon",
    "unmute",
]
ACTIONS: tuple[Action, ...] = get_args(Action)


class Entry(NamedTuple):
    """actor: as the log names them. action: as the API's method. label: what it is about, for people.

    details: what changed: setting → [before, after], or what was given. at: epoch seconds, 0 for now.
    """

    actor: str
    action: Action
    label: str = ""
    monitor_id: str | None = None
    details: Mapping[str, Any] = {}
    at: float = 0.0


class Wanted(NamedTuple):
    """Which entries: those that fit all that is given. since, until: epoch seconds."""

    monitor_id: str | None = None
    actor: str | None = None
    actions: Sequence[str] = ()
    since: float | None = None
    until: float | None = None
    before_id: int | None = None
    limit: int = 100


class Journal:
    """Every public method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, *entries: Entry) -> None:
        with writing(self._engine) as connection:
            write(connection, entries)

    def entries(self, wanted: Wanted) -> list[tuple[int, Entry]]:
        """With their numbers, the newest first."""
        query = select(journal).order_by(journal.c.id.desc()).limit(wanted.limit)
        if wanted.monitor_id is not None:
            query = query.where(journal.c.monitor_id == wanted.monitor_id)
        if wanted.actor is not None:
            query = query.where(journal.c.actor.like(_begins(wanted.actor), escape="\\"))
        if wanted.actions:
            query = query.where(journal.c.action.in_(wanted.actions))
        if wanted.since is not None:
            query = query.where(journal.c.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(journal.c.at < wanted.until)
        if wanted.before_id is not None:
            query = query.where(journal.c.id < wanted.before_id)
        with reading(self._engine) as connection:
            return [
                (row.id, Entry(row.actor, row.action, row.label, row.monitor_id, row.details, row.at))
                for row in connection.execute(query)
            ]


def write(connection: Connection, entries: Iterable[Entry]) -> None:
    """Part of a transaction."""
    now = time.time()
    rows = [one._asdict() | {"at": one.at or now} for one in entries]
    insert_rows(connection, journal, rows)


def _begins(text: str) -> str:
    """ "root" is meant by "root (uid 0)", but not by "rooter (uid 1)"."""
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return plain if text.endswith(")") or " " in text else f"{plain}%"
