"""Has what watches a name go on at the address that it has now."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from pingmon.engine.probers import Probers
from pingmon.engine.watching import Watching
from pingmon.engine.worker import Worker
from pingmon.model.detector_state import DetectorState
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import Monitor
from pingmon.storage.name_addresses import Move
from pingmon.storage.store import Store

log = logging.getLogger(__name__)


class Followed(NamedTuple):
    """refused: why some monitors can't be probed there, empty if all can. told: channels that have
    something to tell. left: workers that have to be joined. moved: as they are now.
    """

    refused: str = ""
    told: frozenset[int] = frozenset()
    left: tuple[Worker, ...] = ()
    moved: tuple[Monitor, ...] = ()


class AddressFollower:
    """Called under the worker pool's lock."""

    def __init__(self, store: Store, probers: Probers, watching: Watching) -> None:
        self._store, self._probers, self._watching = store, probers, watching

    def follow(
        self, host: str, family: str, address: str, afresh: Callable[[Monitor], DetectorState]
    ) -> Followed:
        """What is known of a device goes along. Raises PingmonError; then nothing is changed.

        afresh: of a monitor without an address until now: what was found out then is not of the device.
        """
        watched = [one for one in self._watching.monitors.of_name(host, family) if one.address != address]
        moved, refused = self._can_move(watched, address)
        if not moved:
            return Followed(refused)
        threads = self._watching.threads
        started = threads.start(threads.check_room([address]))
        states = {old.id: afresh(old) for old, _ in moved if not old.address}
        try:
            told = self._store.use_addresses(moved, states)
            left = [self._watching.follow(old, new, states.get(old.id), started) for old, new in moved]
        finally:
            for worker in started.values():
                worker.stop()
        before = ", ".join(dict.fromkeys(old.address or "no address" for old, _ in moved))
        log.info("%s is at %s now (before: %s)", host, address, before)
        ended = tuple(one for one in left if one)
        return Followed(refused, frozenset(told), ended, tuple(new for _, new in moved))

    def _can_move(self, watched: Iterable[Monitor], address: str) -> tuple[list[Move], str]:
        """Those that can be probed there, and why others can't."""
        moved, refused = list[Move](), ""
        for old in watched:
            try:
                self._probers.check(address, old.mon_type, old.probe_options)
            except InvalidValue as error:
                refused = str(error)
            else:
                moved.append((old, replace(old, address=address)))
        return moved, refused
