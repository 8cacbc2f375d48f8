"""Messages that told alarms: their rows of the outbox, how things are now, and what a press means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from pingmon.model.button_data import ALARM_ACTIONS, OF_ANSWER, parse_button_data
from pingmon.model.chat_messages import Button, ButtonPress, Place, answer_from_json
from pingmon.model.told_outage import CARING, SAME, Fate, fate_of
from pingmon.storage.alarms import load
from pingmon.storage.answers import ANSWER, queue_refreshes
from pingmon.storage.sqlite.chunks import chunks
from pingmon.storage.sqlite.transactions import reading
from pingmon.storage.tables import channels, monitors, outbox

REFRESH_LASTS = 3600.0  # s; what could not be shown anew by then stays as it is
MOST_REFRESHED = 20  # messages at once, the newest
MOST_ROWS = 10  # of a monitor, in which what told its outage is looked for
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
            return _rows(connection, channel_id, message_id)

    def pressed(self, account_id: int, press: ButtonPress) -> Button | None:
        """What a press means; None: its data is not of a message of that account in that chat.

        Of an alarm's button the argument has the monitors, joined by ",", for which it still fits.
        """
        data = parse_button_data(press.data)
        if data is None or press.place is None:
            return None
        query = select(outbox).where(outbox.c.key == data.key)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
            if row is None or not _is_of(connection, row, account_id, press.place):
                return None
            if press.message_id is not None and row.message_id not in (None, press.message_id):
                return None
            if row.event.get("kind") == ANSWER:
                if data.letter != OF_ANSWER or data.number is None:
                    return None
                return answer_from_json(row.event["answer"]).button(data.number)
            if data.letter not in ALARM_ACTIONS:
                return None
            told = [one for one in _rows(connection, row.channel_id, row.message_id) if one.key]
            return _button(ALARM_ACTIONS[data.letter], told)


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
    query = select(channels).where(channels.c.id == row.channel_id)
    found = connection.execute(query).one()
    here = place.addresses
    return found.bot_id == account_id and (found.chat_id in here or found.migrated_to in here)


def _rows(connection: Connection, channel_id: int, message_id: int | None) -> list[ToldRow]:
    if message_id is None:
        return []
    query = select(outbox).where(
        outbox.c.message_id == message_id,
        outbox.c.channel_id == channel_id,
        outbox.c.expires.is_(None),
    )
    rows = connection.execute(query.order_by(outbox.c.id)).all()
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
    messages = set[int]()
    for monitor_id, before in concerned.items():
        messages |= _messages_of_outage(connection, channel_id, monitor_id, before)
    newest = sorted(messages)[-MOST_REFRESHED:]
    queue_refreshes(connection, channel_id, newest, now + REFRESH_LASTS)


def _says_more(event: dict[str, Any]) -> bool:
    return event.get("kind") in _SAYS_MORE or event.get("after") == "up"


def _messages_of_outage(
    connection: Connection, channel_id: int, monitor_id: str, before: int | None
) -> set[int]:
    """Those with buttons that told the latest outage before that row."""
    query = (
        select(outbox.c.message_id, outbox.c.event, outbox.c.key)
        .where(
            outbox.c.monitor_id == monitor_id,
            outbox.c.channel_id == channel_id,
            outbox.c.id < (2**62 if before is None else before),
            outbox.c.message_id.is_not(None),
        )
        .order_by(outbox.c.id.desc())
        .limit(MOST_ROWS)
    )
    found = set[int]()
    for row in connection.execute(query):
        if row.event.get("after") == "up" or row.event.get("kind") in ("closed", "passed"):
            break
        if row.key:
            found.add(row.message_id)
    return found
