"""What becomes of one monitor's state: by a result, and by the age of its newest reply.

The detector concludes from results alone; here it is asked first whether silence may be believed.
"""

from typing import Protocol

from pingmon.model.detector import add_undecided_loss, observe
from pingmon.model.detector_state import (
    DetectorState,
    State,
    Transition,
    TransitionKind,
    set_blind,
)
from pingmon.model.down_threshold import is_overdue, losses_needed, most_losses
from pingmon.model.evidence import expire
from pingmon.model.loss_model import NO_PRIOR, PathPrior
from pingmon.model.monitor import Monitor
from pingmon.model.probe_result import ProbeResult
from pingmon.model.visibility import Verdict

Judged = tuple[DetectorState, Transition | None]


class SilenceCheck(Protocol):
    """What may speak against believing in silence, and who wants to know what can't be seen."""

    def check(self, monitor: Monitor, since: float, overdue: bool) -> Verdict: ...
    def words_of(self, monitor: Monitor, verdict: Verdict) -> str: ...
    def on_first_loss(self, monitor: Monitor) -> None: ...
    def on_silence(self, monitor: Monitor, sent_at: float) -> None: ...
    def on_reply(self, monitor: Monitor) -> None: ...
    def on_sight_changed(self, monitor: Monitor, state: DetectorState) -> None: ...


def judge_result(
    before: DetectorState,
    result: ProbeResult,
    now: float,
    monitor: Monitor,
    silence: SilenceCheck,
    prior: PathPrior = NO_PRIOR,
) -> Judged:
    """now: wall clock, epoch seconds. prior: what neighbours have taught of the path."""
    after, transition = observe(before, result, now, monitor.detection, prior)
    if result.is_loss and after.run == 1 and not after.blind_reason:
        silence.on_first_loss(monitor)
        if before.told is State.UP:
            silence.on_silence(monitor, result.sent_at)
    elif before.run and before.run_is_loss and not after.run:
        silence.on_reply(monitor)
    if transition is None or transition.after is not State.DOWN:
        return after, transition
    if transition.kind not in (TransitionKind.CHANGE, TransitionKind.FLAPPING):
        return after, transition
    run = before.run + 1
    overdue = run >= most_losses(monitor.detection) or is_overdue(
        run, transition.at, result.sent_at, monitor.detection
    )
    verdict = silence.check(monitor, transition.at, overdue)
    if verdict is Verdict.TELL:
        return after, transition
    if verdict is Verdict.WAIT:
        return add_undecided_loss(before, result), None
    words = silence.words_of(monitor, verdict)
    return set_blind(before, verdict, result.sent_at, words), None


def judge_age(
    before: DetectorState, now: float, refused: str, monitor: Monitor, silence: SilenceCheck
) -> Judged:
    """No reply is younger than the bound. refused: why probes don't leave, empty if they do."""
    verdict = Verdict.TELL
    losses = before.run if before.run_is_loss else 0
    can_conclude = losses and not (before.blind_reason or refused)
    if can_conclude and losses >= losses_needed(before.loss_model, monitor.detection):
        verdict = silence.check(monitor, before.run_from, overdue=True)
    words = silence.words_of(monitor, verdict)
    return expire(before, now, monitor.detection, refused, verdict, words)
