"""Edits live monitors in place: every setting, their address, whom they tell."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.errors import Conflict, PingmonError
from pingmon.model.monitor import Monitor, is_unchanged
from pingmon.operations.accounts import same_account, use_secret
from pingmon.operations.changes import describe_changes
from pingmon.operations.context import Context
from pingmon.operations.edited_channels import ChannelEdit
from pingmon.operations.edited_settings import SettingsEdit
from pingmon.operations.import_plan_parents import in_loops
from pingmon.operations.journal import edited_entry
from pingmon.operations.live_identity import LiveIdentities, identity_of, refuse_twins
from pingmon.storage.change_monitors import MonitorChanges
from pingmon.storage.journal import Entry

log = logging.getLogger(__name__)

TRIES = 5  # of an edit of one monitor that others edit at the same time
LOGGED_SINGLY = 20


class ChangedMeanwhile(Conflict):
    """A monitor is not as it was when the edit was judged."""


class Edited(NamedTuple):
    """pairs: monitors before and after. renewed: an account that they had has another secret."""

    pairs: list[tuple[Monitor, Monitor]]
    renewed: bool


def edit_monitor(
    context: Context,
    actor: str,
    text: str,
    changes: Mapping[str, Any],
    unset: Iterable[str] = (),
    verify: bool = True,
) -> Edited:
    """One, by ID, name or address. See `edit_monitors`."""
    for left in range(TRIES, 0, -1):
        monitor = context.worker_pool.find_monitor(text)
        try:
            return edit_monitors(context, actor, [monitor], changes, unset, verify=verify)
        except ChangedMeanwhile:
            if left == 1:
                raise
    raise AssertionError


def edit_monitors(
    context: Context,
    actor: str,
    monitors: Sequence[Monitor],
    changes: Mapping[str, Any],
    unset: Iterable[str] = (),
    dry_run: bool = False,
    verify: bool = True,
) -> Edited:
    """All in one transaction, or none: monitors, alarms, messages, journal. Raises PingmonError.

    changes: settings, and what `ChannelEdit` knows. unset: settings that return to their defaults.
    verify: ask the other side whether new channels can be used.
    """
    names, changes = tuple(unset), dict(changes)
    channels = ChannelEdit(context, changes, names, verify)
    by_tag = context.configuration.tags
    settings = SettingsEdit(context.worker_pool, changes, names, by_tag, channels.leaves_none)
    judged = [settings.of(one) for one in monitors]
    wanted = channels.wanted(judged)
    # What is wrong was said before anybody is asked.
    pairs = [
        (old, channels.settled(new, its) if its else new)
        for old, new, its in zip(monitors, judged, wanted, strict=True)
    ]
    channels.check_renewed()
    edited = [(old, new) for old, new in pairs if new is not old]
    if dry_run:
        _check(context, edited)
        return Edited(pairs, False)
    if edited:
        _store(context, actor, edited, channels)
    channels.renewals.commit()
    return Edited(pairs, _renew(context, actor, channels.renewed))


def _check(context: Context, edited: Sequence[tuple[Monitor, Monitor]]) -> None:
    """Nobody changes anything meanwhile. Raises Conflict."""
    monitors = context.worker_pool.monitors
    if any(not is_unchanged(old, monitors.get(old.id)) for old, _ in edited):
        raise ChangedMeanwhile("one of them was changed meanwhile; run this again", "id")
    _check_parents(context.worker_pool, edited)
    if any(identity_of(old) != identity_of(new) for old, new in edited):
        refuse_twins(LiveIdentities(context).all(), edited)


def _check_parents(pool: WorkerPool, edited: Sequence[tuple[Monitor, Monitor]]) -> None:
    """What they were judged by may be otherwise since: two edits must not make a loop together."""
    given = {
        new.id: new.options.parent for old, new in edited if new.options.parent != old.options.parent
    }
    if not given:
        return
    above = {one.id: one.options.parent for one in pool.monitors.all()}
    if any(parent and parent not in above for parent in given.values()):
        raise Conflict("was deleted meanwhile; run this again", "parent")
    if in_loops(above | given, given):
        raise Conflict("a monitor can't be its own parent, nor above it", "parent")


def _store(
    context: Context, actor: str, edited: Sequence[tuple[Monitor, Monitor]], channels: ChannelEdit
) -> None:
    changes = MonitorChanges(
        edited=edited,
        by=actor,
        entries=[edited_entry(actor, old, new) for old, new in edited],
        channels=channels.places.requests,
    )
    stored = context.worker_pool.change(
        changes, lambda: _check(context, edited), context.sender_pool.start_sender
    )
    context.sender_pool.wake(None)
    new = {its.id for its in stored.channels.values()}
    with suppress(PingmonError):  # if this fails, the sender finds out itself
        if new:
            context.store.channels.confirm(new, channels.checks.moved)
    with suppress(PingmonError):
        if left := [old.id for old, after in edited if old.channels != after.channels]:
            context.store.waiting.drop_undeliverable(*left)
    for old, after in edited[:LOGGED_SINGLY]:
        log.info(
            "%s changed %s: %s [%s]", actor, old.label, describe_changes(context, old, after), old.id
        )
    if len(edited) > LOGGED_SINGLY:
        log.info("%s changed %d more", actor, len(edited) - LOGGED_SINGLY)


def _renew(context: Context, actor: str, renewed: Mapping[str, str]) -> bool:
    """Accounts get newer secrets: kinds by secret. Whether any is new."""
    names = [
        account.name
        for secret, kind in renewed.items()
        for account in [same_account(context, context.store.channels.accounts(), kind, secret)]
        if account and use_secret(context, kind, secret)
    ]
    context.store.journal.add(*(Entry(actor, "renew_token", one) for one in names))
    return bool(names)
