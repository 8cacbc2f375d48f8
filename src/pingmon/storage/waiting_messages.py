"""Waiting messages of the outbox: listed by channel, or dropped."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import delete, func, or_, select
from sqlalchemy.engine import Connection, Engine

from pingmon.model.detector_state import DetectorState
from pingmon.storage import alarms, state_changes
from pingmon.storage.channel_monitors import all_monitors_of, live_monitors_of
from pingmon.storage.journal import Entry, write
from pingmon.storage.outbox import Outbox
from pingmon.storage.sqlite.chunks import chunks
from pingmon.storage.sqlite.transactions import reading
from pingmon.storage.tables import IS_ALARM, bots, channels, outbox

CLOSED = "closed"  # the kind of event that says that no more comes
SUSPENDED = "suspended"  # how the delivery of a channel begins that nothing reaches
_TOLD = {"change", "flapping", "passed"}  # kinds of events that say what a device's state is


@dataclass(frozen=True, slots=True)
class Selection:
    """Which messages: those that fit all that is given. account: of the sender, its name or number."""

    monitor_id: str | None = None
    address: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class WaitingChannel:
    """A channel for which something waits. oldest: epoch seconds. monitors: ID → messages."""

    id: int
    kind: str
    account_id: int
    account: str
    address: str
    topic: int | None
    delivery: str
    waiting: int
    oldest: float
    monitors: Mapping[str, int]


class Told(NamedTuple):
    """What people had been told of a device, and since when that was so, epoch seconds."""

    state: str
    since: float


Restore = Callable[[Mapping[str, Told]], Iterable[tuple[str, DetectorState]]]


class WaitingMessages:
    """Every public method is one transaction."""

    def __init__(self, engine: Engine, queue: Outbox) -> None:
        self._engine, self._queue = engine, queue

    def channels(self, selection: Selection) -> list[WaitingChannel]:
        """Those for which something waits."""
        groups = (
            select(
                outbox.c.channel_id,
                outbox.c.monitor_id,
                func.count().label("waiting"),
                func.min(outbox.c.created_at).label("oldest"),
            )
            .where(*_where(selection))
            .group_by(outbox.c.channel_id, outbox.c.monitor_id)
        )
        places = select(channels, bots.c.name, bots.c.kind).join(bots, bots.c.id == channels.c.bot_id)
        with reading(self._engine) as connection:
            found: dict[int, list[Any]] = {}
            for row in connection.execute(groups):
                found.setdefault(row.channel_id, []).append(row)
            rows = connection.execute(places.order_by(channels.c.id)) if found else ()
            return [_waiting(row, found[row.id]) for row in rows if row.id in found]

    def drop(self, selection: Selection, restore: Restore, entry: Callable[[int], Entry]) -> int:
        """Messages go; how many.

        restore: is given what people know now of each device whose messages said something else, and
        returns the states to be saved with it. entry: for the journal, of so many messages.
        """
        with self._queue.transaction() as (connection, changes):
            query = select(outbox).where(*_where(selection)).order_by(outbox.c.id)
            rows = connection.execute(query).all()
            changes.gone = _remove(connection, rows)
            state_changes.save_states(connection, restore(_told_before(rows)))
            alarms.forget(connection, _known_before(rows))
            write(connection, [entry(len(rows))] if rows else ())
            return len(rows)

    def drop_undeliverable(self, *monitor_ids: str) -> int:
        """Messages to channels that nothing reaches go, if these monitors tell them no more; how many.

        They were deleted, or edited. A channel that nobody uses any more is forgotten to be suspended.
        """
        query = select(channels.c.id).where(channels.c.delivery.like(SUSPENDED + "%"))
        dropped = 0
        with self._queue.transaction() as (connection, changes):
            for channel_id in connection.execute(query).scalars().all():
                alive = live_monitors_of(connection, channel_id)
                mine = (all_monitors_of(connection, channel_id) & set(monitor_ids)) - alive
                if not mine:
                    continue
                is_used = bool(alive)
                waiting = outbox.c.sent_at.is_(None) & IS_ALARM & (outbox.c.channel_id == channel_id)
                rows = connection.execute(select(outbox).where(waiting)).all()
                gone = [row for row in rows if not is_used or row.monitor_id in mine]
                changes.gone = [*changes.gone, *_remove(connection, gone)]
                dropped += sum(row.event.get("kind") != CLOSED for row in gone)
                if not is_used:
                    well = channels.update().where(channels.c.id == channel_id)
                    connection.execute(well.values(delivery="ok"))
                    changes.deliveries = {**changes.deliveries, channel_id: "ok"}
            return dropped


def _where(selection: Selection) -> list[Any]:
    """Conditions for rows of the outbox."""
    found: list[Any] = [outbox.c.sent_at.is_(None), IS_ALARM]
    if selection.monitor_id is not None:
        found.append(outbox.c.monitor_id == selection.monitor_id)
    places = select(channels.c.id).join(bots, bots.c.id == channels.c.bot_id)
    if selection.address is not None:
        same = or_(channels.c.chat_id == selection.address, channels.c.migrated_to == selection.address)
        places = places.where(same)
    if selection.account is not None:
        name = selection.account.removeprefix("@")
        places = places.where(or_(bots.c.name == name, bots.c.token.like(f"{name}:%")))
    if selection.address is not None or selection.account is not None:
        found.append(outbox.c.channel_id.in_(places))
    return found


def _waiting(row: Any, groups: list[Any]) -> WaitingChannel:
    return WaitingChannel(
        row.id,
        row.kind,
        row.bot_id,
        row.name,
        row.migrated_to or row.chat_id,
        row.thread_id or None,
        row.delivery,
        sum(one.waiting for one in groups),
        min(one.oldest for one in groups),
        {one.monitor_id: one.waiting for one in groups if one.monitor_id},
    )


def _remove(connection: Connection, rows: Iterable[Any]) -> list[tuple[int, int]]:
    """Row and channel of each."""
    found = [(row.id, row.channel_id) for row in rows]
    for some in chunks([number for number, _ in found]):
        connection.execute(delete(outbox).where(outbox.c.id.in_(some)))
    return found


def _told_before(rows: Iterable[Any]) -> dict[str, Told]:
    """What was told of each device before the first of these messages, which are in their order."""
    found: dict[str, Told] = {}
    for row in rows:
        event = row.event
        if row.monitor_id and row.monitor_id not in found and event.get("kind", "change") in _TOLD:
            lasted = event.get("lasted")
            found[row.monitor_id] = Told(event["before"], event["at"] - (lasted or 0.0))
    return found


def _known_before(rows: Iterable[Any]) -> dict[tuple[str, int], Told]:
    """Likewise for each channel."""
    by_channel: dict[int, list[Any]] = {}
    for row in rows:
        by_channel.setdefault(row.channel_id, []).append(row)
    return {
        (monitor_id, channel_id): told
        for channel_id, its in by_channel.items()
        for monitor_id, told in _told_before(its).items()
    }
