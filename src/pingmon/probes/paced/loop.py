"""One thread with one event loop for all targets of a kind. Made when there is a first target.

A turn of the schedule, as often as something is due: hear what arrived, expire what is overdue, take
commands, send what is due. Between turns the event loop goes on with what is under way.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.prober_protocols import Pace
from pingmon.probes.paced.answer import Answer
from pingmon.probes.paced.deadlines import Deadlines
from pingmon.probes.paced.descriptors import OF_THIS_PROCESS, Descriptors
from pingmon.probes.paced.runner import Finished, Runner
from pingmon.probes.paced.target import PacedProbe, PacedTarget
from pingmon.probes.scheduled.commands import Commands, Sleep
from pingmon.probes.scheduled.results import ResultsInOrder
from pingmon.probes.scheduled.schedule import BURST, Schedule

log = logging.getLogger(__name__)

NAP = 0.01  # s; between two turns at least: it bounds them to 100/s, and the lateness to about this
LONGEST_NAP = 1.0  # s; when nothing is due
WATCH = 0.05  # s; so often we look whether the loop is late, while something is under way
STALL = 0.1  # s; a turn that is later than this took time from what was under way
STALLED_SHARE = 0.25  # of a probe's timeout; silence for which we were stalled so long says nothing

MakeRunner = Callable[[asyncio.AbstractEventLoop, Finished], Runner]


class PacedLoop:
    """All methods may be called from any thread.

    heartbeat: when it last turned. stalled: seconds by which turns were late so far.
    """

    def __init__(
        self, name: str, make_runner: MakeRunner, descriptors: Descriptors = OF_THIS_PROCESS
    ) -> None:
        self.name = name
        self.heartbeat = time.monotonic()
        self.stalled = 0.0
        self.results = ResultsInOrder()
        self.schedule: Schedule[PacedTarget] = Schedule(self._send)
        self._descriptors = descriptors
        self._deadlines = Deadlines()
        self._sleep = Sleep()
        self._loop = asyncio.new_event_loop()
        self._runner = make_runner(self._loop, self._finished)
        descriptors.share(self._runner)
        self._commands = Commands(self._wake)
        self._turned = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def late_now(self) -> float:
        """Seconds: of the latest probe, or since the loop should have turned again."""
        return self.schedule.late_now(self.heartbeat + LONGEST_NAP, time.monotonic())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._commands.give(self._loop.stop)
        self._thread.join(5.0)

    def add(self, target: PacedTarget) -> None:
        self._commands.give(lambda: self.schedule.start(target, time.monotonic()))

    def remove(self, target: PacedTarget) -> None:
        self._commands.give(lambda: self._discard(target))

    def set_pace(self, target: PacedTarget, pace: Pace) -> None:
        self._commands.give(lambda: self.schedule.change_pace(target, pace, time.monotonic()))

    def probe_now(self, target: PacedTarget) -> None:
        self._commands.give(lambda: self.schedule.probe_now(target, time.monotonic()))

    def flush_replies(self) -> None:
        """Returns when all replies that were collected were handed over (2 s at most)."""
        done = threading.Event()
        self._commands.give(lambda: self._flush(done))
        done.wait(2.0)

    def _wake(self) -> None:
        with suppress(RuntimeError):  # it was stopped: nobody needs what is told now
            self._loop.call_soon_threadsafe(self._turn_soon)

    # Everything below runs in the loop's own thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._turn_soon()
        try:
            self._loop.run_forever()
            self._runner.close()
        finally:
            self._descriptors.leave(self._runner)
            self._loop.close()

    def _turn_soon(self) -> None:
        self._turn_at(max(time.monotonic(), self._turned + NAP))

    def _turn_at(self, at: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._turn)

    def _turn(self) -> None:
        timer, self._timer = self._timer, None
        now = self._turned = self.heartbeat = time.monotonic()
        late = now - timer.when() if timer is not None else 0.0
        if late > STALL:
            self.stalled += late
        try:
            next_turn = self._one_turn(now)
        except Exception:
            log.exception("an error in %s; it goes on", self.name)
            next_turn = now + STALL
        self._turn_at(max(next_turn, now + NAP))

    def _one_turn(self, now: float) -> float:
        """When the next one is due, monotonic seconds."""
        self._runner.drain()
        if self._sleep.was_suspended():
            log.warning("the machine was suspended; probes of before do not count")
            for probe in self._deadlines.take_all():
                self._give_up(probe, "the machine was suspended")
        self._expire(now)
        self._commands.run()
        self.schedule.probe_silent_targets(now)
        if words := self.schedule.backpressure.adjust(now):
            log.warning("%s: %s", self.name, words)
        if self.schedule.send_due(now, min(BURST, self._descriptors.room())):
            return now
        nap = WATCH if self._runner.under_way and not self._runner.hears_all else LONGEST_NAP
        return min(now + nap, self.schedule.next_due(), self._deadlines.next() + self._runner.grace)

    def _send(self, target: PacedTarget, now: float) -> PacedProbe:
        probe = PacedProbe(target, time.time_ns(), time.monotonic(), self.stalled)
        target.outstanding.append(probe)
        try:
            self._runner.launch(probe)
        except Exception as error:  # a mistake of ours must not keep all that comes after it
            log.exception("could not probe %s; others go on", target.address)
            self._give_up(probe, f"the probe failed: {type(error).__name__}: {error}")
        if probe.result is None and not probe.answered:
            self._deadlines.add(probe)
        return probe

    def _finished(self, probe: PacedProbe, answer: Answer) -> None:
        target = probe.target
        if target.removed or probe.answered or probe.result is not None:
            return
        if answer.certificate_ends is not None:
            target.certificate_ends = answer.certificate_ends
        outcome, rtt = answer.outcome, answer.rtt
        if outcome is Outcome.REPLY and rtt is not None:
            if rtt <= target.timeout:
                self.results.reply(probe, rtt)
                return
            outcome = Outcome.TIMEOUT
        if outcome is Outcome.TIMEOUT:
            self._lost(probe, answer.detail)
            return
        result = ProbeResult(outcome, probe.sent_at, None, answer.detail, answer.kind)
        self.results.finish(probe, result)

    def _expire(self, now: float) -> None:
        for probe in self._deadlines.overdue(now - self._runner.grace):
            self._finished(probe, self._runner.overdue(probe))

    def _lost(self, probe: PacedProbe, words: str) -> None:
        """No answer within its timeout; unless we were late ourselves."""
        stalled = self.stalled - probe.stalled_before
        if not self._runner.hears_all and stalled > STALLED_SHARE * probe.target.timeout:
            self._give_up(probe, "pingmon was late or lost packets itself")
        else:
            self.results.finish(probe, ProbeResult(Outcome.TIMEOUT, probe.sent_at, None, words))

    def _give_up(self, probe: PacedProbe, words: str) -> None:
        self._runner.cancel(probe)
        self.results.finish(probe, ProbeResult(Outcome.LOCAL_ERROR, probe.sent_at, None, words))

    def _discard(self, target: PacedTarget) -> None:
        for probe in target.outstanding:
            self._runner.cancel(probe)
        self.results.let_go(target)

    def _flush(self, done: threading.Event) -> None:
        for target in self.schedule.targets():
            self.results.deliver_collected(target)
        done.set()
