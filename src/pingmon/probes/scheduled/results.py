"""Results of a target are handed over in the order in which its probes were sent.

Replies of a settled target are collected; anything else is handed over at once, after the replies that
precede it.
"""

from array import array
from typing import Any

from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import REPLIES_HELD, Pace
from pingmon.probes.scheduled.target import ScheduledProbe, ScheduledTarget

# Results, in an array of 432 bytes. Larger ones than 512 come from malloc, whose heap they leave full
# of holes: another 2.4 KiB per target.
BATCH_MOST = 27


class ResultsInOrder:
    """Not thread-safe. replies: those that came in time, so far."""

    def __init__(self) -> None:
        self.replies = 0

    def reply(self, probe: ScheduledProbe, rtt: float) -> None:
        """A reply that came in time. rtt: seconds."""
        target, probe.answered = probe.target, True
        target.last_rtt, target.last_reply = rtt, probe.sent_mono
        self.replies += 1
        if len(target.outstanding) == 1 and target.pace is Pace.SETTLED and not target.result_wanted:
            target.outstanding.clear()
            self._collect(target, probe.sent_ns / 1e9, rtt)
        else:
            self.finish(probe, ProbeResult(Outcome.REPLY, probe.sent_at, rtt))

    def finish(self, probe: ScheduledProbe, result: ProbeResult) -> None:
        """Hand over what is ready, in the order in which the probes were sent."""
        probe.result = result
        target, ready = probe.target, list[ProbeResult]()
        outstanding = target.outstanding
        while outstanding and (first := outstanding[0].result) is not None:
            ready.append(first)
            del outstanding[0]
        if target.removed or not ready:
            return
        quiet = target.pace is Pace.SETTLED and not target.result_wanted
        if quiet and all(one.outcome is Outcome.REPLY for one in ready):
            for one in ready:
                self._collect(target, one.sent_at, one.rtt or 0.0)
            return
        target.result_wanted = False
        self.deliver_collected(target)
        target.deliver(ready)

    def deliver_collected(self, target: ScheduledTarget[Any]) -> None:
        """Deliver the replies that were collected, if any."""
        if target.good:
            batch, target.good = target.good, array("d")
            target.deliver(ReplyBatch(batch))

    def let_go(self, target: ScheduledTarget[Any]) -> None:
        """A target that was removed: nothing is delivered, and no cycle keeps it in memory."""
        target.deliver = _nobody
        target.outstanding.clear()

    def _collect(self, target: ScheduledTarget[Any], sent_at: float, rtt: float) -> None:
        good = target.good
        good.append(sent_at)
        good.append(rtt)
        # Negative after the clock was set back.
        aged = not -1.0 < sent_at - good[0] < REPLIES_HELD or target.interval > REPLIES_HELD
        if aged or len(good) >= 2 * BATCH_MOST:
            self.deliver_collected(target)


def _nobody(_results: ReplyBatch | list[ProbeResult]) -> None:
    """Takes what nobody waits for any more."""
