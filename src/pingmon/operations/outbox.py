"""Messages that wait are listed, tried again, or dropped."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial

from pingmon.model.detector_state import DetectorState, State
from pingmon.model.monitor import Monitor
from pingmon.operations.context import Context
from pingmon.operations.selection import chat_spellings
from pingmon.storage.journal import Entry
from pingmon.storage.waiting_messages import Selection, Told, WaitingChannel

log = logging.getLogger(__name__)


def selection(
    context: Context, monitor: str | None, address: str | None, account: str | None
) -> Selection:
    """monitor: live ones as everywhere, deleted ones by ID. Raises NotFound, InvalidValue."""
    found = None if monitor is None else context.worker_pool.find_id(monitor)
    if address is not None:
        spelled = chat_spellings(context, address)
        address = address if address in spelled else min(spelled)
    return Selection(found, address, account)


def waiting_channels(context: Context, wanted: Selection) -> list[WaitingChannel]:
    return context.store.waiting.channels(wanted)


def retry_messages(context: Context, actor: str, wanted: Selection) -> list[WaitingChannel]:
    """The channels that are tried now; never before the time that the service asked for."""
    found = context.store.waiting.channels(wanted)
    by_account: dict[int, list[int]] = {}
    for one in found:
        by_account.setdefault(one.account_id, []).append(one.id)
    for account, channels in by_account.items():
        context.sender_pool.retry(account, channels)
    if found:
        log.info("%s has what waits tried again: %d", actor, sum(one.waiting for one in found))
    return found


def drop_messages(context: Context, actor: str, wanted: Selection) -> tuple[int, list[Monitor]]:
    """Drop messages. How many, and the devices of which people were told another state than now.

    One transaction. When it fails, what workers hold as told is as before.
    """
    untold: list[Monitor] = []
    undo = list[Callable[[], object]]()

    def restore(told: Mapping[str, Told]) -> Iterable[tuple[str, DetectorState]]:
        states = []
        for monitor_id, before in told.items():
            monitor = context.worker_pool.monitors.get(monitor_id)
            worker = context.worker_pool.worker_of(monitor.watched_at) if monitor else None
            seen = worker.seen(monitor_id) if worker else None
            if monitor is None or worker is None or seen is None:
                continue
            undo.append(partial(worker.set_told, monitor_id, seen[0].told, seen[0].told_since))
            state = worker.set_told(monitor_id, State(before.state), before.since)
            if state:
                states.append((monitor_id, state))
                if state.state is not state.told:
                    untold.append(monitor)
        return states

    def entry(dropped: int) -> Entry:
        which = {name: value for name, value in asdict(wanted).items() if value is not None}
        return Entry(actor, "outbox_drop", "", wanted.monitor_id, which | {"dropped": dropped})

    try:
        dropped = context.store.waiting.drop(wanted, restore, entry)
    except BaseException:
        for one in undo:
            one()
        raise
    if dropped:
        log.warning("%s dropped what waited: %d", actor, dropped)
    return dropped, untold
