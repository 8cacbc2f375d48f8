"""What became of an outage that a message told: whether it lasts, who cares, when it ended. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pingmon.model.alarm_holds import acknowledgement
from pingmon.model.alarm_state import Alarm, Known

_DOWN = (Known.DOWN, Known.FLAPPING)
# Kinds of events that may tell an outage which lasts, and those that say that somebody cares.
TELLING = ("change", "flapping", "steady", "still_down", "unacknowledged")
CARING = "acknowledged"
SAME = 0.01  # s; times are stored as JSON


@dataclass(frozen=True, slots=True)
class Fate:
    """by, cared_at: of its acknowledgement. ended_at: when it was over. Times in epoch seconds, 0: none.

    is_open: it is still the outage that was told. With none of all that it can't be known any more.
    """

    is_open: bool = False
    by: str = ""
    cared_at: float = 0.0
    ended_at: float = 0.0

    @property
    def is_cared_for(self) -> bool:
        return self.cared_at > 0


def may_have_buttons(event: Mapping[str, Any]) -> bool:
    """Whether the event tells an outage of one device, or that somebody cares."""
    kind = event.get("kind", "change")
    return kind == CARING or (kind in TELLING and event.get("after") in _DOWN and "devices" not in event)


def fate_of(event: Mapping[str, Any], alarm: Alarm | None) -> Fate:
    """event: that told it. alarm: of that monitor and channel as it is now, None: there is none."""
    if alarm is None or alarm.closed:
        return Fate()
    began = float(event["at"])
    if alarm.known in _DOWN and alarm.outage_at and began >= alarm.outage_at - SAME:
        ack = acknowledgement(alarm)
        return Fate(True, ack.by, ack.since) if ack else Fate(True)
    if alarm.known is Known.UP and alarm.at >= began:
        return Fate(ended_at=alarm.at)
    return Fate()
