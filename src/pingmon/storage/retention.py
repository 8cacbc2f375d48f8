"""Statistics and events are kept for a bounded time."""

import time

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from pingmon.storage.tables import (
    IS_ALARM,
    channels,
    chat_grants,
    chat_seen,
    journal,
    minutes,
    outbox,
    transitions,
)

SENT_KEPT = 7 * 86400.0  # s; delivered messages are kept this long


TRANSITIONS_KEPT = JOURNAL_KEPT = 365 * 86400.0


ANSWERS_KEPT = 86400.0  # with what their buttons do


CHATS_KEPT = 90 * 86400.0  # after they wrote to a bot the last time


MINUTES_KEPT = 86400.0  # 84 KB per address; see docs/performance.md


def delete_expired(connection: Connection) -> None:
    """Part of a transaction: what is older than the retention goes."""
    now = time.time()
    connection.execute(delete(minutes).where(minutes.c.minute < (now - MINUTES_KEPT) // 60))
    connection.execute(delete(outbox).where(outbox.c.sent_at < now - SENT_KEPT))
    is_old = (outbox.c.sent_at < now - ANSWERS_KEPT) | outbox.c.sent_at.is_(None)
    connection.execute(delete(outbox).where(~IS_ALARM, outbox.c.expires < now, is_old))
    is_empty = channels.c.id.not_in(select(outbox.c.channel_id))
    connection.execute(delete(channels).where(channels.c.answers_only, is_empty))
    connection.execute(delete(chat_grants).where(chat_grants.c.until < now))
    connection.execute(delete(chat_seen).where(chat_seen.c.seen_at < now - CHATS_KEPT))
    connection.execute(delete(journal).where(journal.c.at < now - JOURNAL_KEPT))
    connection.execute(delete(transitions).where(transitions.c.at < now - TRANSITIONS_KEPT))
