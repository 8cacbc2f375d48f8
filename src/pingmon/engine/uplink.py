"""Witnesses of our ways out: gateways, followed as they change, and configured addresses."""

import logging
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pingmon.engine.system_clock import SYSTEM, Clock
from pingmon.model.clock_jumps import ClockJumps
from pingmon.model.errors import InvalidValue
from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import Pace, Prober, Target

log = logging.getLogger(__name__)

INTERVAL, TIMEOUT = 5.0, 2.0  # s
LOSSES = 3  # in a row, after which a witness that has ever answered is silent
GATEWAY = "gateway"


@dataclass(eq=False)
class _UplinkTarget:
    probe: Target
    time: ClockJumps
    answered: float | None = None  # when its latest probe with a reply was sent, by Clock.steady
    run: int = 0
    run_from: float = 0.0  # likewise, the first of the losses in a row


class Uplink:
    """Probes the witnesses: gateways, and addresses that the configuration names."""

    def __init__(
        self,
        names: Iterable[str],
        prober: Prober,
        clock: Clock = SYSTEM,
        gateways: Callable[[], list[str]] = lambda: [],
    ) -> None:
        """names: addresses; `gateway` stands for what `gateways` returns, now and later."""
        self._prober, self._clock = prober, clock
        names = list(names)
        self._named = [name for name in names if name != GATEWAY]
        self._gateways = gateways if GATEWAY in names else list[str]
        self._targets: dict[str, _UplinkTarget] = {}
        self._is_started = False
        self.follow()

    def start(self) -> None:
        self._is_started = True
        for target in list(self._targets.values()):
            target.probe.start(Pace.CONFIRMING)

    def follow(self) -> None:
        """Probe the gateways of now, and those of before no more."""
        wanted = list(dict.fromkeys([*self._gateways(), *self._named]))
        for address in self._targets.keys() - set(wanted):
            log.warning("%s is no gateway any more", address)
            self._targets.pop(address).probe.stop()
        for address in wanted:
            if address in self._targets:
                continue
            try:
                target = self._targets[address] = self._target(address)
            except InvalidValue as error:
                log.warning("%s is not watched as an uplink: %s", address, error)
                continue
            log.info("%s is watched as an uplink", address)
            if self._is_started:
                target.probe.start(Pace.CONFIRMING)

    def probe_now(self) -> None:
        """Probe now, not at the next turn."""
        for target in list(self._targets.values()):
            target.probe.probe_now()

    def answered(self) -> dict[str, float]:
        """When the latest probe that was answered left, by Clock.steady. Of those who ever answered."""
        found = ((one, its.answered) for one, its in list(self._targets.items()))
        return {address: at for address, at in found if at is not None}

    def silent(self) -> dict[str, float]:
        """Who answered before and does not any more: when the first lost probe left, by Clock.steady."""
        return {
            address: one.run_from
            for address, one in list(self._targets.items())
            if one.answered is not None and one.run >= LOSSES
        }

    def describe(self) -> list[dict[str, object]]:
        return [
            {"address": address, "answers": one.answered is not None and one.run < LOSSES}
            for address, one in list(self._targets.items())
        ]

    def _target(self, address: str) -> _UplinkTarget:
        def take(results: ReplyBatch | list[ProbeResult]) -> None:
            self._take(target, results)

        probe = self._prober.new_target(address, (), INTERVAL, TIMEOUT, take)
        target = _UplinkTarget(probe, ClockJumps(self._clock.offset(), self._clock.steady()))
        return target

    def _take(self, target: _UplinkTarget, batch: ReplyBatch | list[ProbeResult]) -> None:
        results = batch.results() if isinstance(batch, ReplyBatch) else batch
        target.time.update(self._clock.offset(), self._clock.steady())
        for result in target.time.restamped(results):
            sent = result.sent_at - target.time.offset
            if result.outcome is Outcome.REPLY:
                target.answered, target.run = sent, 0
            elif result.outcome is Outcome.LATE:  # all others come in order
                target.answered = sent if target.answered is None else max(target.answered, sent)
                target.run = 0
            elif result.is_loss:
                target.run_from = target.run_from if target.run else sent
                target.run += 1
        known = target.answered is not None
        pace = Pace.CONFIRMING if known and target.run else Pace.SETTLED if known else Pace.SILENT
        target.probe.set_pace(pace)


def default_gateways(proc: Path = Path("/proc/self/net")) -> list[str]:
    """Of the kernel's routing tables (proc(5)): IPv4 and IPv6, empty when there is none.

    For sandboxes without netlink. /proc/self/net is there with ProcSubset=pid, too; /proc/net is not.
    """
    found = []
    for line in _lines(proc / "route")[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[1] == "00000000" and fields[7] == "00000000":
            gateway = socket.inet_ntoa(struct.pack("=I", int(fields[2], 16)))
            found += [gateway] if gateway != "0.0.0.0" else []
    for line in _lines(proc / "ipv6_route"):
        fields = line.split()
        if len(fields) > 9 and fields[0] == "0" * 32 and fields[1] == "00" and fields[4] != "0" * 32:
            gateway = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(fields[4]))
            found.append(f"{gateway}%{fields[9]}" if gateway.startswith("fe80") else gateway)
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
