"""Planned downtime: it is added, listed, deleted; and its windows begin."""

import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from pingmon.model.alarm_events import HoldBegan, HoldEnded
from pingmon.model.alarm_state import Hold, HoldKind
from pingmon.model.downtime import Downtime, first_overlap, parse_downtime
from pingmon.model.errors import InvalidValue, LimitReached, NotFound
from pingmon.model.id_prefix import LEAST_PREFIX, no_id
from pingmon.model.monitor import Monitor
from pingmon.model.timestamps import rfc3339
from pingmon.model.weekly_hours import Span
from pingmon.operations.context import Context
from pingmon.operations.holds import parse_comment, person
from pingmon.operations.selection import Condition, conditions_of, select_by
from pingmon.storage import downtimes
from pingmon.storage.alarms import Occurrence
from pingmon.storage.downtimes import PlannedDowntime
from pingmon.storage.journal import Entry
from pingmon.text.printable import shown

log = logging.getLogger(__name__)

ALL = ("all", "")  # the condition that says all monitors
MOST_DOWNTIMES = 1000  # each new one is compared with all others


class Added(NamedTuple):
    """overlaps: others that some of the same monitors have, and when first within a year."""

    downtime: PlannedDowntime
    monitors: list[Monitor]
    overlaps: list[tuple[PlannedDowntime, Span]]


def add_downtime(context: Context, actor: str, params: Mapping[str, Any], dry_run: bool = False) -> Added:
    """params: selectors; start, end, for, rrule, time_zone, comment. Raises InvalidValue, NotFound."""
    if len(context.store.downtimes.all()) >= MOST_DOWNTIMES:
        raise LimitReached(f"there are {MOST_DOWNTIMES} downtimes already: delete some first")
    now = time.time()
    texts = {name: params.get(name) or "" for name in ("start", "end", "for", "rrule", "time_zone")}
    plan = parse_downtime(
        now,
        texts["start"],
        texts["end"],
        texts["for"],
        texts["rrule"],
        texts["time_zone"] or context.time_zone,
    )
    comment = parse_comment(params.get("comment") or "")
    conditions = _fixed(context, params)
    monitors = monitors_of(context, conditions)
    first = next_window(plan, now)
    made = PlannedDowntime(
        str(uuid.uuid4()),
        plan,
        conditions,
        person(actor),
        comment,
        now,
        due=first.start if first else None,
    )
    overlaps = _overlaps(context, made, monitors, now)
    if not dry_run:
        details = {"which": described(conditions), "when": shown_plan(plan), "comment": comment}
        entry = Entry(actor, "downtime_add", made.id[:8], None, details)
        _store(context, made, entry, now)
        log.info("%s planned downtime %s: %s", actor, made.id, shown_plan(plan))
    return Added(made, monitors, overlaps)


def delete_downtime(context: Context, actor: str, text: str) -> PlannedDowntime:
    """By ID or the beginning of it; a window that goes on ends. Raises NotFound, InvalidValue."""
    one = _find(context, text)
    entry = Entry(actor, "downtime_delete", one.id[:8], None, {"which": described(one.conditions)})
    _end(context, one, entry)
    log.info("%s deleted downtime %s", actor, one.id)
    return one


def run_downtimes(context: Context, now: float) -> set[int]:
    """Windows begin; what is past is forgotten. Returns the channels that are told."""
    told = set[int]()
    for one in context.store.downtimes.due(now):
        window = one.plan.window_at(now)
        if window is None or window.start <= one.begun:
            _forget_or_wait(context, one, now)
            continue
        due = _next_start(one.plan, now) or window.end
        set_begun = partial(downtimes.set_begun, downtime_id=one.id, begun=window.start, due=due)
        happened = _begins(context, one, window, now)
        told |= context.store.alarms.happen(happened, also=set_begun).told
    return told


def _store(context: Context, made: PlannedDowntime, entry: Entry, now: float) -> None:
    """One transaction: what is planned, its journal, and its window if that is now."""
    happened = list[Occurrence]()
    if window := made.plan.window_at(now):
        made = replace(made, begun=window.start, due=_next_start(made.plan, now) or window.end)
        happened = _begins(context, made, window, now)
    also = partial(downtimes.add, one=made)
    told = context.store.alarms.happen(happened, lambda _: [entry], also).told
    context.sender_pool.wake(context.store.channels.accounts_of(told))


def _begins(context: Context, one: PlannedDowntime, window: Span, now: float) -> list[Occurrence]:
    hold = Hold(HoldKind.MAINTENANCE, one.id, window.start, window.end, by=one.by, comment=one.comment)
    monitors = monitors_of(context, one.conditions)
    log.info("downtime %s begins, of %d monitors", one.id, len(monitors))
    return [Occurrence(monitor, (HoldBegan(hold),), now) for monitor in monitors]


def monitors_of(context: Context, conditions: Sequence[Condition]) -> list[Monitor]:
    """Those that fit now; IDs of monitors that are gone are not looked at."""
    is_all = ALL in conditions
    rest = [one for one in conditions if one != ALL]
    live = context.worker_pool.monitors
    kept = [(key, value) for key, value in rest if key not in ("id", "parent") or value in live]
    if any(key in ("id", "parent") and (key, value) not in kept for key, value in rest):
        wanted = {key for key, _ in rest}
        if wanted - {key for key, _ in kept}:  # all that it named are gone
            return []
    return select_by(context, kept, is_all).monitors


def described(conditions: Iterable[Condition]) -> str:
    return ", ".join("all" if one == ALL else "=".join(one) for one in conditions)


def shown_plan(plan: Downtime) -> str:
    words = f"from {plan.start.isoformat(' ', 'minutes')} for {plan.length}"
    return f"{words}, {plan.rule}" if plan.rule else words


def next_window(plan: Downtime, now: float) -> Span | None:
    """That which goes on, else the next."""
    return next(plan.windows(now), None)


def downtime_row(context: Context, one: PlannedDowntime, now: float) -> dict[str, Any]:
    """As results show it."""
    window = next_window(one.plan, now)
    return {
        "id": one.id,
        "start": rfc3339(window.start) if window else None,
        "end": rfc3339(window.end) if window else None,
        "active": bool(window and window.start <= now),
        "rrule": one.plan.rule,
        "time_zone": one.plan.zone,
        "which": described(one.conditions),
        "monitors": len(monitors_of(context, one.conditions)),
        "by": one.by,
        "comment": one.comment,
    }


def _fixed(context: Context, params: Mapping[str, Any]) -> list[Condition]:
    """With IDs in place of names, which may be another monitor's later. Raises InvalidValue, NotFound."""
    if params.get("all"):
        select_by(context, conditions_of(params), is_all=True)  # raises when there is more
        return [ALL]
    found = []
    for key, value in conditions_of(params):
        if key in ("id", "parent"):
            value = context.worker_pool.find_monitor(value, key).id
        found.append((key, value))
    select_by(context, found)  # raises what is wrong with the others
    return found


def _next_start(plan: Downtime, now: float) -> float | None:
    return next((one.start for one in plan.windows(now) if one.start > now), None)


def _forget_or_wait(context: Context, one: PlannedDowntime, now: float) -> None:
    following = _next_start(one.plan, now)
    window = one.plan.window_at(now)
    if following is None and window is None:
        context.store.downtimes.delete(one.id)
    else:
        due = following if following is not None else window.end if window else None
        context.store.downtimes.set_begun(one.id, one.begun, due)


def _end(context: Context, one: PlannedDowntime, entry: Entry) -> None:
    """One transaction: it is deleted, with its journal, and what it holds is held no more."""
    live, now = context.worker_pool.monitors, time.time()
    event = HoldEnded(HoldKind.MAINTENANCE, one.id)
    held = [
        monitor
        for which, alarms in context.store.alarms.held().items()
        if any(hold.key == one.id for alarm in alarms.values() for hold in alarm.holds)
        and (monitor := live.get(which))
    ]
    ended = [Occurrence(monitor, (event,), now) for monitor in held]
    also = partial(downtimes.remove, downtime_id=one.id)
    told = context.store.alarms.happen(ended, lambda _: [entry], also).told
    context.sender_pool.wake(context.store.channels.accounts_of(told))


def _overlaps(
    context: Context, made: PlannedDowntime, monitors: Sequence[Monitor], now: float
) -> list[tuple[PlannedDowntime, Span]]:
    mine, found = {one.id for one in monitors}, []
    known = dict[tuple[Condition, ...], set[str]]()  # many may be about the same ones
    for other in context.store.downtimes.all():
        key = tuple(other.conditions)
        if key not in known:
            known[key] = {one.id for one in monitors_of(context, key)}
        theirs = known[key]
        if mine & theirs and (span := first_overlap(made.plan, other.plan, now)):
            found.append((other, span))
    return found


def _find(context: Context, text: str) -> PlannedDowntime:
    wanted = text.strip().lower()
    if len(wanted) < LEAST_PREFIX:
        raise no_id()
    found = [one for one in context.store.downtimes.all() if one.id.startswith(wanted)]
    if len(found) > 1:
        raise InvalidValue(f"{shown(text)} names {len(found)} downtimes; give more letters", "id")
    if not found:
        raise NoSuchDowntime(text)
    return found[0]


class NoSuchDowntime(NotFound):
    """There is no such downtime."""

    def __init__(self, text: str) -> None:
        Exception.__init__(self, f"there is no downtime {shown(text)}; downtime list shows all")
        self.field = "id"
