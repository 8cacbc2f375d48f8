"""What devices that are reached alike teach each other of their paths: pools by way out, and finer ones.

A worker reports runs of losses that ended, and replies by the batch; before it decides it asks what is
to be believed of the path. See model/pool.py for what counts, and for how much.
"""

import _thread
import json
import logging
import sys
from collections.abc import Callable, Iterable
from ipaddress import ip_network
from typing import Any, NamedTuple

from pingmon.engine.system_clock import SYSTEM, Clock
from pingmon.kinds import DEFAULT_PROBE
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.loss_model import NO_PRIOR, PathPrior
from pingmon.model.pool import Pool, ended_losses, pool_from_json
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.visibility import WayOut

log = logging.getLogger(__name__)

FEW = 2  # neighbours that lost something, from which people are told

Change = tuple[DetectorState, DetectorState]  # a monitor's state before and after a result


# Device, gateway, IP version; parent or prefix, empty for the way out; kind of probe: a service that
# fails says nothing of how pings are lost.
Key = tuple[str, str, int, str, str]


class Lately(NamedTuple):
    """What neighbours lost in the last minute.

    neighbours: how many lost something. where: what they have in common, for people. loss: share of
    their probes after a reply.
    """

    neighbours: int = 0
    where: str = ""
    loss: float = 0.0

    def __str__(self) -> str:
        """As "12 neighbours by eth1 lost 20 % in the last minute"; empty if nothing is to be said."""
        if self.neighbours < FEW:
            return ""
        share = f"{100 * self.loss:.2g} %"
        return f"{self.neighbours} neighbours {self.where} lost {share} in the last minute"


class Neighbours:
    """Thread-safe: all pools behind one lock, which is held for some microseconds."""

    def __init__(self, way_of: Callable[[str], WayOut], clock: Clock = SYSTEM) -> None:
        self._clock = clock
        # Wall time as it was at the start: what is kept fades over a restart, and no clock that is set
        # meanwhile makes it fade.
        self._offset = clock.offset()
        # The first member of a finer pool stands for it until there is another: thousands may be alone.
        self._pools: dict[Key, Pool | str] = {}
        self.lock = _thread.allocate_lock()
        self.way_of = way_of

    def of(self, address: str) -> "Neighbour":
        """What the worker of an address reports to and asks."""
        return Neighbour(self, address)

    # Kept over a restart

    def load(self, saved: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """What `to_save` gave. A pool that can't be read begins anew."""
        now = self.now()
        with self.lock:
            for name, content in saved:
                try:
                    # As databases had it before there were other kinds, it ends with the prefix.
                    device, gateway, version, finer, kind = (*json.loads(name), DEFAULT_PROBE)[:5]
                    self._pools[device, gateway, version, finer, kind] = pool_from_json(content, now)
                except (KeyError, TypeError, ValueError):
                    log.warning("what neighbours taught of %s can't be read: they begin anew", name)

    def to_save(self) -> list[tuple[str, dict[str, Any]]]:
        """Names of pools, and what `Pool.to_json` gives. Those in which nothing happens go."""
        now, saved = self.now(), []
        for key, pool in list(self._pools.items()):
            with self.lock:  # not for all at once: probes must not wait
                if isinstance(pool, Pool) and pool.is_alive(now):
                    saved.append((json.dumps(key), pool.to_json()))
                else:
                    del self._pools[key]
        return saved

    # For Neighbour

    def now(self) -> float:
        return self._clock.steady() + self._offset

    def pools(self, way: WayOut, address: str, common: str, kind: str) -> tuple[Pool | None, Pool]:
        """The finer one, of what has a parent or prefix in common, and that of the way out.

        To be called, and the pools to be used, with the lock held. Who asks for the way out (a question
        to the kernel) does so before.
        """
        by_way = self._pools.get((*way, "", kind))
        if not isinstance(by_way, Pool):
            by_way = self._pools[*way, "", kind] = Pool()
        finer = self._pools.get((*way, common, kind)) if common else None
        if isinstance(finer, Pool) or not common:
            return finer if isinstance(finer, Pool) else None, by_way
        if finer is None:
            self._pools[*way, common, kind] = address
            return None, by_way
        if finer == address:
            return None, by_way
        fresh = self._pools[*way, common, kind] = Pool()
        return fresh, by_way


class Neighbour:
    """One address among its neighbours. parent: of its monitor, whose children are its neighbours."""

    __slots__ = ("_address", "_all", "_kind", "_prefix")

    def __init__(self, neighbours: Neighbours, address: str, kind: str = DEFAULT_PROBE) -> None:
        self._all, self._address, self._kind = neighbours, address, kind
        self._prefix = sys.intern(prefix_of(address))  # hundreds have the same

    def of_kind(self, kind: str) -> "Neighbour":
        """Itself among those that are probed so."""
        return self if kind == self._kind else Neighbour(self._all, self._address, kind)

    def prior(self, parent: str | None) -> PathPrior:
        """What is believed of the path before it has told anything itself."""
        now, way = self._all.now(), self._all.way_of(self._address)
        with self._all.lock:
            finer, by_way = self._pools(way, parent)
            if finer and finer.is_known(self._address, now):
                return finer.prior(self._address, now) or NO_PRIOR
            found = [pool.prior(self._address, now) for pool in (finer, by_way) if pool]
        return max((one for one in found if one), default=NO_PRIOR)

    def add_replies(self, count: int, parent: str | None) -> None:
        now, way = self._all.now(), self._all.way_of(self._address)
        with self._all.lock:
            for pool in self._pools(way, parent):
                if pool:
                    pool.add_probes(self._address, count, now)

    def learn(
        self, result: ProbeResult, changes: Iterable[Change], plan: DetectionSettings, parent: str | None
    ) -> None:
        """What a result made of the states of monitors that share a probe. A run counts once."""
        losses, told = 0, False
        for before, after in changes:
            ended = ended_losses(before, after, plan.timeout)
            if ended > losses:
                losses, told = ended, before.state is State.DOWN
        if not losses:
            if result.outcome is Outcome.REPLY:
                self.add_replies(1, parent)
            return
        now, way = self._all.now(), self._all.way_of(self._address)
        with self._all.lock:
            for pool in self._pools(way, parent):
                if pool:
                    pool.add_ended_run(self._address, losses, now, told, plan.interval)

    def lately(self, parent: str | None) -> Lately:
        """Of the pool that `prior` comes from."""
        now, way = self._all.now(), self._all.way_of(self._address)
        with self._all.lock:
            finer, by_way = self._pools(way, parent)
            if finer and finer.is_known(self._address, now):
                common = "behind the same parent" if parent else f"in {self._prefix}"
                neighbours, loss = finer.lost_lately(self._address, now)
                return Lately(neighbours, f"by {way.device} {common}", loss)
            neighbours, loss = by_way.lost_lately(self._address, now)
            return Lately(neighbours, f"by {way.device}", loss)

    def _pools(self, way: WayOut, parent: str | None) -> tuple[Pool | None, Pool]:
        return self._all.pools(way, self._address, parent or self._prefix, self._kind)


class Alone(Neighbour):
    """Of an address that nobody teaches and that teaches nobody."""

    __slots__ = ()

    def __init__(self) -> None:
        pass

    def of_kind(self, kind: str) -> Neighbour:
        return self

    def prior(self, parent: str | None) -> PathPrior:
        return NO_PRIOR

    def add_replies(self, count: int, parent: str | None) -> None:
        pass

    def learn(
        self, result: ProbeResult, changes: Iterable[Change], plan: DetectionSettings, parent: str | None
    ) -> None:
        pass

    def lately(self, parent: str | None) -> Lately:
        return Lately()


ALONE = Alone()


def prefix_of(address: str) -> str:
    """The network that an address is taken to be in; empty for what is no address."""
    plain, _, zone = address.partition("%")
    try:
        network = ip_network(f"{plain}/{64 if ':' in plain else 24}", strict=False)
    except ValueError:
        return ""
    return f"{network}%{zone}" if zone else str(network)
