"""What this chat knows of outages of its devices, and how a button names one of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pingmon.chat.request import ChatRequest
from pingmon.model.alarm_holds import acknowledgement
from pingmon.model.alarm_state import Alarm, Hold, Known
from pingmon.model.monitor import Monitor

SAME = 2.0  # s; times of one outage may be rounded
_DOWN = (Known.DOWN, Known.FLAPPING)


class Meant(NamedTuple):
    """A monitor, and a time that says which outage, or which acknowledgement; 0 if none is said."""

    monitor: Monitor
    at: float = 0.0


class Outage(NamedTuple):
    """Of a device that is down. care: its acknowledgement."""

    monitor: Monitor
    began: float
    care: Hold | None


def open_outages(request: ChatRequest, meant: Iterable[Meant]) -> list[Outage]:
    """Those that last, and are the ones that are meant."""
    meant = list(meant)
    alarms = _alarms_here(request, [one.monitor for one in meant])
    found = []
    for monitor, at in meant:
        alarm = alarms.get(monitor.id)
        if alarm and alarm.known in _DOWN and (not at or alarm.outage_at <= at + SAME):
            found.append(Outage(monitor, alarm.outage_at, acknowledgement(alarm)))
    return found


def nobody_cares(request: ChatRequest, meant: Iterable[Meant]) -> list[Monitor]:
    """Those of the outages that are meant which nobody takes care of."""
    return [one.monitor for one in open_outages(request, meant) if one.care is None]


def cared_for(request: ChatRequest, meant: Iterable[Meant]) -> list[Monitor]:
    """Those whose acknowledgement is the one that is meant."""
    meant = list(meant)
    cares = acknowledgements(request, [one.monitor for one in meant])
    return [
        monitor
        for monitor, at in meant
        if (care := cares.get(monitor.id)) and (not at or care.since <= at + SAME)
    ]


def acknowledgements(request: ChatRequest, monitors: Sequence[Monitor]) -> dict[str, Hold]:
    """By monitor: of those that somebody takes care of."""
    alarms = _alarms_here(request, monitors)
    return {which: care for which, alarm in alarms.items() if (care := acknowledgement(alarm))}


def named_by_outage(request: ChatRequest, monitors: Sequence[Monitor]) -> dict[str, str]:
    """By monitor: how a button's argument names it and its outage of now."""
    alarms = _alarms_here(request, monitors)
    return _named(monitors, {which: alarm.outage_at for which, alarm in alarms.items()})


def named_by_care(request: ChatRequest, monitors: Sequence[Monitor]) -> dict[str, str]:
    """By monitor: how a button's argument names it and its acknowledgement of now."""
    cares = acknowledgements(request, monitors)
    return _named(monitors, {which: care.since for which, care in cares.items()})


def _named(monitors: Iterable[Monitor], times: Mapping[str, float]) -> dict[str, str]:
    return {one.id: f"{one.id}@{at:.3f}" if (at := times.get(one.id)) else one.id for one in monitors}


def _alarms_here(request: ChatRequest, monitors: Sequence[Monitor]) -> dict[str, Alarm]:
    """By monitor: what this chat knows of it."""
    here = request.scope.channels
    known = request.context.store.alarms.of_all([one.id for one in monitors]) if monitors else {}
    return {
        which: next(alarm for channel, alarm in alarms.items() if channel in here)
        for which, alarms in known.items()
        if not here.isdisjoint(alarms)
    }
