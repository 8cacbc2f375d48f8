"""How devices, states and holds are said in answers: HTML, short enough for a phone."""

import html
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pingmon.model.alarm_state import Alarm, HoldKind
from pingmon.model.detector_state import State
from pingmon.model.monitor import Monitor, label_of
from pingmon.model.when import to_local
from pingmon.notify.translation import Translation
from pingmon.operations.context import Context
from pingmon.operations.holds import shown_holds

NAME_SHOWN, LINE_NAME = 64, 40  # characters of a name, alone and in a list
ICONS = {State.UP: "🟢", State.DOWN: "🔴", State.UNKNOWN: "⚪"}
_HELD = {
    HoldKind.PAUSED: "⏸",
    HoldKind.MUTED: "🔕",
    HoldKind.MAINTENANCE: "🛠",
    HoldKind.ACKNOWLEDGED: "🔵",
    HoldKind.EXPECTED_OFF: "💤",
    HoldKind.QUIET_HOURS: "🌙",
}


def escape(text: str) -> str:
    return html.escape(text, quote=False)


def short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def device(monitor: Monitor) -> str:
    """ "<b>printer</b> (10.0.0.2)"."""
    name, target = escape(short(monitor.name, NAME_SHOWN)), escape(monitor.target_label)
    first = name or target.partition(" (")[0]
    return f"<b>{first}</b>{label_of(name, target).removeprefix(first)}"


def plain_device(monitor: Monitor, most: int = LINE_NAME) -> str:
    """Without markup, for buttons and toasts."""
    return short(monitor.name or monitor.target, most)


def devices(monitors: Sequence[Monitor], words: Translation) -> str:
    """One by name, more by number."""
    if len(monitors) == 1:
        return device(monitors[0])
    count = words.plural("{n} device", "{n} devices", len(monitors)).format(n=len(monitors))
    return f"<b>{count}</b>"


def state_word(state: State, words: Translation) -> str:
    _ = words._
    return {State.UP: _("up"), State.DOWN: _("down"), State.UNKNOWN: _("unknown")}[state]


def counts(states: Sequence[State], words: Translation) -> str:
    """ "2 down, 1 unknown, 9 up": the worst first, none that is 0."""
    plural = words.plural
    down, unknown, up = (states.count(one) for one in (State.DOWN, State.UNKNOWN, State.UP))
    said = (
        plural("{n} down", "{n} down", down).format(n=down) if down else "",
        plural("{n} unknown", "{n} unknown", unknown).format(n=unknown) if unknown else "",
        plural("{n} up", "{n} up", up).format(n=up) if up else "",
    )
    return ", ".join(filter(None, said))


def hold_marks(holds: Sequence[Mapping[str, Any]]) -> str:
    """A sign for each kind of hold."""
    return "".join(dict.fromkeys(_HELD[HoldKind(one["why"])] for one in holds))


def holds_here(
    context: Context, monitor: Monitor, alarms: Mapping[int, Alarm], channels: frozenset[int]
) -> list[Any]:
    """What holds messages of a monitor to this chat."""
    its = [one.id for one in monitor.channels if one.id in channels]
    here = its or [one for one in context.store.audience(monitor) if one in channels]
    return shown_holds(context, monitor, alarms, time.time(), here[0]) if here else []


def clock(at: float, now: float, zone: str) -> str:
    """ "18:00", with the day unless it is today."""
    local, today = to_local(at, zone), to_local(now, zone)
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M}"


def interval_words(seconds: float, words: Translation) -> str:
    """ "0.5 s", "2 min 30 s"."""
    if seconds < 60 and seconds % 1:
        return f"{seconds:g} {words._('s')}"
    return words.format_duration(seconds)


def epoch(rfc3339: str) -> float:
    """Seconds, of a time as results of operations have it."""
    return datetime.fromisoformat(rfc3339).timestamp()
