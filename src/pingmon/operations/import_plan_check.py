"""A plan is compared with what there is: what it would do, and all that is wrong with it.

Nothing is changed and nothing is locked; it is done piece by piece, so that whoever waits can be told
how far it is.
"""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from pingmon.engine.breather import Breather
from pingmon.model.errors import Conflict, InvalidValue, PingmonError
from pingmon.model.monitor import Channel, Monitor, MonitorRequest
from pingmon.operations.accounts import SecretRenewals, known_accounts
from pingmon.operations.channel_check_cache import ChannelCheckCache
from pingmon.operations.channel_places import ChannelPlaces
from pingmon.operations.context import Context
from pingmon.operations.import_plan import Outcome, Plan, Problem
from pingmon.operations.import_plan_parents import PARENT, Labels, find_parents, in_loops
from pingmon.operations.import_plan_row import CheckForm, channel_checked, judge_row
from pingmon.operations.live_identity import LiveIdentities
from pingmon.operations.monitor_target import ADDRESS, HOST
from pingmon.storage.add_monitors import settings_conflict
from pingmon.text.printable import shown

PIECE = 0.5  # s; of a check, or of waiting, between two looks of who waits for it


def check_plan(context: Context, plan: Plan, check_form: CheckForm, seconds: float = PIECE) -> None:
    """Goes on with the check for so long; `plan.is_checked` once it is through.

    Raises PingmonError when it can't be done at all; then the plan is of no use any more.
    """
    deadline = time.monotonic() + seconds
    if plan.steps is None:
        plan.steps = _steps(context, plan, check_form)
        plan.breather = Breather(context.probers)
    while True:
        pause = plan.resume_at - time.monotonic()
        if pause > 0:
            time.sleep(max(0.0, min(pause, deadline - time.monotonic())))
        if time.monotonic() >= deadline:
            return
        if plan.breather:
            plan.breather.step()
        try:
            plan.resume_at = time.monotonic() + next(plan.steps)
        except StopIteration:
            plan.is_checked = True
            return


def _steps(context: Context, plan: Plan, check_form: CheckForm) -> Iterator[float]:
    """Yields after each step: for how many seconds the other side wants to be left alone."""
    options = plan.options
    checks = ChannelCheckCache(context.channels, context.accepted) if options.verify else None
    renewals = SecretRenewals(context)
    accounts = cache(lambda kind: known_accounts(context, kind) | dict(options.secrets))
    labels: list[Labels] = []
    requests: dict[int, MonitorRequest] = {}
    for index, row in enumerate(plan.rows):
        params = json.loads(row)
        labels.append(_labels(params))
        judged = judge_row(context, params, check_form, options.fallback_secret, accounts)
        labels[index] = labels[index]._replace(key=judged.key)
        request = judged.request
        try:
            if checks and request:
                request = yield from channel_checked(checks, request)
            if request and not judged.problems:
                requests[index] = renewals.settled(request, was_accepted=checks is not None)
        except PingmonError as error:
            judged.problems.append(error)
        plan.problems += [Problem(index, error) for error in judged.problems]
        plan.checked = index + 1
        yield 0.0
    plan.moved, plan.renew_secrets = (checks.moved if checks else {}), renewals.commit
    live = LiveIdentities(context)
    yield from _match(context, plan, requests, live)
    _find_deleted(context, plan, live)
    yield 0.0
    _set_parents(context, plan, labels)
    yield from _judge(plan, ChannelPlaces(context))
    _find_loops(context, plan)
    if not plan.problems:
        context.worker_pool.threads.check_room({one.request.watched_at for _, one in plan.created()})
    plan.problems.sort(key=lambda one: -1 if one.index is None else one.index)
    plan.rows = [b"{}"] * len(plan.rows)


def identity(context: Context, request: MonitorRequest) -> tuple[Any, ...]:
    """What makes it this monitor and no other; the same however it was spelled."""
    channel = request.channel
    account = context.channels[channel.kind].identify(channel.secret)
    return (request.what, channel.kind, account, channel.address, channel.topic)


def _match(
    context: Context, plan: Plan, requests: dict[int, MonitorRequest], live: LiveIdentities
) -> Iterator[float]:
    """Which rows are monitors that exist, and which are the same as others."""
    first = dict[tuple[Any, ...], int]()
    for index, request in requests.items():
        same_as = first.setdefault(identity(context, request), index)
        if same_as == index:
            old = live.find(request)
            plan.outcomes[index] = Outcome(request, old.id if old else str(uuid.uuid4()), index, old)
        else:
            earlier = plan.outcomes[same_as]
            plan.outcomes[index] = Outcome(request, earlier.id, same_as, earlier.old)
        yield 0.0


def _find_deleted(context: Context, plan: Plan, live: LiveIdentities) -> None:
    mine = {one.id for one in plan.outcomes.values()}
    gone = dict[str, Monitor]()
    for text in plan.delete:
        try:
            monitor = context.worker_pool.find_monitor(text, "delete")
        except PingmonError as error:
            plan.problems.append(Problem(None, error))
            continue
        if monitor.id in mine:
            words = f"{shown(text)} is to be deleted, and is one of the monitors of this plan"
            plan.problems.append(Problem(None, InvalidValue(words, "delete")))
        gone[monitor.id] = monitor
    if plan.options.delete_others:
        gone |= {one.id: one for one in live.all() if one.id not in mine}
    plan.deleted = list(gone.values())


def _set_parents(context: Context, plan: Plan, labels: list[Labels]) -> None:
    rows = [_known(one, plan.outcomes.get(index)) for index, one in enumerate(labels)]
    found, elsewhere, unclear = find_parents(rows)
    plan.problems += [Problem(one.row, InvalidValue(one.words, one.field)) for one in unclear]
    parents = dict[int, str]()
    for index, above in found.items():
        if above in plan.outcomes:  # else that row is wrong, which is said
            parents[index] = plan.outcomes[above].id
    gone = {one.id for one in plan.deleted}
    for index in elsewhere:
        try:
            parents[index] = _live_parent(context, plan, rows[index].parent, gone)
        except PingmonError as error:
            plan.problems.append(Problem(index, error))
    for index, parent in parents.items():
        if outcome := plan.outcomes.get(index):
            request = outcome.request
            outcome.request = replace(request, options=replace(request.options, parent=parent))


def _live_parent(context: Context, plan: Plan, text: str, gone: set[str]) -> str:
    if plan.options.delete_others:
        words = f"{shown(text)} is none of these monitors, and all others are to be deleted"
        raise InvalidValue(words, PARENT)
    try:
        found = context.worker_pool.find_monitor(text, PARENT)
    except InvalidValue as error:
        raise InvalidValue(str(error), PARENT) from None
    if found.id in gone:
        raise InvalidValue(f"{shown(text)} is to be deleted by this plan", PARENT)
    return found.id


def _labels(row: dict[str, Any]) -> Labels:
    """As it was written, without its key."""
    written = _cell(row, ADDRESS) or _cell(row, HOST)
    return Labels(name=_cell(row, "name"), written=written, parent=_cell(row, PARENT))


def _known(labels: Labels, outcome: Outcome | None) -> Labels:
    """With what was found out of the row, if it is right."""
    if outcome is None:
        return labels
    return labels._replace(address=outcome.request.target, id=outcome.old.id if outcome.old else "")


def _cell(row: dict[str, Any], name: str) -> str:
    return str(row.get(name) or "").strip()


def _judge(plan: Plan, places: ChannelPlaces) -> Iterator[float]:
    """What is new, what is there, and what would be another one's change."""
    plan.channels = places.requests
    for index, one in plan.outcomes.items():
        yield 0.0
        if one.same_as != index:
            if plan.outcomes[one.same_as].request != one.request:
                error = Conflict(f"number {one.same_as} of this request is the same with other settings")
                plan.problems.append(Problem(index, error, other=one.same_as))
            continue
        if one.old is None:
            continue
        request, old = one.request, one.old
        conflict = settings_conflict(
            old, request.detection, request.name, request.options, request.others
        )
        is_same = (request.own, request.is_channel_own) == (old.given, old.is_channel_own)
        if plan.options.update and (conflict or not is_same):
            one.new = replace(
                old,
                name=request.name,
                detection=request.detection,
                options=request.options,
                own=request.own,
                others=_others(old, request, places),
                grouped=request.grouped,
                is_channel_own=request.is_channel_own,
            )
        elif conflict:
            plan.problems.append(Problem(index, conflict, old.id))


def _others(old: Monitor, request: MonitorRequest, places: ChannelPlaces) -> tuple[Channel, ...]:
    """Channels besides the first; those that it has already, in their order, when they are the same."""
    found = tuple(places.place(one, old.others) for one in request.others)
    return old.others if set(found) == set(old.others) else found


def _find_loops(context: Context, plan: Plan) -> None:
    looping = in_loops_now(context, plan)
    for index, one in plan.outcomes.items():
        if one.id in looping:
            error = InvalidValue("a monitor can't be behind itself", PARENT)
            plan.problems.append(Problem(index, error))


def in_loops_now(context: Context, plan: Plan) -> set[str]:
    """IDs of rows that would be behind themselves."""
    gone = {one.id for one in plan.deleted}
    above = {
        one.id: None if one.options.parent in gone else one.options.parent
        for one in context.worker_pool.monitors.all()
        if one.options.parent
    }
    above |= {one.id: one.request.options.parent for _, one in plan.firsts()}
    return in_loops(above, [one.id for _, one in plan.firsts()])
