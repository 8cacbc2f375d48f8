"""A plan that was checked is carried out: all of it in one transaction, or nothing."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from pingmon.engine.breather import Breather
from pingmon.kinds import defaults_of
from pingmon.model.channel_words import channel_words
from pingmon.model.errors import Conflict, LimitReached, PingmonError
from pingmon.model.monitor import Channel, ChannelRequest, Monitor, MonitorRequest
from pingmon.model.tag_settings import in_force
from pingmon.operations.changes import describe_changes
from pingmon.operations.context import Context
from pingmon.operations.import_plan import Done, Outcome, Plan, Problem
from pingmon.operations.import_plan_check import in_loops_now
from pingmon.operations.journal import added_entry, deleted_entry, edited_entry
from pingmon.operations.live_identity import LiveIdentities
from pingmon.operations.monitor_channels import channels_of_group
from pingmon.operations.monitor_request import check_options
from pingmon.storage.change_monitors import MonitorChanges

log = logging.getLogger(__name__)

LOGGED_SINGLY = 20  # changes of one kind


class _NotAsChecked(Exception):
    """Something is otherwise than it was when the plan was checked."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


class PlanCommit:
    """See plans.Commit. It has a thread of its own: it is finished though nobody waits any more."""

    def __init__(self, context: Context, actor: str, plan: Plan) -> None:
        """The plan has no problems. Raises LimitReached."""
        self._context, self._actor, self._plan = context, actor, plan
        self._changes = changes_of(plan, actor)
        self._result: Done | PingmonError | None = None
        self._thread = threading.Thread(target=self._run, name="plan", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            raise LimitReached("this machine allows no more threads; see TasksMax= of the unit") from None

    def wait(self, seconds: float) -> Done | None:
        self._thread.join(seconds)
        if self._thread.is_alive():
            return None
        if isinstance(self._result, Done):
            return self._result
        raise self._result or PingmonError("the plan could not be carried out: pingmond's log says why")

    @property
    def done(self) -> int:
        return self._changes.done

    def _run(self) -> None:
        try:
            self._result = carry_out(self._context, self._actor, self._plan, self._changes)
        except PingmonError as error:
            self._result = error
        except Exception:
            log.exception("a plan could not be carried out")


def changes_of(plan: Plan, actor: str) -> MonitorChanges:
    added = [replace(one.request, id=one.id) for _, one in plan.created()]
    edited = [(one.old, one.new) for _, one in plan.changed() if one.old and one.new]
    entries = [
        *(added_entry(actor, one) for one in added),
        *(edited_entry(actor, *one) for one in edited),
        *(deleted_entry(actor, one) for one in plan.deleted),
    ]
    return MonitorChanges(added, edited, plan.deleted, actor, entries, plan.channels)


def carry_out(context: Context, actor: str, plan: Plan, changes: MonitorChanges) -> Done:
    """Raises PingmonError; then nothing was changed."""

    def check() -> None:
        problems = list(_not_as_checked(context, plan))
        if problems:
            raise _NotAsChecked(problems)

    try:
        stored = context.worker_pool.change(changes, check, context.sender_pool.start_sender)
    except _NotAsChecked as error:
        return Done(problems=tuple(error.problems))
    _log(context, actor, changes)
    context.sender_pool.wake(None)
    plan.renew_secrets()
    with suppress(PingmonError):  # if this fails, the sender finds out itself
        if plan.options.verify:
            used = {one.channel.id for one in stored.added} | {one.id for one in stored.channels.values()}
            context.store.channels.confirm(used, plan.moved)
    dropped = 0
    with suppress(PingmonError):
        if changes.deleted:
            dropped = context.store.waiting.drop_undeliverable(*(one.id for one in changes.deleted))
    return Done(len(changes.added), len(changes.edited), len(changes.deleted), dropped)


def _not_as_checked(context: Context, plan: Plan) -> Iterator[Problem]:
    """What somebody else changed since the check. Nobody changes anything while this looks."""
    monitors, live = context.worker_pool.monitors, LiveIdentities(context)
    known = {one.id: one for one in live.all()}
    gone = {one.id for one in plan.deleted}
    coming = {one.id for _, one in plan.created()}
    breather = Breather(context.probers)
    for index, one in plan.firsts():
        breather.step()
        if words := _is_other(one, known, live):
            yield Problem(index, Conflict(f"{words} meanwhile; run this again"))
        if _has_other_settings(context, one.request):
            yield Problem(index, Conflict("what its tags give was changed meanwhile; run this again"))
        parent = one.request.options.parent
        if parent and parent not in coming and (parent not in monitors or parent in gone):
            yield Problem(index, Conflict("was deleted meanwhile; run this again", "parent"))
    for old in plan.deleted:
        now = known.get(old.id)
        if now is not None and _settings(now) != _settings(old):
            words = f"{old.label}, which is to be deleted, was changed meanwhile; run this again"
            yield Problem(None, Conflict(words))
    looping = in_loops_now(context, plan)
    for index, one in plan.firsts():
        if one.id in looping:
            yield Problem(index, Conflict("a monitor can't be behind itself", "parent"))


def _has_other_settings(context: Context, request: MonitorRequest) -> bool:
    """Whether its tags give something else than when the plan was checked."""
    tags, pool = request.options.tags, context.worker_pool
    if not (tags or request.options.group) or request.own is None:
        return False
    by_tag, parent = context.configuration.tags, request.options.parent
    try:
        usual = defaults_of(request.mon_type)
        found = in_force(request.own, tags, by_tag, parent, request.is_channel_own, usual)
        check_options(pool, found.options)
    except PingmonError:
        return True
    if (found.detection, found.options) != (request.detection, request.options):
        return True
    grouped = channels_of_group(pool, found)
    if [one.id for one in grouped] != [one.id for one in request.grouped]:
        return True
    first = None if request.is_channel_own else found.channel or next(iter(grouped), None)
    return first is not None and _place(first) != _place(request.channel)


def _place(channel: Channel | ChannelRequest) -> tuple[str, str, int | None]:
    """Of one account."""
    return channel.kind, channel.address, channel.topic


def _is_other(one: Outcome, known: dict[str, Monitor], live: LiveIdentities) -> str:
    """What became of a row's monitor since the check, empty if nothing did."""
    if one.old is None:
        return "was added" if live.find(one.request) else ""
    now = known.get(one.old.id)
    if now is None:
        return f"{one.old.label} was deleted"
    return "" if _settings(now) == _settings(one.old) else f"{one.old.label} was changed"


def _settings(monitor: Monitor) -> tuple[object, ...]:
    """Without the channel, whose account may have got its name."""
    return (
        monitor.name,
        monitor.detection,
        monitor.options,
        monitor.probe_options,
        monitor.given,
        monitor.is_channel_own,
        {one.id for one in monitor.others},
    )


def _log(context: Context, actor: str, changes: MonitorChanges) -> None:
    added = [
        f"{one.label}, which tells {channel_words(one.channel.kind, one.channel.address)} [{one.id}]"
        for one in changes.added[:LOGGED_SINGLY]
    ]
    edited = [
        f"{old.label}: {describe_changes(context, old, new)} [{old.id}]"
        for old, new in changes.edited[:LOGGED_SINGLY]
    ]
    deleted = [f"{one.label} [{one.id}]" for one in changes.deleted[:LOGGED_SINGLY]]
    _say(actor, "added", added, len(changes.added))
    _say(actor, "changed", edited, len(changes.edited))
    _say(actor, "deleted", deleted, len(changes.deleted))


def _say(actor: str, what: str, lines: Sequence[str], total: int) -> None:
    for line in lines:
        log.info("%s %s %s", actor, what, line)
    if total > len(lines):
        log.info("%s %s %d more", actor, what, total - len(lines))
