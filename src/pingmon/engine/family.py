"""What a monitor is behind, and what is behind it, when its deletion is undone."""

from dataclasses import replace

from pingmon.engine.live_monitors import LiveMonitors
from pingmon.model.monitor import Monitor
from pingmon.storage.deletion import Remembered

BROUGHT_BACK = "its deletion was undone"


def family(monitors: LiveMonitors, found: Remembered) -> tuple[Monitor, list[tuple[Monitor, Monitor]]]:
    """The monitor as it shall be, and its children before and after.

    A parent that is gone is none. A child that has another parent now keeps that, and so does one that
    would be behind itself.
    """
    monitor, parent = found.monitor, found.monitor.options.parent
    if parent and parent not in monitors:
        parent = None
        monitor = _behind(monitor, None)
    above = {one.id for one in monitors.above(monitor)}
    children = []
    for one in found.children:
        child = monitors.get(one)
        if child and child.options.parent is None and child.id not in above:
            children.append((child, _behind(child, monitor.id)))
    return monitor, children


def _behind(monitor: Monitor, parent: str | None) -> Monitor:
    return replace(monitor, options=replace(monitor.options, parent=parent))
