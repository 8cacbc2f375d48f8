"""Statistics and events are kept for a bounded time."""

import time

from sqlalchemy import delete
from sqlalchemy.engine import Connection

from pingmon.storage.tables import journal, minutes, outbox, transitions

SENT_KEPT = 7 * 86400.0  # s; delivered messages are kept this long


TRANSITIONS_KEPT = JOURNAL_KEPT = 365 * 86400.0


MINUTES_KEPT = 86400.0  # 84 KB per address; see docs/performance.md


def delete_expired(connection: Connection) -> None:
    """Part of a transaction: what is older than the retention goes."""
    now = time.time()
    connection.execute(delete(minutes).where(minutes.c.minute < (now - MINUTES_KEPT) // 60))
    connection.execute(delete(outbox).where(outbox.c.sent_at < now - SENT_KEPT))
    connection.execute(delete(journal).where(journal.c.at < now - JOURNAL_KEPT))
    connection.execute(delete(transitions).where(transitions.c.at < now - TRANSITIONS_KEPT))
