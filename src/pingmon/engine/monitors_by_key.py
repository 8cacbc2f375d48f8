"""Monitors by something that few of them have in common, such as an address or a name."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from pingmon.model.monitor import Monitor

Key = TypeVar("Key", bound=Hashable)


class MonitorsByKey(Generic[Key]):
    """Changed by one at a time; read without a lock: each look is one step, see LiveMonitors.

    One monitor is kept as it is, several in a dict by ID: thousands of dicts would take 184 bytes each.
    """

    def __init__(self) -> None:
        self._found: dict[Key, Monitor | dict[str, Monitor]] = {}

    def of(self, key: Key) -> list[Monitor]:
        """In the order in which they came to it."""
        found = self._found.get(key)
        if isinstance(found, dict):
            return list(found.values())
        return [found] if found else []

    def put(self, key: Key, monitor: Monitor) -> None:
        """A new one, or in the place of one with the same ID."""
        found = self._found.get(key)
        if isinstance(found, dict):
            found[monitor.id] = monitor
        elif found is None or found.id == monitor.id:
            self._found[key] = monitor
        else:
            self._found[key] = {found.id: found, monitor.id: monitor}

    def discard(self, key: Key, monitor: Monitor) -> None:
        """The one with its ID, if it is here."""
        found = self._found.get(key)
        if isinstance(found, dict):
            found.pop(monitor.id, None)
        if not found or (isinstance(found, Monitor) and found.id == monitor.id):
            self._found.pop(key, None)
