"""Workers without threads, a probe kind that sends nothing, and a clock that a test sets."""

from array import array
from collections.abc import Iterable
from typing import Any

from pingmon.engine.group_decisions import GroupDecisions
from pingmon.engine.judgement import SilenceCheck
from pingmon.engine.live_monitors import LiveMonitors
from pingmon.engine.neighbours import ALONE, Neighbours
from pingmon.engine.probers import Probers
from pingmon.engine.system_clock import Clock
from pingmon.engine.visibility import Visibility
from pingmon.engine.worker import Worker
from pingmon.kinds import PROBE_KINDS
from pingmon.model.detection_settings import DetectionSettings, Options
from pingmon.model.detector_state import DetectorState, Transition
from pingmon.model.monitor import Channel, Monitor, ProbeOptions, probe_options_from
from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import Deliver, Pace
from pingmon.model.visibility import Verdict

CHANNEL = Channel(1, "telegram", 1, "bot", "1", None)


class FakeClock(Clock):
    """`now`: steady seconds; `gap`: what the wall clock is ahead of them."""

    def __init__(self) -> None:
        self.now, self.gap = 1000.0, 1e9

    def wall(self) -> float:
        return self.now + self.gap

    def steady(self) -> float:
        return self.now


class FakeTarget:
    """Results come when a test calls `deliver`."""

    def __init__(self, address: str, deliver: Deliver) -> None:
        self.address, self.deliver = address, deliver
        self.last_rtt: float | None = None
        self.note = ""
        self.last_reply = float("-inf")
        self.certificate_ends: float | None = None

    def counts(self) -> dict[str, int]:
        return {}

    def start(self, pace: Pace) -> None:
        pass

    def stop(self) -> None:
        pass

    def set_pace(self, pace: Pace) -> None:
        pass

    def probe_now(self) -> None:
        pass


class FakeProber:
    """A probe kind that can probe every address, and never does."""

    replies, late_p99, stretch = 0, 0.0, 1.0

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def flush_replies(self) -> None:
        pass

    def heartbeats(self) -> list[tuple[str, float]]:
        return []

    def check(self, address: str, options: ProbeOptions) -> None:
        pass

    def new_target(
        self, address: str, options: ProbeOptions, interval: float, timeout: float, deliver: Deliver
    ) -> FakeTarget:
        return FakeTarget(address, deliver)


class NoSilenceCheck:
    def check(self, monitor: Monitor, since: float, overdue: bool) -> Verdict:
        return Verdict.TELL

    def on_first_loss(self, monitor: Monitor) -> None:
        pass

    def on_silence(self, monitor: Monitor, sent_at: float) -> None:
        pass

    def on_reply(self, monitor: Monitor) -> None:
        pass

    def words_of(self, monitor: Monitor, verdict: Verdict) -> str:
        return ""

    def on_sight_changed(self, monitor: Monitor, state: DetectorState) -> None:
        pass


class FakeEngine:
    """Steps by hand what the daemon runs in threads. `told`: (monitor, transition, offset then)."""

    def __init__(
        self,
        clock: FakeClock | None = None,
        silence_check: SilenceCheck | None = None,
        neighbours: Neighbours | None = None,
    ) -> None:
        self.clock, self.neighbours = clock or FakeClock(), neighbours
        self.monitors = LiveMonitors()
        self.workers: dict[str, Worker] = {}
        nothing: Any = None
        prober = FakeProber()
        self.probers = Probers(dict.fromkeys(PROBE_KINDS, prober))
        self.visibility = Visibility(
            nothing, self.monitors, self.workers.get, self.probers.replies, lambda: True
        )
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
        kind, probed = state.get("mon_type", "ping"), probe_options_from(state.get("probe_options", {}))
        options = Options(parent=parent)
        monitor = Monitor(name, address or name, kind, CHANNEL, detection, name, options, probed)
        if monitor.address not in self.workers:
            decisions = GroupDecisions(self._decide, self.silence_check, clock=self.clock)
            neighbour = self.neighbours.of(monitor.address) if self.neighbours else ALONE
            self.workers[monitor.address] = Worker(monitor.address, self.probers, decisions, neighbour)
        self.monitors.put(monitor)
        known = state.get("known") or DetectorState(since=self.clock.wall())
        self.workers[monitor.address].add(monitor, known)

    def _decide(self, monitor: Monitor, state: DetectorState, transition: Transition) -> None:
        self.told.append((monitor.id, transition, self.clock.offset()))
        self._fresh.append((monitor, transition))

    def feed(self, name: str, results: Iterable[ProbeResult]) -> None:
        """What the prober found out, then what the recorder would do."""
        monitor = self.monitors[name]
        worker = self.workers[monitor.address]
        group = worker.group_of(monitor)
        assert group is not None
        results = list(results)
        if group.pace is Pace.SETTLED and all(one.outcome is Outcome.REPLY for one in results):
            pairs = [part for one in results for part in (one.sent_at, one.rtt or 0.0)]
            group.target.deliver(ReplyBatch(array("d", pairs)))  # as a prober does
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
