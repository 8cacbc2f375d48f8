"""A state is a claim with an age: `up` rests on the newest reply, and ends when that is too old.

The age is counted by a clock that stands still while the machine is suspended. After a start, a
resume or a stall of our own it begins anew for every monitor. docs/detection.md has the table of what may
hold an alarm back, and for how long.
"""

from pingmon.model.detection_settings import CONFIRM, DetectionSettings
from pingmon.model.detector import conclude, steady
from pingmon.model.detector_state import (
    LOCAL,
    TOO_FEW,
    DetectorState,
    State,
    Transition,
    TransitionKind,
    set_blind,
)
from pingmon.model.down_threshold import losses_needed
from pingmon.model.light_replace import replace
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.visibility import Verdict

TOLD_WITHIN = 15.0  # s after the bound, by which "down" or "can't see" is in the outbox
# s; a refusal to send that lasts so long, twice in a row at least, makes a device `unknown` before its
# bound: the kernel is sure.
REFUSED_FOR, REFUSED_TIMES = 5.0, 2
NO_WORD = "no word whether our way out works"


def evidence_bound(detection: DetectionSettings, stretch: float = 1.0) -> float:
    """Seconds for which the newest reply proves that a device is up.

    stretch: what intervals are multiplied by while this machine can't keep up.
    """
    return max(_own_time(detection), 3 * detection.interval * stretch + detection.timeout)


def _own_time(detection: DetectionSettings) -> float:
    """The time that a rule allows from a device's death to the decision, seconds."""
    if detection.down_after is not None:
        return detection.interval + (detection.down_after - 1) * CONFIRM + detection.timeout
    if detection.down_after_seconds is not None:
        return detection.interval + detection.down_after_seconds
    return detection.max_delay or 0.0


def expire(
    state: DetectorState,
    now: float,
    detection: DetectionSettings,
    refused: str,
    verdict: Verdict,
    words: str = "",
) -> tuple[DetectorState, Transition | None]:
    """No reply is younger than the bound: down if the losses suffice, else unknown with the reason.

    now: wall clock, epoch seconds. refused: why probes don't leave this machine, empty if they do.
    verdict: whether silence since the first loss may be believed, words: and if not, why not. The same
    again changes nothing.
    """
    if state.state is State.DOWN:
        return _expire_down(state, now)
    if state.blind_reason:
        return (state if state.expired else replace(state, expired=True)), None
    if refused:
        return _unseen(state, LOCAL, now, refused)
    losses = state.run if state.run_is_loss else 0
    if losses and losses >= losses_needed(state.loss_model, detection):
        if verdict is Verdict.TELL:
            return _found_down(state, now, detection)
        if verdict is Verdict.WAIT:
            return _doubt(state, now, NO_WORD)
        return _unseen(state, verdict, now, words)
    if state.expired:  # told already; what is so is being found out
        return state, None
    if not state.seen and not state.told_unseen:
        return _never_seen(state, now)
    if state.told is State.UNKNOWN:
        return state, None
    return _doubt(state, now, TOO_FEW)


def may_expire(state: DetectorState) -> bool:
    """Whether age changes anything about this state."""
    if state.state is State.DOWN:
        return state.is_flapping or (state.is_silent_down and not state.told_unseen)
    return not state.expired


def _unseen(
    state: DetectorState, reason: str, now: float, words: str
) -> tuple[DetectorState, Transition | None]:
    return replace(set_blind(state, reason, now, words, proven=now), expired=True), None


def _doubt(state: DetectorState, now: float, words: str) -> tuple[DetectorState, Transition | None]:
    """Unknown, but results count as before."""
    since = state.since if state.state is State.UNKNOWN else now
    return replace(state, state=State.UNKNOWN, since=since, expired=True, words=words), None


def _expire_down(state: DetectorState, now: float) -> tuple[DetectorState, Transition | None]:
    """Down already. But it may have been told only that it flaps, or nothing at all."""
    if state.is_flapping:
        return steady(replace(state, is_flapping=False, changes=()), now, now)
    if not state.is_silent_down or state.told_unseen:
        return state, None
    if not state.seen:
        return _never_seen(state, now)
    # It answered now and then since it was added, but never often enough to be up.
    down = State.DOWN
    told = Transition(State.UNKNOWN, down, state.since, now, state.words, None, announce=True)
    return replace(state, is_silent_down=False), told


def _found_down(
    state: DetectorState, now: float, detection: DetectionSettings
) -> tuple[DetectorState, Transition]:
    """Neither slow replies nor flapping hold it back any longer."""
    was_flapping = state.is_flapping
    state = replace(state, is_flapping=False, changes=()) if was_flapping else state
    last = ProbeResult(Outcome.TIMEOUT, now - detection.timeout, None)
    after, transition = conclude(state, last, State.DOWN, state.run, state.run_from, now, detection)
    if was_flapping and not transition.announce:
        return steady(after, now, now)
    return after, transition


def _never_seen(state: DetectorState, now: float) -> tuple[DetectorState, Transition]:
    return replace(state, told_unseen=True), Transition(
        before=state.state,
        after=state.state,
        at=state.since,
        decided_at=now,
        reason=state.words,
        lasted=None,
        announce=True,
        kind=TransitionKind.NEVER_SEEN,
    )


def refuse(state: DetectorState, refused: str, now: float) -> DetectorState:
    """The kernel has refused to send for some seconds: unknown before the bound, with its words."""
    if state.blind_reason:
        return state
    return set_blind(state, LOCAL, now, refused, proven=now)
