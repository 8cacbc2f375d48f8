"""What this chat knows of the outage of a device, and how a button names that outage."""

from typing import NamedTuple

from pingmon.chat.request import ChatRequest
from pingmon.model.alarm_holds import acknowledgement
from pingmon.model.alarm_state import Alarm, Hold, Known
from pingmon.model.monitor import Monitor

SAME = 2.0  # s; times of one outage may be rounded


class Meant(NamedTuple):
    """A monitor, and a time that says which outage, or which acknowledgement; 0 if none is said."""

    monitor: Monitor
    at: float


def alarm_here(request: ChatRequest, monitor: Monitor) -> Alarm | None:
    """What this chat knows of it."""
    found = request.context.store.alarms.of(monitor.id)
    return next((alarm for channel, alarm in found.items() if channel in request.scope.channels), None)


def is_down(request: ChatRequest, monitor: Monitor) -> bool:
    alarm = alarm_here(request, monitor)
    return alarm is not None and alarm.known in (Known.DOWN, Known.FLAPPING)


def acknowledged_by(request: ChatRequest, monitor: Monitor) -> Hold | None:
    alarm = alarm_here(request, monitor)
    return acknowledgement(alarm) if alarm else None


def is_same_outage(request: ChatRequest, one: Meant) -> bool:
    """Whether it is down, and has been since the outage that is meant."""
    if not is_down(request, one.monitor):
        return False
    alarm = alarm_here(request, one.monitor)
    return not one.at or alarm is None or alarm.outage_at <= one.at + SAME


def is_same_care(request: ChatRequest, one: Meant) -> bool:
    """Whether somebody takes care of it, and has since the acknowledgement that is meant."""
    hold = acknowledged_by(request, one.monitor)
    return hold is not None and (not one.at or hold.since <= one.at + SAME)


def of_its_outage(request: ChatRequest, monitor: Monitor) -> str:
    """As a button's argument names a monitor and its outage of now."""
    alarm = alarm_here(request, monitor)
    return f"{monitor.id}@{alarm.outage_at:.3f}" if alarm and alarm.outage_at else monitor.id


def of_its_care(request: ChatRequest, monitor: Monitor) -> str:
    """As a button's argument names a monitor and its acknowledgement of now."""
    hold = acknowledged_by(request, monitor)
    return f"{monitor.id}@{hold.since:.3f}" if hold else monitor.id
