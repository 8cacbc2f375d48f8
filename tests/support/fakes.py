"""Workers without threads, a pinger that sends nothing, and a clock that is set when a test says so."""

from array import array
from collections.abc import Iterable
from typing import Any, cast

from pingmon.engine.live_monitors import LiveMonitors
from pingmon.engine.system_clock import Clock
from pingmon.engine.visibility import Visibility
from pingmon.engine.worker import SilenceCheck, Worker
from pingmon.model.detector import DetectorState, Transition
from pingmon.model.monitor import Channel, Monitor
from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.settings import DetectionSettings, Options
from pingmon.model.visibility import Verdict
from pingmon.probes.target import Pace

CHANNEL = Channel(1, "telegram", 1, "bot", "1", None)


class FakeClock(Clock):
    """`now`: steady seconds; `gap`: what the wall clock is ahead of them."""

    def __init__(self) -> None:
        self.now, self.gap = 1000.0, 1e9

    def wall(self) -> float:
        return self.now + self.gap

    def steady(self) -> float:
        return self.now


class FakePinger:
    replies = 0

    def add(self, target: object) -> None:
        pass

    remove = probe_now = add

    def set_pace(self, target: object, pace: object) -> None:
        pass


class NoSilenceCheck:
    def check(self, monitor: Monitor, since: float, overdue: bool) -> Verdict:
        return Verdict.TELL

    def on_first_loss(self, monitor: Monitor) -> None:
        pass

    def on_silence(self, monitor: Monitor, sent_at: float) -> None:
        pass

    def on_reply(self, monitor: Monitor) -> None:
        pass


class House:
    """Steps by hand what the daemon runs in threads. `told`: (monitor, transition, offset then)."""

    def __init__(self, clock: FakeClock | None = None, silence_check: SilenceCheck | None = None) -> None:
        self.clock = clock or FakeClock()
        self.monitors = LiveMonitors()
        self.workers: dict[str, Worker] = {}
        nothing: Any = None
        self.visibility = Visibility(nothing, self.monitors, self.workers.get, (), {}, lambda: True)
        self.silence_check: SilenceCheck = silence_check or self.visibility
        self.told: list[tuple[str, Transition, float]] = []
        self._fresh: list[tuple[Monitor, Transition]] = []

    def add(
        self,
        name: str,
        detection: DetectionSettings,
        address: str = "",
        parent: str | None = None,
        **state: Any,
    ) -> None:
        monitor = Monitor(name, address or name, "ping", CHANNEL, detection, name, Options(parent=parent))
        if monitor.address not in self.workers:
            pinger = cast(Any, FakePinger())
            self.workers[monitor.address] = Worker(
                monitor.address, pinger, self._decide, self.silence_check, clock=self.clock
            )
        self.monitors.put(monitor)
        known = state.get("known") or DetectorState(since=self.clock.wall())
        self.workers[monitor.address].add(monitor, known)

    def _decide(self, monitor: Monitor, state: DetectorState, transition: Transition) -> None:
        self.told.append((monitor.id, transition, self.clock.offset()))
        self._fresh.append((monitor, transition))

    def feed(self, name: str, results: Iterable[ProbeResult]) -> None:
        """What the pinger found out, then what the recorder would do."""
        monitor = self.monitors[name]
        worker = self.workers[monitor.address]
        group = worker.group_of(monitor)
        assert group is not None
        results = list(results)
        if group.pace is Pace.SETTLED and all(one.outcome is Outcome.REPLY for one in results):
            pairs = [part for one in results for part in (one.sent_at, one.rtt or 0.0)]
            group.target.deliver(ReplyBatch(array("d", pairs)))  # as the pinger does
        else:
            group.target.deliver(results)
        worker.run_once()
        while self._fresh:
            self.visibility.on_committed(*self._fresh.pop(0))

    def state(self, name: str) -> DetectorState:
        seen = self.workers[self.monitors[name].address].seen(name)
        assert seen is not None
        return seen[0]

    def announced(self) -> list[tuple[str, str]]:
        return [(name, str(one.after)) for name, one, _ in self.told if one.announce]

    def decided(self, names: Iterable[str] | None = None) -> list[tuple[object, ...]]:
        """What was decided, by the steady clock."""
        return [
            (name, one.after, round(one.at - offset, 3), one.announce, one.kind)
            for name, one, offset in self.told
            if names is None or name in names
        ]


def result(outcome: Outcome, sent_at: float) -> ProbeResult:
    rtt = {Outcome.REPLY: 0.001, Outcome.LATE: 3.0}.get(outcome)
    return ProbeResult(outcome, sent_at, rtt)
