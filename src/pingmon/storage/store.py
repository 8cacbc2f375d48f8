"""The store: what monitors there are, what was decided, what must still be told.

Every public method is one transaction. A decision, its history and the messages that it causes
are committed together; a message is marked sent only when the other side said OK.
"""

import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.detector import DetectorState, Kind, Transition, restored
from pingmon.model.errors import Conflict, InvalidValue, NotFound
from pingmon.model.monitor import NO_OPTIONS, Channel, Monitor, Options, Plan
from pingmon.model.statistics import Minute
from pingmon.storage.outbox import Outbox
from pingmon.storage.tables import bots, channels, minutes, monitors, outbox, transitions
from pingmon.storage.transactions import reading, writing

SENT_KEPT = 7 * 86400.0  # s; delivered messages are kept this long
TRANSITIONS_KEPT = 365 * 86400.0
MINUTES_KEPT = 7 * 86400.0
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
            return [(_monitor(row), restored(row.detector)) for row in connection.execute(query)]

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
        """The full ID and whether it was alive until now. Raises NotFound, InvalidValue."""
        with writing(self._engine) as connection:
            row = self._resolve(connection, prefix)
            if row.deleted:
                return row.id, False
            connection.execute(update(monitors).where(monitors.c.id == row.id).values(deleted=True))
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
                    settings=asdict(monitor.plan),
                    options=asdict(monitor.options),
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
        rows: list[dict[str, Any]] = []
        with self.outbox.changing() as (connection, changes):
            for decision in decisions:
                monitor, change = decision.monitor, decision.transition
                done = connection.execute(
                    update(monitors)
                    .where(monitors.c.id == monitor.id, monitors.c.deleted.is_(False))
                    .values(detector=decision.state.saved())
                )
                if not done.rowcount:
                    continue  # deleted meanwhile
                if change.before != change.after:
                    connection.execute(
                        insert(transitions).values(
                            monitor_id=monitor.id,
                            before=change.before,
                            after=change.after,
                            at=change.at,
                            decided_at=change.decided_at,
                            reason=change.reason,
                        )
                    )
                if is_told(decision):
                    event = asdict(change) | {
                        "name": monitor.name,
                        "address": monitor.address,
                        "language": monitor.options.language,
                        "quiet": monitor.options.quiet,
                    }
                    rows.append(
                        {
                            "channel_id": monitor.channel.id,
                            "monitor_id": monitor.id,
                            "event": event,
                            "not_before": not_before,
                        }
                    )
            self.outbox.queue(connection, changes, rows)

    def save_states(self, states: Iterable[tuple[str, DetectorState]]) -> None:
        """Runs that are not decided yet, so that a restart goes on where it was."""
        rows = [{"which": monitor_id, "state": state.saved()} for monitor_id, state in states]
        if rows:
            change = update(monitors).where(monitors.c.id == bindparam("which"))
            with writing(self._engine) as connection:
                connection.execute(change.values(detector=bindparam("state")), rows)

    def add_minutes(self, rows: Sequence[Minute]) -> None:
        """Statistics in one batch; what is older than the retention goes."""
        now = time.time()
        with self._engine.begin() as connection:
            if rows:
                keys = [(row.address, row.minute) for row in rows]
                for address, minute in keys:
                    connection.execute(
                        delete(minutes).where(minutes.c.address == address, minutes.c.minute == minute)
                    )
                connection.execute(insert(minutes), [asdict(row) for row in rows])
            connection.execute(delete(minutes).where(minutes.c.minute < (now - MINUTES_KEPT) // 60))
            connection.execute(delete(outbox).where(outbox.c.sent_at < now - SENT_KEPT))
            connection.execute(delete(transitions).where(transitions.c.at < now - TRANSITIONS_KEPT))


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
                "settings": asdict(one.plan),
                "options": asdict(one.options),
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


def _monitor(row: Any) -> Monitor:
    channel = Channel(row.channel_id, row.bot_id, row.bot, row.chat_id, row.thread_id or None)
    plan, options = Plan(**row.settings), Options(**row.options)
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
