"""What people hold back: monitors are paused, muted, acknowledged; and how results show it."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from pingmon.model.alarm_events import Event, HoldBegan, HoldEnded
from pingmon.model.alarm_holds import OF_A_CHAT, holds_at
from pingmon.model.alarm_state import Alarm, Hold, HoldKind, Known
from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.monitor import Monitor
from pingmon.model.text_values import refuse_token
from pingmon.model.timestamps import rfc3339
from pingmon.model.when import parse_duration, parse_future
from pingmon.operations.context import Context
from pingmon.operations.selection import Selected
from pingmon.storage.alarm_store import Changed
from pingmon.storage.alarms import Occurrence
from pingmon.storage.journal import Action, Entry

log = logging.getLogger(__name__)

LONGEST_COMMENT = 500  # characters


class Lasts(NamedTuple):
    """How long a mute lasts. until: epoch seconds, None: no end. until_up: it ends with "up"."""

    until: float | None = None
    until_up: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """monitors: that were meant. alarms: of those for which something is different now, by ID."""

    monitors: list[Monitor]
    alarms: Mapping[str, Alarm]

    @property
    def changed(self) -> frozenset[str]:
        """IDs."""
        return frozenset(self.alarms)


def parse_lasts(
    context: Context, lasts: str | None, until: str | None, until_up: bool, indefinitely: bool
) -> Lasts:
    """Of the parameters of mute, of which exactly one is given. Raises InvalidValue."""
    given = [
        name
        for name, value in (
            ("for", lasts),
            ("until", until),
            ("until_up", until_up),
            ("indefinitely", indefinitely),
        )
        if value
    ]
    if len(given) != 1:
        extra = f"; {' and '.join(given)} exclude each other" if given else ""
        raise InvalidValue(
            f"say how long: for (2h), until (a time), until_up or indefinitely{extra}", "for"
        )
    now = time.time()
    if lasts:
        return Lasts(now + parse_duration(lasts, "for"))
    if until:
        return Lasts(parse_future(until, now, context.time_zone, "until"))
    return Lasts(None, until_up)


def parse_comment(text: str) -> str:
    """One line. Raises InvalidValue."""
    words = text.strip()
    if len(words) > LONGEST_COMMENT:
        raise InvalidValue(f"a comment is at most {LONGEST_COMMENT} characters", "comment")
    if not words.isprintable():
        raise InvalidValue("a comment is one line of text", "comment")
    refuse_token(words, "comment")
    return words


def pause(context: Context, actor: str, selected: Selected, comment: str) -> Held:
    now = time.time()
    hold = Hold(HoldKind.PAUSED, since=now, by=person(actor), comment=comment)
    held = _all(context, actor, "pause_mon", selected, lambda _: HoldBegan(hold))
    for monitor in selected.monitors:
        if alarm := held.alarms.get(monitor.id):
            its = next(one for one in alarm.holds if one.kind is HoldKind.PAUSED)
            context.worker_pool.pause(monitor, paused_words(its))
            context.visibility.on_paused(monitor)
    return held


def resume(context: Context, actor: str, selected: Selected) -> Held:
    held = _all(context, actor, "resume_mon", selected, lambda _: HoldEnded(HoldKind.PAUSED))
    for monitor in selected.monitors:
        context.worker_pool.unpause(monitor)
    return held


def mute(context: Context, actor: str, selected: Selected, lasts: Lasts, comment: str) -> Held:
    """When the selection names chats, only what they are told is muted.

    Raises Conflict when it shall last until they are up, and none of them is down.
    """
    key = OF_A_CHAT if selected.channels is not None else ""
    hold = Hold(HoldKind.MUTED, key, time.time(), lasts.until, lasts.until_up, person(actor), comment)
    held = _all(context, actor, "mute", selected, lambda _: HoldBegan(hold), selected.channels)
    if lasts.until_up:
        _refuse_if_none_is_down(context, held, "say for how long instead")
    return held


def unmute(context: Context, actor: str, selected: Selected) -> Held:
    event = HoldEnded(HoldKind.MUTED)
    return _all(context, actor, "unmute", selected, lambda _: event, selected.channels)


def acknowledge(
    context: Context, actor: str, selected: Selected, comment: str, known: frozenset[int] = frozenset()
) -> Held:
    """known: channels that need not be told, as it is said there. Raises Conflict when none is down."""
    hold = Hold(
        HoldKind.ACKNOWLEDGED, since=time.time(), until_up=True, by=person(actor), comment=comment
    )
    held = _all(context, actor, "ack", selected, lambda _: HoldBegan(hold), known=known)
    _refuse_if_none_is_down(context, held, "there is nothing to acknowledge")
    return held


def unacknowledge(context: Context, actor: str, selected: Selected) -> Held:
    return _all(context, actor, "unack", selected, lambda _: HoldEnded(HoldKind.ACKNOWLEDGED))


def _refuse_if_none_is_down(context: Context, held: Held, why: str) -> None:
    if held.monitors and not held.changed and not _any_is_down(context, held.monitors):
        what = f"{held.monitors[0].label} is not" if len(held.monitors) == 1 else "none of these is"
        raise Conflict(f"{what} down: {why}", "id")


def _any_is_down(context: Context, monitors: Iterable[Monitor]) -> bool:
    alarms = (alarm for one in monitors for alarm in context.store.alarms.of(one.id).values())
    return any(one.known in (Known.DOWN, Known.FLAPPING) for one in alarms)


def _all(
    context: Context,
    actor: str,
    action: Action,
    selected: Selected,
    event: Callable[[Monitor], Event],
    channels: frozenset[int] | None = None,
    known: frozenset[int] = frozenset(),
) -> Held:
    """One transaction: alarms, messages and journal.

    channels: only to the alarms of these. known: of a hold that begins, the channels that know of it.
    """
    now, monitors = time.time(), {one.id: one for one in selected.monitors}

    def entries(changed: Changed) -> Iterable[Entry]:
        for monitor_id, (before, after) in _once(changed).items():
            details = _details(before.holds, after.holds)
            yield Entry(actor, action, monitors[monitor_id].label, monitor_id, details)

    found = [Occurrence(one, (event(one),), now, channels) for one in selected.monitors]
    if known:
        found = [part for one in found for part in _apart(context, one, known)]
    done = context.store.alarms.happen(found, entries)
    context.sender_pool.wake(context.store.channels.accounts_of(done.told))
    alarms = {which: after for which, (_, after) in _once(done.changed).items()}
    if alarms:
        names = ", ".join(monitors[one].label for one in list(alarms)[:3])
        log.info("%s: %s of %d monitors: %s", actor, action, len(alarms), names)
    return Held(selected.monitors, alarms)


def _apart(context: Context, one: Occurrence, known: frozenset[int]) -> Iterable[Occurrence]:
    """For the channels that know of the hold that begins, and for the others."""
    everywhere = frozenset(context.store.audience(one.monitor))
    heard = [its._replace(is_known=True) for its in one.events if isinstance(its, HoldBegan)]
    yield replace(one, channels=everywhere - known)
    yield replace(one, channels=everywhere & known, events=heard)


def _once(changed: Changed) -> dict[str, tuple[Alarm, Alarm]]:
    """Of each monitor the first of its alarms whose holds are others now, before and after."""
    found: dict[str, tuple[Alarm, Alarm]] = {}
    for (which, _), (before, after) in changed.items():
        if which not in found and before.holds != after.holds:
            first, last = _details(before.holds, after.holds)["holds"]
            if first != last:
                found[which] = before, after
    return found


@lru_cache(100)
def _details(before: tuple[Hold, ...], after: tuple[Hold, ...]) -> Mapping[str, Any]:
    """For the journal; thousands that are held together share one."""
    return {"holds": [[_described(one) for one in holds] for holds in (before, after)]}


def _described(hold: Hold) -> str:
    end = f" until {rfc3339(hold.until)}" if hold.until is not None else ""
    end = " until up" if hold.until_up and hold.kind is HoldKind.MUTED else end
    comment = f": {hold.comment}" if hold.comment else ""
    return f"{hold.kind} by {hold.by}{end}{comment}"


def person(actor: str) -> str:
    """ "ann" of "ann (uid 1000)"."""
    return actor.partition(" (")[0]


def paused_words(hold: Hold) -> str:
    """Why a paused device can't be seen."""
    comment = f": {hold.comment}" if hold.comment else ""
    return f"paused by {hold.by} since {rfc3339(hold.since)}{comment}"


# What is held, as results show it


def shown_holds(
    context: Context,
    monitor: Monitor,
    alarms: Mapping[int, Alarm],
    now: float,
    channel_id: int | None = None,
) -> list[Any]:
    """Of a channel (the first, unless another is given), the one that ends last first.

    alarms: of the monitor, by channel.
    """
    channel_id = monitor.channel.id if channel_id is None else channel_id
    rules = context.store.audience(monitor)[channel_id]
    holds = holds_at(alarms.get(channel_id, NOT_HELD), rules, now)
    return [
        {
            "why": str(one.kind),
            "until": rfc3339(one.until) if one.until is not None else None,
            "until_up": one.until_up,
            "by": one.by or None,
            "since": rfc3339(one.since) if one.since else None,
            "comment": one.comment,
        }
        for one in holds
    ]


NOT_HELD = Alarm()


def count_held(context: Context) -> dict[str, int]:
    """How many monitors are held, by the hold that is shown of the first of their channels that is."""
    counts: dict[str, int] = {}
    now, held = time.time(), context.store.alarms.held()
    audiences = context.configuration.configured.audiences
    has_quiet_chats = audiences is not None and audiences.has_quiet_chats
    for monitor in context.worker_pool.monitors.all():
        alarms, options = held.get(monitor.id), monitor.options
        has_hours = options.quiet_hours or options.expect_up or options.may_be_off
        if alarms is None and not has_hours and not has_quiet_chats:
            continue
        shown = (shown_holds(context, monitor, alarms or {}, now, one.id) for one in monitor.channels)
        if first := next(filter(None, shown), None):
            counts[first[0]["why"]] = counts.get(first[0]["why"], 0) + 1
    return counts


def paused_monitors(context: Context) -> dict[str, str]:
    """ID → by whom and since when, as people read it."""
    return {
        monitor_id: paused_words(hold)
        for monitor_id, alarms in context.store.alarms.held().items()
        for alarm in alarms.values()
        for hold in alarm.holds
        if hold.kind is HoldKind.PAUSED
    }
