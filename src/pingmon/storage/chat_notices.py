"""Notices that are about no single device (blindness) follow the quiet hours and mutes of their chat."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Text, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine import Connection

from pingmon.model.alarm_chat import Chat, chat_from_json, collect
from pingmon.model.alarm_holds import is_silenced
from pingmon.model.alarm_state import Rules, alarm_from_json
from pingmon.storage.alarms import read_chat, save_chat
from pingmon.storage.channel_monitors import live_monitors_of
from pingmon.storage.tables import alarm_chats, alarms

_OWING = sql_cast(alarm_chats.c.chat, Text).like('%"owed": [{%')
KINDS = ("blind", "blind_began", "blind_ended")
RulesOf = Callable[[int], Rules]  # of a channel: its quiet hours


def hold_notices(
    connection: Connection, rows: Sequence[dict[str, Any]], now: float, rules_of: RulesOf
) -> list[dict[str, Any]]:
    """Part of a transaction: of rows for the outbox those that may be queued now, the others are owed."""
    queued = []
    for row in rows:
        if row["event"].get("kind") not in KINDS:
            queued.append(row)
            continue
        chat = read_chat(connection, row["channel_id"])
        told = _told(connection, row["channel_id"], chat, [row["event"]], now, rules_of)
        queued += [row | {"event": event} for event in told]
    return queued


def release_notices(connection: Connection, now: float, rules_of: RulesOf) -> list[dict[str, Any]]:
    """Part of a transaction: rows of what is owed, to chats that may hear it now."""
    rows = []
    for found in connection.execute(select(alarm_chats).where(_OWING)).all():
        chat = chat_from_json(found.chat)
        told = _told(connection, found.channel_id, chat, (), now, rules_of)
        rows += [{"channel_id": found.channel_id, "monitor_id": None, "event": one} for one in told]
    return rows


def owes(connection: Connection) -> bool:
    """Whether any chat is owed something."""
    return connection.execute(select(alarm_chats.c.channel_id).where(_OWING).limit(1)).first() is not None


def _told(
    connection: Connection,
    channel_id: int,
    chat: Chat,
    events: Iterable[dict[str, Any]],
    now: float,
    rules_of: RulesOf,
) -> list[dict[str, Any]]:
    hears = _hears(connection, channel_id, now)
    after, rows = collect(chat, (), events, now, rules_of(channel_id), hears)
    if after != chat:
        save_chat(connection, channel_id, after)
    return [dict(one.notice or {}) | ({"silent": True} if one.silent else {}) for one in rows]


def _hears(connection: Connection, channel_id: int, now: float) -> bool:
    """Whether any of its monitors is neither muted, paused nor in maintenance."""
    live = live_monitors_of(connection, channel_id)
    is_held = sql_cast(alarms.c.alarm, Text).like('%"holds"%')
    query = select(alarms).where(alarms.c.channel_id == channel_id, is_held)
    silenced = {
        row.monitor_id
        for row in connection.execute(query)
        if is_silenced(alarm_from_json(row.alarm), now)
    }
    return not live or bool(live - silenced)
