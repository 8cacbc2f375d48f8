"""The store: what monitors there are, what was decided, what must still be told.

Every public method is one transaction. A decision, its history and the messages that it causes
are committed together; a message is marked sent only when the other side said OK.
"""

import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, cast

from sqlalchemy import Text, bindparam, delete, insert, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine import Connection, Engine

from pingmon.model.detector import DetectorState, Kind, Transition, restored
from pingmon.model.errors import Conflict, InvalidValue, NotFound
from pingmon.model.monitor import NO_OPTIONS, Channel, Monitor, Options, Plan, shared
from pingmon.model.statistics import Minute
from pingmon.storage.outbox import Outbox
from pingmon.storage.tables import bots, channels, minutes, monitors, outbox, transitions
from pingmon.storage.transactions import reading, writing

SENT_KEPT = 7 * 86400.0  # s; delivered messages are kept this long
TRANSITIONS_KEPT = 365 * 86400.0
MINUTES_KEPT = 86400.0  # 84 KB per address; see docs/performance.md
ID_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Decision:
    """What a worker concluded about one monitor, to be remembered and told."""

    monitor: Monitor
    state: DetectorState
    transition: Transition


@dataclass(frozen=True, slots=True)
class Wanted:
    """A monitor that somebody asks for, validated."""

    address: str
    mon_type: str
    token: str
    bot_name: str
    chat_id: str
    thread_id: int | None
    plan: Plan
    name: str
    options: Options = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a `Wanted`: the monitor, whether it is new, what stands against it."""

    monitor: Monitor
    created: bool
    conflict: Conflict | None


class _NothingToKeep(Exception):
    """Ends a transaction without a change."""


class Store:
    """All that pingmon remembers, on an engine from `open_database`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.outbox = Outbox(engine)

    def close(self) -> None:
        self._engine.dispose()

    def look(self) -> None:
        """See that the database is where it was, and put it back if not. Raises StorageUnavailable."""
        with reading(self._engine):
            pass

    # Monitors

    def load(self) -> list[tuple[Monitor, DetectorState]]:
        """Every live monitor with what was last known of it."""
        with reading(self._engine) as connection:
            query = _live_monitors().order_by(monitors.c.created_at, monitors.c.id)
            known = dict[int, Channel]()
            rows = connection.execute(query)
            return [(_monitor(row, known), restored(row.detector)) for row in rows]

    def find(
        self, address: str, mon_type: str, token: str, chat_id: str, thread_id: int | None
    ) -> Monitor | None:
        with reading(self._engine) as connection:
            row = connection.execute(
                _live_monitors().where(
                    monitors.c.address == address,
                    monitors.c.mon_type == mon_type,
                    bots.c.token == token,
                    channels.c.chat_id == chat_id,
                    channels.c.thread_id == (thread_id or 0),
                )
            ).first()
            return _monitor(row) if row else None

    def add(self, wanted: Sequence[Wanted], dry_run: bool = False) -> list[Added]:
        """All of them in one transaction, or none when one is in conflict or `dry_run` is set."""
        added: list[Added] = []
        with suppress(_NothingToKeep), writing(self._engine) as connection:
            added = list(_add_all(connection, wanted))
            if dry_run or any(one.conflict for one in added):
                raise _NothingToKeep
        return added

    def delete(self, prefix: str) -> tuple[str, bool]:
        """The full ID and whether it was alive until now. Raises NotFound, InvalidValue.

        What was behind it is behind nothing any more.
        """
        with writing(self._engine) as connection:
            row = self._resolve(connection, prefix)
            if row.deleted:
                return row.id, False
            connection.execute(update(monitors).where(monitors.c.id == row.id).values(deleted=True))
            naming = sql_cast(monitors.c.options, Text).like(f"%{row.id}%")
            query = select(monitors.c.id, monitors.c.options).where(naming)
            for child in connection.execute(query).all():
                freed = update(monitors).where(monitors.c.id == child.id)
                connection.execute(freed.values(options=child.options | {"parent": None}))
            return row.id, True

    def ensure_channel(self, token: str, chat_id: str) -> Channel:
        with writing(self._engine) as connection:
            return _channel(connection, token, token.partition(":")[0], chat_id, None)

    def edit(self, monitor: Monitor) -> None:
        """Name, plan and options of a live monitor as given; its state is not touched."""
        with writing(self._engine) as connection:
            connection.execute(
                update(monitors)
                .where(monitors.c.id == monitor.id)
                .values(
                    name=monitor.name,
                    settings=plain(monitor.plan),
                    options=plain(monitor.options),
                )
            )

    def full_id(self, prefix: str) -> str:
        """Raises NotFound, InvalidValue."""
        with reading(self._engine) as connection:
            return str(self._resolve(connection, prefix).id)

    def _resolve(self, connection: Connection, prefix: str) -> Any:
        wanted = prefix.strip().lower()
        if len(wanted) < ID_PREFIX or not set(wanted) <= set("0123456789abcdef-"):
            raise InvalidValue(f"an ID is a UUID or at least its first {ID_PREFIX} letters", "id")
        query = select(monitors.c.id, monitors.c.deleted).where(monitors.c.id.like(wanted + "%"))
        rows = connection.execute(query).all()
        rows = [row for row in rows if not row.deleted] or rows
        if not rows:
            raise NotFound(f"there is no monitor {prefix!r}; list-mon shows all", "id")
        if len(rows) > 1:
            raise InvalidValue(f"{prefix!r} names {len(rows)} monitors; give more letters", "id")
        return rows[0]

    # Decisions

    def record(self, decisions: Iterable[Decision], not_before: float = 0.0) -> None:
        """States, transitions and messages of many decisions: all or nothing.

        not_before: when the messages may go out, epoch seconds.
        """
        decisions = list(decisions)
        with self.outbox.changing() as (connection, queue):
            alive = _alive(connection, {one.monitor.id for one in decisions})
            decisions = [one for one in decisions if one.monitor.id in alive]
            _save_states(connection, [(one.monitor.id, one.state) for one in decisions])
            changes = [(one.monitor.id, one.transition) for one in decisions]
            rows = [
                {
                    "monitor_id": monitor_id,
                    "before": change.before,
                    "after": change.after,
                    "at": change.at,
                    "decided_at": change.decided_at,
                    "reason": change.reason,
                }
                for monitor_id, change in changes
                if change.before != change.after
            ]
            if rows:
                connection.execute(insert(transitions), rows)
            messages = [
                {
                    "channel_id": one.monitor.channel.id,
                    "monitor_id": one.monitor.id,
                    "event": _event(one),
                    "not_before": not_before,
                }
                for one in decisions
                if is_told(one)
            ]
            self.outbox.queue(connection, queue, messages)

    def save_states(self, states: Iterable[tuple[str, DetectorState]]) -> None:
        """Runs that are not decided yet, so that a restart goes on where it was."""
        with writing(self._engine) as connection:
            _save_states(connection, states)

    def add_minutes(self, rows: Sequence[Minute]) -> None:
        """Statistics in one batch; what is older than the retention goes."""
        now = time.time()
        with writing(self._engine) as connection:
            if rows:
                # A restart within a minute gives the same minute again; the later part is kept.
                same = (minutes.c.minute == bindparam("m")) & (minutes.c.address == bindparam("a"))
                connection.execute(
                    delete(minutes).where(same), [{"m": row.minute, "a": row.address} for row in rows]
                )
                connection.execute(insert(minutes), [_saved(row) for row in rows])
            connection.execute(delete(minutes).where(minutes.c.minute < (now - MINUTES_KEPT) // 60))
            connection.execute(delete(outbox).where(outbox.c.sent_at < now - SENT_KEPT))
            connection.execute(delete(transitions).where(transitions.c.at < now - TRANSITIONS_KEPT))


def _alive(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of these monitors that were not deleted meanwhile."""
    found = set[str]()
    for some in _chunks(list(ids)):
        query = select(monitors.c.id).where(monitors.c.id.in_(some), monitors.c.deleted.is_(False))
        found |= set(connection.execute(query).scalars())
    return found


def _chunks(items: list[str]) -> Iterable[list[str]]:
    """SQLite takes no more than 32,766 parameters in a statement."""
    return (items[start : start + 10_000] for start in range(0, len(items), 10_000))


def _save_states(connection: Connection, states: Iterable[tuple[str, DetectorState]]) -> None:
    rows = [{"which": monitor_id, "state": state.saved()} for monitor_id, state in states]
    if rows:
        change = update(monitors).where(monitors.c.id == bindparam("which"))
        connection.execute(change.values(detector=bindparam("state")), rows)


def _saved(row: Minute) -> dict[str, Any]:
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


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def plain(item: Any) -> dict[str, Any]:
    """A flat dataclass as a dict. dataclasses.asdict takes ten times as long, for deep ones."""
    return {name: getattr(item, name) for name in _names(item.__class__)}


def _event(decision: Decision) -> dict[str, Any]:
    """What `notify` turns into words."""
    monitor = decision.monitor
    return plain(decision.transition) | {
        "name": monitor.name,
        "address": monitor.address,
        "language": monitor.options.language,
        "quiet": monitor.options.quiet,
    }


def is_told(decision: Decision) -> bool:
    """Whether a decision causes a message."""
    slow = decision.transition.kind is Kind.SLOW
    return decision.transition.announce and (not slow or decision.monitor.options.tell_slow)


def settings_conflict(monitor: Monitor, plan: Plan, name: str, options: Options) -> Conflict | None:
    """What stands against adding this again, None if it is the same."""
    if (monitor.plan, monitor.name, monitor.options) == (plan, name, options):
        return None
    return Conflict(
        f"this is watched already, as {monitor.id}, with other settings; "
        "change them with edit-mon, or give the same settings",
    )


def _add_all(connection: Connection, wanted: Sequence[Wanted]) -> Iterable[Added]:
    channel_of: dict[tuple[str, str, int | None], Channel] = {}
    for one in wanted:
        key = (one.token, one.chat_id, one.thread_id)
        if key not in channel_of:
            channel_of[key] = _channel(connection, one.token, one.bot_name, *key[1:])
    same_address = monitors.c.address.in_({one.address for one in wanted})
    known = {
        (row.address, row.mon_type, row.channel_id): _monitor(row)
        for row in connection.execute(_live_monitors().where(same_address))
    }
    rows = []
    for one in wanted:
        channel = channel_of[one.token, one.chat_id, one.thread_id]
        existing = known.get((one.address, one.mon_type, channel.id))
        if existing:
            yield Added(existing, False, settings_conflict(existing, one.plan, one.name, one.options))
            continue
        number = str(uuid.uuid4())
        monitor = Monitor(number, one.address, one.mon_type, channel, one.plan, one.name, one.options)
        known[one.address, one.mon_type, channel.id] = monitor
        now = time.time()
        rows.append(
            {
                "id": monitor.id,
                "address": one.address,
                "mon_type": one.mon_type,
                "channel_id": channel.id,
                "name": one.name,
                "settings": plain(one.plan),
                "options": plain(one.options),
                "detector": DetectorState(since=now).saved(),
                "created_at": now,
                "deleted": False,
            }
        )
        yield Added(monitor, True, None)
    if rows:
        connection.execute(insert(monitors), rows)


def _live_monitors() -> Any:
    return (
        select(
            monitors,
            channels.c.bot_id,
            channels.c.chat_id,
            channels.c.thread_id,
            bots.c.name.label("bot"),
        )
        .join(channels, channels.c.id == monitors.c.channel_id)
        .join(bots, bots.c.id == channels.c.bot_id)
        .where(monitors.c.deleted.is_(False))
    )


def _monitor(row: Any, known: dict[int, Channel] | None = None) -> Monitor:
    """known: channels that were read already; thousands of monitors share a few."""
    channel = known.get(row.channel_id) if known is not None else None
    if channel is None:
        channel = Channel(row.channel_id, row.bot_id, row.bot, row.chat_id, row.thread_id or None)
        if known is not None:
            known[row.channel_id] = channel
    plan, options = shared(Plan, row.settings), shared(Options, row.options)
    return Monitor(row.id, row.address, row.mon_type, channel, plan, row.name, options)


def _channel(
    connection: Connection, token: str, bot_name: str, chat_id: str, thread_id: int | None
) -> Channel:
    bot = connection.execute(select(bots).where(bots.c.token == token)).first()
    if bot is None:
        done = connection.execute(insert(bots).values(token=token, name=bot_name))
        bot_id = cast(Any, done.inserted_primary_key)[0]
    else:
        bot_id, bot_name = bot.id, bot.name if bot_name.isdigit() else bot_name
        connection.execute(update(bots).where(bots.c.id == bot_id).values(name=bot_name))
    key = {"bot_id": bot_id, "chat_id": chat_id, "thread_id": thread_id or 0}
    found = connection.execute(select(channels.c.id).filter_by(**key)).scalar()
    if found is None:
        # Another channel may know already that this group became a supergroup.
        same_chat = (channels.c.chat_id == chat_id) & channels.c.migrated_to.is_not(None)
        moved = connection.execute(select(channels.c.migrated_to).where(same_chat).limit(1)).scalar()
        done = connection.execute(insert(channels).values(**key, migrated_to=moved))
        found = cast(Any, done.inserted_primary_key)[0]
    return Channel(found, bot_id, bot_name, chat_id, thread_id)
