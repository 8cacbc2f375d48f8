"""What the engine and people do to alarms, without either."""

import time
from collections.abc import Sequence

from pingmon.model.alarm_events import Concluded, HoldBegan, HoldEnded
from pingmon.model.alarm_state import Hold, HoldKind, Known
from pingmon.model.monitor import Monitor
from pingmon.storage.alarms import Occurrence
from pingmon.storage.store import Store


def found(store: Store, monitor: Monitor, *known: Known, at: float = 0.0) -> None:
    """at: epoch seconds, 0 for now."""
    for one in known:
        now = at or time.time()
        store.alarms.happen([Occurrence(monitor, (Concluded(one, now, "no reply"),), now)])


def acknowledge(store: Store, monitors: Sequence[Monitor], by: str, since: float = 0.0) -> None:
    now = since or time.time()
    hold = Hold(HoldKind.ACKNOWLEDGED, since=now, until_up=True, by=by)
    store.alarms.happen([Occurrence(one, (HoldBegan(hold),), now) for one in monitors])


def unacknowledge(store: Store, monitor: Monitor) -> None:
    event = HoldEnded(HoldKind.ACKNOWLEDGED)
    store.alarms.happen([Occurrence(monitor, (event,), time.time())])
