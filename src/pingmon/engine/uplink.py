"""Our own way out: when none of its targets answers, silence says nothing about any device."""

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
from pingmon.model.probing import Pace, Prober, Target

log = logging.getLogger(__name__)

INTERVAL, TIMEOUT = 5.0, 2.0  # s
LOSSES = 3  # in a row, of every target that has ever answered; decisions wait for it from the first
GATEWAY = "gateway"


@dataclass(eq=False)
class _UplinkTarget:
    probe: Target
    time: ClockJumps
    answered: float | None = None  # when its latest probe with a reply was sent, by Clock.steady
    run: int = 0
    run_from: float = 0.0  # likewise, the first of the losses in a row


class Uplink:
    """Watches targets that answer whenever we can see.

    `changed(blind, at)` is called from a thread of the prober; at: epoch seconds.
    """

    def __init__(
        self,
        names: Iterable[str],
        prober: Prober,
        changed: Callable[[bool, float], None],
        clock: Clock = SYSTEM,
    ) -> None:
        self.blind = False
        self._changed, self._clock = changed, clock
        self._targets = []
        for address in _addresses(names):
            try:
                self._targets.append(self._target(address, prober))
            except InvalidValue as error:
                log.warning("%s is not watched as an uplink: %s", address, error)

    def start(self) -> None:
        for target in self._targets:
            target.probe.start(Pace.CONFIRMING)

    def probe_now(self) -> None:
        """Probe now, not at the next turn."""
        for target in self._targets:
            target.probe.probe_now()

    def last_answered(self) -> float | None:
        """When the latest probe that was answered left, epoch seconds; None if none ever was."""
        times = [one.answered for one in self._targets if one.answered is not None]
        return max(times) + self._clock.offset() if times else None

    def describe(self) -> list[dict[str, object]]:
        return [
            {"address": one.probe.address, "answers": one.answered is not None and one.run < LOSSES}
            for one in self._targets
        ]

    def _target(self, address: str, prober: Prober) -> _UplinkTarget:
        def take(results: ReplyBatch | list[ProbeResult]) -> None:
            self._take(target, results)

        probe = prober.new_target(address, (), INTERVAL, TIMEOUT, take)
        target = _UplinkTarget(probe, ClockJumps(self._clock.offset(), self._clock.steady()))
        return target

    def _take(self, target: _UplinkTarget, batch: ReplyBatch | list[ProbeResult]) -> None:
        results = batch.results() if isinstance(batch, ReplyBatch) else batch
        target.time.update(self._clock.offset(), self._clock.steady())
        results = target.time.restamped(results)
        for result in results:
            sent = result.sent_at - target.time.offset
            if result.outcome is Outcome.REPLY:
                target.answered, target.run = sent, 0
            elif result.outcome is Outcome.LATE:  # all others come in order
                target.answered = sent if target.answered is None else max(target.answered, sent)
                target.run = 0
            elif result.is_loss:
                target.run_from = target.run_from if target.run else sent
                target.run += 1
        known = [one for one in self._targets if one.answered is not None]
        silent = target in known and target.run > 0
        pace = Pace.CONFIRMING if silent else Pace.SETTLED if target in known else Pace.SILENT
        target.probe.set_pace(pace)
        blind = bool(known) and all(one.run >= LOSSES for one in known)
        if blind is not self.blind:
            self.blind = blind
            began = min(one.run_from for one in known) + target.time.offset
            self._changed(blind, began if blind else results[-1].sent_at)


def _addresses(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        found += default_gateways() if name == GATEWAY else [name]
    return list(dict.fromkeys(found))


def default_gateways(proc: Path = Path("/proc/net")) -> list[str]:
    """Of the kernel's routing tables (proc(5)): IPv4 and IPv6, empty when there is none."""
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
