"""The probe kinds that run, by name: what the engine asks of all of them, or of one."""

import logging
from collections.abc import Callable, Mapping

from pingmon.engine.named_options import named_options
from pingmon.engine.unresolved import UnresolvedTargets
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import Monitor, ProbeOptions
from pingmon.model.prober_protocols import Deliver, KnowsLateness, Prober, ProberUnavailable, Target
from pingmon.text.printable import shown

log = logging.getLogger(__name__)

SOME_IPV4, SOME_IPV6 = "192.0.2.1", "2001:db8::1"  # for documentation (RFC 5737, RFC 3849)


class Probers:
    """Thread-safe; which kinds run does not change."""

    def __init__(
        self, running: Mapping[str, Prober], unavailable: Mapping[str, str] | None = None
    ) -> None:
        """unavailable: why this machine can't run a kind, by its name."""
        self._running, self._unavailable = dict(running), dict(unavailable or {})
        self.unresolved = UnresolvedTargets()

    def of(self, mon_type: str) -> Prober:
        """Raises InvalidValue when no such kind runs."""
        prober = self._running.get(mon_type)
        if prober is not None:
            return prober
        if mon_type in self._unavailable:
            raise InvalidValue(
                f"this machine can't probe with {mon_type}: {self._unavailable[mon_type]}", "mon_type"
            )
        kinds = ", ".join(self._running)
        raise InvalidValue(f"there is no kind of probe {shown(mon_type)}; there are: {kinds}", "mon_type")

    def check(self, address: str, mon_type: str, options: ProbeOptions) -> None:
        """Raises InvalidValue when this machine can't probe such a target.

        address: empty if it is not known yet; then one of either family must do.
        """
        prober = self.of(mon_type)
        if address:
            prober.check(address, options)
            return
        try:
            prober.check(SOME_IPV4, options)
        except InvalidValue:
            prober.check(SOME_IPV6, options)

    def new_target(self, monitor: Monitor, deliver: Deliver) -> Target:
        """Not started yet. Raises InvalidValue as `check`."""
        if not monitor.address:
            return self.unresolved.new_target(monitor.watched_at, deliver)
        detection = monitor.detection
        return self.of(monitor.mon_type).new_target(
            monitor.address, named_options(monitor), detection.interval, detection.timeout, deliver
        )

    def start(self) -> None:
        for prober in self._running.values():
            prober.start()

    def stop(self) -> None:
        for prober in self._running.values():
            prober.stop()

    def flush_replies(self) -> None:
        """Returns when all replies that were collected are in the workers' mailboxes."""
        for prober in self._running.values():
            prober.flush_replies()

    def replies(self) -> int:
        """Those that came in time so far, of all targets."""
        return sum(prober.replies for prober in self._running.values())

    def late_p99(self) -> float:
        """Seconds, of the kind whose probes are latest."""
        return max((prober.late_p99 for prober in self._running.values()), default=0.0)

    def late_now(self) -> float:
        """Likewise, of the probes that left just now; 0 of kinds that don't know it."""
        running = (one for one in self._running.values() if isinstance(one, KnowsLateness))
        return max((one.late_now for one in running), default=0.0)

    def stretch(self) -> float:
        """What intervals are multiplied by, of the kind that keeps up least."""
        return max((prober.stretch for prober in self._running.values()), default=1.0)

    def heartbeats(self) -> list[tuple[str, float]]:
        """The name of every thread of every kind, and when it last moved (monotonic seconds)."""
        return [beat for prober in self._running.values() for beat in prober.heartbeats()]


def open_probers(kinds: Mapping[str, Callable[[], Prober]]) -> Probers:
    """Raises OSError when one must run and can't; what is only unavailable is logged."""
    running, unavailable = dict[str, Prober](), dict[str, str]()
    for name, make in kinds.items():
        try:
            running[name] = make()
        except ProberUnavailable as error:
            unavailable[name] = str(error)
            log.warning("monitors of the kind %s are not watched: %s", name, error)
    return Probers(running, unavailable)
