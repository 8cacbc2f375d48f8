"""By which way packets to each target leave, and what speaks for that way. Followed as it changes."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from math import inf

from pingmon.engine.netlink import Link, Netlink
from pingmon.engine.probe_group import ProbeGroup
from pingmon.engine.uplink import default_gateways
from pingmon.engine.worker import Worker
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.host_name import is_address
from pingmon.model.monitor import source_of
from pingmon.model.visibility import WayOut

log = logging.getLogger(__name__)

SCAN_EVERY = 0.2  # s; at least, between two looks at all targets of a way out
GROUP_EVERY = 10.0  # s; targets that came and went are looked for so often
ASKED_WITNESSES = 5  # targets that are probed at once when another one of their way out goes silent
NO_ROUTE = ""  # the device of targets that no route leads to


class WaysOut:
    """May be asked from any thread; `follow_changes` is for one.

    Without netlink (a sandbox without AF_NETLINK) all targets of an IP version share one way out, and
    gateways are read from /proc.
    """

    def __init__(
        self,
        workers: Callable[[], list[Worker]],
        worker_of: Callable[[str], Worker | None],
        netlink: Netlink | None,
    ) -> None:
        self._workers, self._worker_of, self._netlink = workers, worker_of, netlink
        self._lock = threading.Lock()  # the netlink socket is for one at a time
        self._links: dict[int, Link] = {}
        self._known: dict[str, dict[str, WayOut]] = {}  # by source, then by address
        self._ways: dict[WayOut, WayOut] = {}  # of thousands of targets, each once in memory
        self._targets: dict[WayOut, list[tuple[str, str]]] = {}  # likewise
        self._scans: dict[WayOut, tuple[float, list[tuple[float, str]]]] = {}
        self._asked: dict[WayOut, float] = {}
        self._grouped, self._group_at = -1, 0.0  # how many workers; when again, monotonic
        self._refresh()

    def of(self, address: str, source: str = "") -> WayOut:
        """source: our address, or the interface, from which probes leave: policy routing looks at it."""
        known = self._known.get(source, {}).get(address)
        if known is None:
            found = self._find(address, source)
            known = self._known.setdefault(source, {})[address] = self._ways.setdefault(found, found)
        return known

    def follow_changes(self) -> bool:
        """To be called once a second: whether links or routes changed. Finds where new targets go."""
        changed = False
        if self._netlink is not None:
            with self._lock:
                changed = self._netlink.has_news()
            if changed:
                self._known, self._ways = {}, {}
                self._refresh()
        now, workers = time.monotonic(), self._workers()
        if changed or len(workers) != self._grouped or now >= self._group_at:
            self._group(workers)
            self._grouped, self._group_at = len(workers), now + GROUP_EVERY
        return changed

    def _group(self, workers: list[Worker]) -> None:
        targets: dict[WayOut, list[tuple[str, str]]] = {}
        for worker in workers:
            if not is_address(worker.address):
                continue  # a name that was never resolved
            for source in {source_of(group.probe_options) for group in worker.groups}:
                way = self.of(worker.address, source)
                targets.setdefault(way, []).append((worker.address, source))
        self._targets = targets

    def all(self) -> list[WayOut]:
        """Those that targets leave by; none of what was deleted since they were looked at."""
        return [
            way
            for way, its in list(self._targets.items())
            if any(self._worker_of(address) is not None for address, _ in its)
        ]

    def targets(self, way: WayOut) -> list[tuple[str, str]]:
        """Address and source."""
        return self._targets.get(way, [])

    def _groups(self, address: str, source: str) -> list[ProbeGroup]:
        worker = self._worker_of(address)
        groups = worker.groups if worker else ()
        return [one for one in groups if source_of(one.probe_options) == source]

    def closed(self, way: WayOut) -> str:
        """Why nothing can leave by it, empty if packets leave."""
        if self._netlink is None:
            return ""
        if way.device == NO_ROUTE:
            return "no route"
        for link in self._links.values():
            if link.name == way.device:
                if not link.is_up:
                    return f"{way.device} is down"
                return "" if link.has_carrier else f"no carrier on {way.device}"
        return f"{way.device} is gone"

    def default_gateways(self) -> list[str]:
        """Of both IP versions, in the order of their metrics."""
        if self._netlink is None:
            return default_gateways()
        with self._lock:
            routes = self._netlink.default_routes(self._links)
        return list(dict.fromkeys(route.gateway for route in routes))

    def newest_reply(self, way: WayOut, but: str = "") -> float | None:
        """When the newest answered probe of a target that is up left, monotonic seconds.

        but: an address that does not count. None when no other target of this way out is up.
        """
        now = time.monotonic()
        scanned, found = self._scans.get(way, (-inf, []))
        if now - scanned > SCAN_EVERY:
            found = self._scan(way)
            self._scans[way] = (now, found)
        return next((at for at, address in found if address != but), None)

    def probe_witnesses(self, way: WayOut, but: str) -> None:
        """Have some other targets of this way out probed at once: do they still answer?"""
        now = time.monotonic()
        if now - self._asked.get(way, -inf) < SCAN_EVERY:
            return
        self._asked[way] = now
        others = self.targets(way)
        for address, source in random.sample(others, min(len(others), ASKED_WITNESSES)):
            for group in self._groups(address, source) if address != but else ():
                if _is_up(group.states.values()):
                    group.target.probe_now()

    def _scan(self, way: WayOut) -> list[tuple[float, str]]:
        """The two newest answers, of two addresses, newest first."""
        found: list[tuple[float, str]] = []
        for address, source in self.targets(way):
            for group in self._groups(address, source):
                at = group.target.last_reply
                if (len(found) < 2 or at > found[-1][0]) and _is_up(list(group.states.values())):
                    found = [one for one in found if one[1] != address] + [(at, address)]
                    found = sorted(found, reverse=True)[:2]
        return found

    def _find(self, address: str, source: str) -> WayOut:
        version = 6 if ":" in address else 4
        if self._netlink is None:
            return WayOut("any", "", version)
        try:
            with self._lock:
                route = self._netlink.route(address, self._links, source)
        except (OSError, ValueError):
            return WayOut(NO_ROUTE, "", version)
        return WayOut(route.device, route.gateway, version)

    def _refresh(self) -> None:
        if self._netlink is not None:
            with self._lock:
                self._links = self._netlink.links()


def _is_up(states: Iterable[DetectorState]) -> bool:
    return any(state.state is State.UP for state in states)


def open_ways_out(
    workers: Callable[[], list[Worker]], worker_of: Callable[[str], Worker | None]
) -> WaysOut:
    """With netlink if the sandbox allows it."""
    try:
        return WaysOut(workers, worker_of, Netlink())
    except OSError as error:
        log.warning("links and routes can't be followed: %s (netlink)", error)
        return WaysOut(workers, worker_of, None)
