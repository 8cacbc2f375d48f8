"""When is a device down? A pure function: (state, result, now) -> (state, transition or None).

Invariants, held for any history of results:
- what is announced alternates between `down` and `up`, and nothing is announced twice;
- fewer losses in a row than `down_threshold.losses_needed` never cause a transition to `down`, unless
  `max_delay` is over and some losses were seen;
- every run of losses that ends teaches the loss model once, told or not;
- a `local_error` says nothing about the device and changes nothing; nor does silence while we
  could not see it (`held`);
- decisions follow from the results and their times alone; `now` is only noted;
- the first conclusion about a fresh monitor is reached silently, and after time without sight only
  what differs from what was told before is announced.
"""

from pingmon.model.detection_settings import CONFIRM, LEAST_LOSSES, DetectionSettings
from pingmon.model.detector_state import (
    LOCAL,
    DetectorState,
    State,
    Transition,
    TransitionKind,
    see_again,
)
from pingmon.model.down_threshold import is_overdue, losses_needed, most_losses
from pingmon.model.flapping import STATES, is_flapping
from pingmon.model.light_replace import replace
from pingmon.model.loss_model import NO_PRIOR, WEEKS, After, LossModel, PathPrior
from pingmon.model.probe_result import Outcome, ProbeResult

SOON = 15.0  # s; an outage that ends so soon after it was told may have been a burst of losses
# The round-trip time that most late replies don't exceed: a quantile followed in steps (of the
# difference), of which the share DOWNWARD / (DOWNWARD + UPWARD) is longer where differences are alike.
UPWARD, DOWNWARD = 0.5, 0.05
BEYOND = 1.25  # times that; silence counts from there
SCATTERED = 10  # losses; replies that are no further apart are those of a device that lives


def observe(
    state: DetectorState,
    result: ProbeResult,
    now: float,
    detection: DetectionSettings,
    prior: PathPrior = NO_PRIOR,
) -> tuple[DetectorState, Transition | None]:
    """Take one result into account; results come in the order in which probes were sent.

    Only `late` ones come when they come. prior: what neighbours have taught of the path.
    """
    if result.outcome is Outcome.LOCAL_ERROR:
        return state, None
    if result.is_loss:
        if state.blind_reason not in ("", LOCAL) or result.sent_at < state.sight_from:
            return state, None
        state = see_again(state)  # probes leave again: losses count from now on
    elif state.blind_reason and result.outcome is Outcome.REPLY and result.sent_at < state.since:
        return state, None  # collected before sight was lost: no proof that it is back
    if not result.is_loss and result.sent_at > state.seen:
        state = replace(state, seen=result.sent_at)
    interval = detection.interval
    if state.is_flapping and not is_flapping(state.changes, result.sent_at, interval, before=True):
        state = observe(replace(state, is_flapping=False), result, now, detection, prior)[0]
        return steady(state, result.sent_at, now)
    if result.outcome is Outcome.LATE:
        return _late(state, result, now, detection)
    if not result.is_loss and state.slow:
        state = replace(state, slow=state.slow * 0.8 if state.slow > detection.timeout else 0.0)
    return _step(state, result, result.is_loss, now, detection, prior)


def add_undecided_loss(state: DetectorState, result: ProbeResult) -> DetectorState:
    """Count a loss that would mean `down`, without deciding yet."""
    same_run = state.run > 0 and state.run_is_loss
    run_from = state.run_from if same_run else result.sent_at
    return replace(state, run=state.run + 1 if same_run else 1, run_from=run_from, run_is_loss=True)


def _step(
    state: DetectorState,
    result: ProbeResult,
    loss: bool,
    now: float,
    detection: DetectionSettings,
    prior: PathPrior = NO_PRIOR,
) -> tuple[DetectorState, Transition | None]:
    if state.state is State.UP and not loss:
        if not state.run:
            return state.with_replies(1, result.sent_at), None
        return replace(
            state, run=0, loss_model=state.loss_model.with_ended_run(state.run, detection.interval)
        ), None
    if state.state is State.DOWN and loss:
        return _lost_while_down(state, detection), None
    if state.state is State.DOWN and state.lost:
        return _answered_now_and_then(state, result, now, detection)

    same_run = state.run > 0 and state.run_is_loss == loss
    run = state.run + 1 if same_run else 1
    run_from = state.run_from if same_run else result.sent_at
    if loss:
        decided = run >= LEAST_LOSSES and (
            is_overdue(run, run_from, result.sent_at, detection)
            or (
                run >= losses_needed(state.loss_model, detection, prior)
                and _waited(state, result, run, run_from, detection)
            )
        )
    else:  # The first reply proves that a fresh device answers; only a *change* needs confirming.
        decided = run >= (1 if state.state is State.UNKNOWN else detection.up_after + state.scattered)
    if not decided:
        return replace(state, run=run, run_from=run_from, run_is_loss=loss), None
    return conclude(state, result, State.DOWN if loss else State.UP, run, run_from, now, detection)


def _lost_while_down(state: DetectorState, detection: DetectionSettings) -> DetectorState:
    """Losses between replies don't end what replies began, unless they are so many as to mean down."""
    if not state.run:
        return state
    patience = SCATTERED if detection.false_alarms is not None else 0  # a fixed rule is meant
    if state.lost + 1 >= max(patience, losses_needed(state.loss_model, detection)):
        return replace(state, run=0, lost=0, scattered=False)
    return replace(state, lost=state.lost + 1)


def _answered_now_and_then(
    state: DetectorState, result: ProbeResult, now: float, detection: DetectionSettings
) -> tuple[DetectorState, Transition | None]:
    """A device that answers, though never twice in a row, is alive after one more reply."""
    loss_model = state.loss_model.with_ended_run(state.lost, detection.interval)
    state = replace(state, run=state.run + 1, lost=0, loss_model=loss_model, scattered=True)
    if state.run <= detection.up_after:
        return state, None
    return conclude(state, result, State.UP, state.run, state.run_from, now, detection)


def _waited(
    state: DetectorState, result: ProbeResult, run: int, run_from: float, detection: DetectionSettings
) -> bool:
    """A device that is slow gets twice the time that its replies took; one that was so, that time.

    Not beyond its bound (model.evidence).
    """
    if not (state.slow or state.late) or state.expired or run >= most_losses(detection):
        return True
    late = state.late * BEYOND if result.sent_at - state.late_at < WEEKS else 0.0
    return result.sent_at + detection.timeout - run_from >= max(2 * state.slow, late)


def conclude(
    state: DetectorState,
    result: ProbeResult,
    after: State,
    run: int,
    run_from: float,
    now: float,
    detection: DetectionSettings,
) -> tuple[DetectorState, Transition]:
    """The state from now on, proven by `run` results in a row of which `result` is the latest."""
    loss_model = state.loss_model
    if state.state is State.DOWN:
        loss_model = _with_told_run(state, run_from, detection)
    known = state.told is not State.UNKNOWN
    changed = known and state.told is not after
    changes, flaps = state.changes, state.is_flapping
    kind = TransitionKind.CHANGE
    if changed:
        changes = (*changes[-STATES:], result.sent_at)
        flaps = is_flapping(changes, result.sent_at, detection.interval, before=flaps)
        if flaps and not state.is_flapping:
            kind = TransitionKind.FLAPPING
        elif state.is_silent_down:
            kind = TransitionKind.FIRST_REPLY
    unseen = state.unseen
    if known and state.state is State.UNKNOWN:
        unseen += max(0.0, run_from - state.since)
    reason = (result.detail or "no reply") if after is State.DOWN else ""
    transition = Transition(
        before=state.told if known and state.state is State.UNKNOWN else state.state,
        after=after,
        at=run_from,
        decided_at=now,
        reason=reason,
        lasted=max(0.0, run_from - state.told_since - unseen) if known else None,
        announce=changed and (kind is TransitionKind.FLAPPING or not flaps),
        kind=kind,
        unseen=unseen,
    )
    told_since = run_from if changed or not known else state.told_since
    fresh = DetectorState(
        state=after,
        since=told_since,
        told=after,
        told_since=told_since,
        unseen=0.0 if changed or not known else unseen,
        decided_at=result.sent_at + detection.timeout,
        decided_run=run,
        slow=state.slow,
        late=state.late,
        late_at=state.late_at,
        seen=state.seen,
        words=reason,
        is_silent_down=state.is_silent_down if known and not changed else not known and bool(reason),
        told_unseen=state.told_unseen,
        certificates=state.certificates,
        is_flapping=flaps,
        changes=changes,
        loss_model=loss_model,
    )
    return fresh, transition


def _with_told_run(state: DetectorState, answered: float, detection: DetectionSettings) -> LossModel:
    """An outage ended between the last probe that was lost and the first that was answered.

    answered: when that one left. It may have left before the outage was told, or even before it was lost.
    """
    decided = state.decided_at - detection.timeout  # when the deciding loss left
    answered = max(answered, decided)
    lost = max(decided, answered - detection.interval)
    losses = state.decided_run + int((lost + answered - 2 * decided) / 2 / CONFIRM)
    after = After.AT_ONCE
    if answered - state.decided_at > max(SOON, detection.interval):
        after = After.BEYOND if losses > most_losses(detection) else After.LONG
    return state.loss_model.with_ended_run(losses, detection.interval, told=True, after=after)


def _late(
    state: DetectorState, result: ProbeResult, now: float, detection: DetectionSettings
) -> tuple[DetectorState, Transition | None]:
    """A reply after the timeout: the device lives, and is slow."""
    rtt = result.rtt or detection.timeout
    if rtt <= detection.timeout:  # not late: it came after an ICMP error about the same probe
        return _step(state, result, False, now, detection)
    was_slow = state.slow > 0
    at = result.sent_at + rtt
    late = state.late + (rtt - state.late) * (UPWARD if rtt > state.late else DOWNWARD)
    late = late if state.late and at - state.late_at < WEEKS else rtt
    state = replace(state, slow=max(state.slow, rtt), late=late, late_at=at)
    if state.state is not State.UP:
        return _step(state, result, False, now, detection)
    if state.run:
        loss_model = state.loss_model.with_ended_run(state.run, detection.interval)
        state = replace(state, run=0, loss_model=loss_model)
    if was_slow:
        return state, None
    words = f"replies take {rtt:.1f} s, later than the timeout of {detection.timeout:g} s"
    up = State.UP
    return state, Transition(
        up, up, result.sent_at, now, words, None, announce=True, kind=TransitionKind.SLOW
    )


def steady(state: DetectorState, at: float, now: float) -> tuple[DetectorState, Transition]:
    """A device does not flap any more."""
    change = Transition(
        state.told, state.told, at, now, "", None, announce=True, kind=TransitionKind.STEADY
    )
    return state, change
