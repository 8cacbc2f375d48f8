"""Messages that told alarms: their rows of the outbox, how things are now, and what a press means."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from pingmon.model.button_data import ALARM_ACTIONS, OF_ANSWER, OF_MANY, ButtonData, parse_button_data
from pingmon.model.chat_messages import Button, ButtonPress, Place, answer_from_json
from pingmon.model.told_outage import CARING, SAME, Fate, fate_of
from pingmon.storage.alarms import load
from pingmon.storage.answers import ANSWER, queue_refreshes
from pingmon.storage.channels import in_chat
from pingmon.storage.sqlite.chunks import chunks
from pingmon.storage.sqlite.transactions import reading
from pingmon.storage.tables import IS_ALARM, channels, monitors, outbox

LARGEST = 2**63 - 1  # that a column holds; no message has a larger number
# s; somebody may press before it is noted that the message was sent, and what else it told.
MARKED_WITHIN = 0.5
REFRESH_LASTS = 3600.0  # s; what could not be shown anew by then stays as it is
MOST_REFRESHED = 20  # messages at once, the newest
MANY = 200  # monitors; their messages are most of the newest ones
MOST_ROWS = 10  # of a monitor, in which what told its outage is looked for
# Kinds of events that say more of an outage.
FOLLOWS = ("acknowledged", "unacknowledged", "still_down", "still_muted", "closed")
LOOKED_AT = 20  # rows in which the message that told an outage is looked for
_SAYS_MORE = ("closed", "passed")
OUTDATED = "outdated"  # what a button does that does nothing any more; its argument says why


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A row that a message told. key: empty if it has no buttons. fate: of its outage."""

    id: int
    monitor_id: str | None
    event: dict[str, Any]
    key: str
    sent_at: float
    fate: Fate


class ToldAlarms:
    """Every public method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, channel_id: int, message_id: int) -> list[ToldRow]:
        """What a message told, as things are now."""
        with reading(self._engine) as connection:
            return _told(connection, channel_id, _of_message(connection, channel_id, message_id))

    def monitors_told(self, account_id: int, channel_ids: Iterable[int], message_id: int) -> list[str]:
        """IDs of the monitors that a message in a chat is about. channel_ids: that lead there.

        Each account counts its messages for itself, but in supergroups.
        """
        if abs(message_id) > LARGEST:
            return []
        query = select(outbox.c.monitor_id, outbox.c.event).where(
            outbox.c.channel_id.in_(_of_account(channel_ids, account_id)),
            outbox.c.message_id == message_id,
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(outbox.c.id)).all()
        found = [
            one for row in rows for one in ([row.monitor_id] if row.monitor_id else _about(row.event))
        ]
        return list(dict.fromkeys(found))

    def is_alarm(self, account_id: int, place: Place, message_id: int) -> bool:
        """Whether a message in a chat tells alarms."""
        there = select(channels.c.id).where(in_chat(account_id, place.addresses))
        query = select(outbox.c.id).where(
            outbox.c.message_id == message_id, outbox.c.channel_id.in_(there), IS_ALARM
        )
        with reading(self._engine) as connection:
            return connection.execute(query.limit(1)).first() is not None

    def pressed(self, account_id: int, press: ButtonPress) -> Button | None:
        """What a press means; None: its data is not of a message of that account in that chat.

        Of an alarm's button the argument has the monitors, joined by ",", for which it still fits.
        """
        data = parse_button_data(press.data)
        if data is None or press.place is None:
            return None
        ends = time.monotonic() + MARKED_WITHIN
        while True:
            with reading(self._engine) as connection:
                row = connection.execute(select(outbox).where(outbox.c.key == data.key)).first()
                if row is None or not _is_of(connection, row, account_id, press.place):
                    return None
                is_of_many = data.letter in OF_MANY
                if not is_of_many or row.message_id or time.monotonic() > ends:
                    return _meaning(connection, row, data)
            time.sleep(MARKED_WITHIN / 10)


def _of_account(channel_ids: Iterable[int], account_id: int) -> Any:
    return select(channels.c.id).where(
        channels.c.id.in_(list(channel_ids)), channels.c.bot_id == account_id
    )


def _meaning(connection: Connection, row: Any, data: ButtonData) -> Button | None:
    """Of a button under the message of a row. A message can be there twice: its number is no matter."""
    if row.event.get("kind") == ANSWER:
        if data.letter != OF_ANSWER or data.number is None:
            return None
        return answer_from_json(row.event["answer"]).button(data.number)
    if data.letter not in ALARM_ACTIONS:
        return None
    rows = _of_message(connection, row.channel_id, row.message_id) if row.message_id else [row]
    told = [one for one in _told(connection, row.channel_id, rows) if one.key]
    return _button(ALARM_ACTIONS[data.letter], told)


def _about(event: dict[str, Any]) -> list[str]:
    """What an answer to a command is about."""
    return [str(one) for one in (event.get("answer") or {}).get("about", ())]


def outage_of(
    connection: Connection, before: int, channel_id: int, monitor_id: str | None, event: dict[str, Any]
) -> int | None:
    """The message that told the outage which an event ends, or says more of. before: its row."""
    if event.get("after") != "up" and event.get("kind") not in FOLLOWS:
        return None
    query = (
        select(outbox.c.message_id, outbox.c.event)
        .where(
            outbox.c.monitor_id == monitor_id,
            outbox.c.channel_id == channel_id,
            outbox.c.id < before,
        )
        .order_by(outbox.c.id.desc())
        .limit(LOOKED_AT)
    )
    rows = connection.execute(query).all()
    row = next((one for one in rows if one.event.get("kind") not in FOLLOWS), None)
    return row.message_id if row is not None and row.event.get("after") == "down" else None


def _button(action: str, told: Sequence[ToldRow]) -> Button:
    still = [one for one in told if one.fate.is_open or action == "details"]
    if not still:
        return Button("", OUTDATED, "over")
    if action == "unack":
        still = [one for one in still if _is_same_care(one)]
    if not still:
        return Button("", OUTDATED, "unacknowledged")
    ids = dict.fromkeys(one.monitor_id for one in still if one.monitor_id)
    return Button("", action, ",".join(ids))


def _is_same_care(told: ToldRow) -> bool:
    """Whether the acknowledgement is the one that the message told."""
    event, fate = told.event, told.fate
    if event.get("kind") != CARING:
        return fate.is_cared_for
    return fate.is_cared_for and fate.by == event.get("by", "") and fate.cared_at <= event["at"] + SAME


def _is_of(connection: Connection, row: Any, account_id: int, place: Place) -> bool:
    its = channels.c.id == row.channel_id
    query = select(channels.c.id).where(its, in_chat(account_id, place.addresses))
    return connection.execute(query).first() is not None


def _of_message(connection: Connection, channel_id: int, message_id: int) -> Sequence[Any]:
    query = select(outbox).where(
        outbox.c.message_id == message_id, outbox.c.channel_id == channel_id, IS_ALARM
    )
    return connection.execute(query.order_by(outbox.c.id)).all()


def _told(connection: Connection, channel_id: int, rows: Iterable[Any]) -> list[ToldRow]:
    rows = list(rows)
    ids = [row.monitor_id for row in rows if row.monitor_id and row.key]
    alive, alarms = _alive(connection, ids), load(connection, ids)
    return [
        ToldRow(
            row.id,
            row.monitor_id,
            row.event,
            row.key or "",
            row.sent_at,
            fate_of(row.event, alarms.get(row.monitor_id, {}).get(channel_id))
            if row.key and row.monitor_id in alive
            else Fate(),
        )
        for row in rows
    ]


def _alive(connection: Connection, ids: Sequence[str]) -> set[str]:
    found = set[str]()
    for some in chunks(ids):
        query = select(monitors.c.id).where(monitors.c.id.in_(some), monitors.c.deleted.is_(False))
        found |= set(connection.execute(query).scalars())
    return found


def refresh_what_it_ends(connection: Connection, channel_id: int, ids: Iterable[int], now: float) -> None:
    """Part of a transaction: these rows were told; messages whose outages they say more of change.

    now: epoch seconds.
    """
    rows: list[Any] = []
    for some in chunks(list(ids)):
        query = select(outbox.c.id, outbox.c.monitor_id, outbox.c.event)
        where = outbox.c.id.in_(some), outbox.c.channel_id == channel_id
        rows += connection.execute(query.where(*where)).all()
    concerned = {row.monitor_id: row.id for row in rows if row.monitor_id and _says_more(row.event)}
    refresh(connection, channel_id, concerned, now)


def refresh(
    connection: Connection, channel_id: int, concerned: Mapping[str, int | None], now: float
) -> None:
    """Part of a transaction: messages that told the latest outage of monitors are shown anew.

    concerned: monitors, and before which row of the outbox; None: the latest at all.
    """
    if len(concerned) > MANY:
        messages = _newest_with_buttons(connection, channel_id)
    else:
        messages = _messages_of_outages(connection, channel_id, concerned)
    newest = sorted(messages)[-MOST_REFRESHED:]
    queue_refreshes(connection, channel_id, newest, now + REFRESH_LASTS)


def _says_more(event: dict[str, Any]) -> bool:
    return event.get("kind") in _SAYS_MORE or event.get("after") == "up"


def _messages_of_outages(
    connection: Connection, channel_id: int, concerned: Mapping[str, int | None]
) -> set[int]:
    """Those with buttons that told the latest outage of each before that row."""
    query = (
        select(outbox.c.id, outbox.c.monitor_id, outbox.c.message_id, outbox.c.event, outbox.c.key)
        .where(
            outbox.c.monitor_id.in_(list(concerned)),
            outbox.c.channel_id + 0 == channel_id,  # by the index of monitors, not of channels
            outbox.c.message_id.is_not(None),
        )
        .order_by(outbox.c.id.desc())
        .limit(MOST_ROWS * len(concerned))
    )
    found, left = set[int](), dict(concerned)
    for row in connection.execute(query):
        before = left.get(row.monitor_id, 0)
        if before is not None and row.id >= before:
            continue  # later, or of an outage before that
        if row.event.get("after") == "up" or row.event.get("kind") in ("closed", "passed"):
            left[row.monitor_id] = 0
        elif row.key:
            found.add(row.message_id)
    return found


def _newest_with_buttons(connection: Connection, channel_id: int) -> set[int]:
    query = select(outbox.c.message_id).where(
        outbox.c.channel_id == channel_id, outbox.c.message_id.is_not(None), outbox.c.key.is_not(None)
    )
    newest = query.where(IS_ALARM).order_by(outbox.c.message_id.desc()).distinct()
    return set(connection.execute(newest.limit(MOST_REFRESHED)).scalars())
