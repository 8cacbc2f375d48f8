"""The monitors of one address that share a target and a plan, and so share probes and results."""

import queue
import time
from dataclasses import dataclass, field

from pingmon.engine.minute_buffers import MinuteStatsBuffer
from pingmon.engine.named_options import named_options
from pingmon.engine.neighbours import ALONE, Neighbour
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.evidence import REFUSED_FOR, REFUSED_TIMES
from pingmon.model.monitor import Monitor, ProbeOptions
from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import Pace, Target

Results = ReplyBatch | list[ProbeResult]
Mailbox = queue.SimpleQueue["tuple[ProbeGroup, Results] | None"]  # None: there are no more

LOSS_MEMORY = 0.05  # weight of the newest result in the recent loss (about 20 probes)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The kernel does not send probes.

    kind: its error's name. since, latest: when it refused the first and the latest, by Clock.steady.
    """

    kind: str
    words: str
    since: float
    latest: float
    times: int = 1

    def is_sure(self, now: float) -> bool:
        """now: by Clock.steady."""
        return self.times >= REFUSED_TIMES and now - self.since >= REFUSED_FOR


@dataclass(slots=True, eq=False)
class ProbeGroup:
    """Monitors with other settings have a group of their own: none changes what another one sees.

    mon_type, detection: see Monitor; the same for all of them. probe_options: see named_options.
    replies: of settled monitors, not in their states yet. answered: when the latest probe with a
    reply was sent, by Clock.steady. loss: recent share of lost probes. watched_from: since when it is
    probed, monotonic seconds. refusal: by which the kernel keeps probes from leaving, None if they leave.
    error: the latest ICMP error since the latest reply, and who sent it; or empty.
    is_probed: whether its target runs. was_started: whether it ever did.
    mailbox: of its worker. neighbour: the address among those that are reached alike. minutes: statistics
    of its target.
    """

    mon_type: str
    probe_options: ProbeOptions
    detection: DetectionSettings
    mailbox: Mailbox = field(default_factory=queue.SimpleQueue)
    neighbour: Neighbour = ALONE
    minutes: MinuteStatsBuffer = field(default_factory=lambda: MinuteStatsBuffer(""))
    target: Target = field(init=False)  # given at once by who makes the group: its results name the group
    monitors: dict[str, Monitor] = field(default_factory=dict)
    states: dict[str, DetectorState] = field(default_factory=dict)
    pace: Pace = Pace.CONFIRMING
    replies: int = 0
    answered: float = float("-inf")
    loss: float = 0.0
    watched_from: float = field(default_factory=time.monotonic)
    refusal: Refusal | None = None
    error: str = ""
    is_probed: bool = False
    was_started: bool = False

    def deliver(self, results: Results) -> None:
        """Results of its target, into the worker's mailbox. Called by the prober's thread.

        A method: a local function or a partial takes twice the memory, for each of thousands.
        """
        self.mailbox.put((self, results))

    @property
    def is_paused(self) -> bool:
        """Whether nobody wants its target probed."""
        return all(state.is_paused for state in self.states.values())

    @property
    def newest_evidence(self) -> float:
        """When the newest probe that was answered left, or since when it is probed; monotonic seconds."""
        return max(self.target.last_reply, self.watched_from)

    def is_fresh(self, now: float, began_anew: float, stretch: float) -> bool:
        """Whether it surely answered within its bound, and may be asked: nearly always.

        A part of Worker.check_evidence, for all targets once a second.
        """
        least = now - 3 * self.detection.interval * stretch  # see evidence_bound
        return self.refusal is None and (
            self.target.last_reply >= least or self.watched_from >= least or began_anew >= least
        )

    def fits(self, monitor: Monitor) -> bool:
        """Whether that monitor wants exactly these probes, judged in this way."""
        return (
            self.detection == monitor.detection
            and self.mon_type == monitor.mon_type
            and self.probe_options == named_options(monitor)
        )

    @property
    def is_settled(self) -> bool:
        return all(state.settled or state.is_paused for state in self.states.values())

    @property
    def is_losing(self) -> bool:
        """Whether the latest result was a loss."""
        return any(state.run and state.run_is_loss for state in self.states.values())

    @property
    def parent(self) -> str | None:
        """That of any of them: who has none shares the way with the others."""
        return next((one.options.parent for one in self.monitors.values() if one.options.parent), None)

    def apply_counted_replies(self, offset: float) -> None:
        """Put the replies that were only counted into the states. offset: see `count`."""
        if self.replies:
            seen = self.answered + offset
            for monitor_id, state in self.states.items():
                if not state.is_paused:
                    self.states[monitor_id] = state.with_replies(self.replies, seen)
            self.replies = 0

    def count_replies(self, batch: ReplyBatch, offset: float) -> None:
        """offset: wall clock minus steady clock, seconds."""
        self.answered = batch.sent[-1] - offset
        self.loss *= (1 - LOSS_MEMORY) ** len(batch)

    def count(self, result: ProbeResult, offset: float) -> bool:
        """Take a result into the recent figures; whether it belongs into statistics."""
        if result.kind:
            self._refuse(result, result.sent_at - offset)
            return False
        if result.outcome is Outcome.REPLY:
            self.answered = result.sent_at - offset
        if result.outcome is Outcome.LATE:  # all others come in order
            self.answered = max(self.answered, result.sent_at - offset)
            return False
        if result.outcome is Outcome.LOCAL_ERROR:
            return False
        self.refusal = None
        self.error = result.detail if result.is_loss else ""
        if result.is_loss and all(state.blind_reason for state in self.states.values()):
            return False  # nothing could be seen
        self.loss += (float(result.is_loss) - self.loss) * LOSS_MEMORY
        return True

    def _refuse(self, result: ProbeResult, at: float) -> None:
        if self.refusal is None:
            self.refusal = Refusal(result.kind, result.detail, at, at)
        else:
            times = self.refusal.times + 1
            self.refusal = Refusal(result.kind, result.detail, self.refusal.since, at, times)

    def wanted_pace(self) -> Pace:
        states = [one for one in self.states.values() if not one.is_paused]
        if self.refusal and self.refusal.times < REFUSED_TIMES:
            return Pace.CONFIRMING
        if any(state.confirming for state in states):
            return Pace.CONFIRMING
        if all(state.state is State.UP for state in states):
            return Pace.SETTLED
        return Pace.SILENT
