"""Statistics by the minute, and how long what is past is kept."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.engine import Connection

from pingmon.model.minute_stats import MinuteStats
from pingmon.storage.tables import minutes


def add(connection: Connection, rows: Sequence[MinuteStats]) -> None:
    """Part of a transaction."""
    if rows:
        # A restart within a minute gives the same minute again; the later part is kept.
        same = (minutes.c.minute == bindparam("m")) & (minutes.c.address == bindparam("a"))
        connection.execute(
            delete(minutes).where(same), [{"m": row.minute, "a": row.address} for row in rows]
        )
        connection.execute(insert(minutes), [_saved(row) for row in rows])


def _saved(row: MinuteStats) -> dict[str, Any]:
    def ns(seconds: float | None) -> int | None:
        return None if seconds is None else round(seconds * 1e9)

    replies = row.probes - row.losses
    deviation = None if row.rtt_m2 is None else (row.rtt_m2 / replies) ** 0.5
    return {
        "minute": row.minute,
        "address": row.address,
        "probes": row.probes,
        "losses": row.losses,
        "rtt_min": ns(row.rtt_min),
        "rtt_mean": ns(row.rtt_mean),
        "rtt_max": ns(row.rtt_max),
        "rtt_sd": ns(deviation),
    }
