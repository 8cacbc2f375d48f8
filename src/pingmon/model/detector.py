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

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from pingmon.model.down_threshold import is_overdue, losses_needed, most_losses
from pingmon.model.flapping import STATES, is_flapping
from pingmon.model.loss_model import NO_PRIOR, After, LossModel, PathPrior, loss_model_from_json
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.settings import CONFIRM, LEAST_LOSSES, DetectionSettings

SOON = 15.0  # s; an outage that ends so soon after it was told may have been a burst of losses
SCATTERED = 10  # losses; replies that are no further apart are those of a device that lives


class State(StrEnum):
    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


class TransitionKind(StrEnum):
    """What a transition tells."""

    CHANGE = "change"
    FLAPPING = "flapping"  # it began; no change is told until it ended
    STEADY = "steady"  # it ended, with the state as it is now
    SLOW = "slow"  # replies come after the timeout


@dataclass(frozen=True, slots=True)
class Transition:
    """A confirmed change.

    at: when the device changed (the first result of the run that proves it), epoch seconds.
    decided_at: when that was known. lasted: seconds in the state before, as far as we could see it,
    None if not known. unseen: seconds since the change before during which we could not.
    announce: whether people are told.
    """

    before: State
    after: State
    at: float
    decided_at: float
    reason: str
    lasted: float | None
    announce: bool
    kind: TransitionKind = TransitionKind.CHANGE
    unseen: float = 0.0


@dataclass(frozen=True, slots=True)
class DetectorState:
    """Everything that is remembered about one monitor. Times in epoch seconds.

    run: the results in a row that contradict `state` (the soft state of Nagios). told: the last
    conclusion, which people know; it outlives the time without sight, during which `held` says why.
    unseen: seconds without sight since `told_since`, but for those that go on.
    slow: round-trip time of replies that came too late, 0 when they come in time.
    lost: losses since the latest reply of a device that is down; scattered: whether there were any
    since its first.
    """

    state: State = State.UNKNOWN
    since: float = 0.0
    run: int = 0
    run_from: float = 0.0
    run_is_loss: bool = False
    told: State = State.UNKNOWN
    told_since: float = 0.0
    unseen: float = 0.0
    decided_at: float = 0.0
    decided_run: int = 0
    blind_reason: str = ""
    slow: float = 0.0
    is_flapping: bool = False
    lost: int = 0
    scattered: bool = False
    changes: tuple[float, ...] = ()
    loss_model: LossModel = field(default_factory=LossModel)

    @property
    def confirming(self) -> bool:
        return not self.blind_reason and (self.run > 0 or self.state is State.UNKNOWN)

    @property
    def settled(self) -> bool:
        """Replies change nothing but what is known of the path."""
        return self.state is State.UP and not (self.run or self.slow or self.is_flapping)

    def to_json(self) -> dict[str, Any]:
        """For JSON, read by `detector_state_from_json`. dataclasses.asdict takes ten times as long."""
        found = {key: getattr(self, name) for key, name in _JSON_FIELDS.items()}
        return found | {"path": self.loss_model.to_json()}

    def with_replies(self, count: int) -> "DetectorState":
        """What `count` replies make of a settled state."""
        return replace(self, loss_model=self.loss_model.with_replies(count))


# Key in the database → field. The keys are those of the first versions.
_JSON_FIELDS = {one.name: one.name for one in fields(DetectorState) if one.name != "loss_model"}
_JSON_FIELDS["held"] = _JSON_FIELDS.pop("blind_reason")


def detector_state_from_json(saved: dict[str, Any]) -> DetectorState:
    """What `DetectorState.to_json` gave, also that of an older pingmon."""
    saved = {"told": saved["state"], "told_since": saved["since"]} | saved
    found = {name: saved[key] for key, name in _JSON_FIELDS.items() if key in saved}
    found |= {"state": State(saved["state"]), "told": State(saved["told"])}
    found["changes"] = tuple(saved.get("changes", ()))
    return DetectorState(**found, loss_model=loss_model_from_json(saved.get("path", [])))


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
    if result.outcome is Outcome.LOCAL_ERROR or (state.blind_reason and result.is_loss):
        return state, None
    if state.blind_reason and result.outcome is Outcome.REPLY and result.sent_at < state.since:
        return state, None  # collected before sight was lost: no proof that it is back
    interval = detection.interval
    if state.is_flapping and not is_flapping(state.changes, result.sent_at, interval, before=True):
        state = observe(replace(state, is_flapping=False), result, now, detection, prior)[0]
        return _steady(state, result.sent_at, now)
    if result.outcome is Outcome.LATE:
        return _late(state, result, now, detection)
    if not result.is_loss and state.slow:
        state = replace(state, slow=state.slow * 0.8 if state.slow > detection.timeout else 0.0)
    return _step(state, result, result.is_loss, now, detection, prior)


def set_blind(state: DetectorState, reason: str, now: float) -> DetectorState:
    """We can't see the device: neither up nor down, until `release` or a reply."""
    since = state.since if state.state is State.UNKNOWN else now
    return replace(state, state=State.UNKNOWN, since=since, run=0, blind_reason=reason)


def see_again(state: DetectorState) -> DetectorState:
    """We see again: what is so is found out afresh, and told if it differs from what was told."""
    return replace(state, blind_reason="", run=0) if state.blind_reason else state


def shift_times(state: DetectorState, seconds: float) -> DetectorState:
    """The wall clock was set: the same moments by the clock as it is now."""
    times = ("since", "run_from", "told_since", "decided_at")
    known = {name: at + seconds for name in times if (at := getattr(state, name))}
    return replace(state, changes=tuple(at + seconds for at in state.changes), **known)


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
            return state.with_replies(1), None
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
    return _conclude(state, result, State.DOWN if loss else State.UP, run, run_from, now, detection)


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
    """A device that answers, though never twice in a row, lives: one reply more has to prove it."""
    loss_model = state.loss_model.with_ended_run(state.lost, detection.interval)
    state = replace(state, run=state.run + 1, lost=0, loss_model=loss_model, scattered=True)
    if state.run <= detection.up_after:
        return state, None
    return _conclude(state, result, State.UP, state.run, state.run_from, now, detection)


def _waited(
    state: DetectorState, result: ProbeResult, run: int, run_from: float, detection: DetectionSettings
) -> bool:
    """A device that was slow lately gets the time that its replies took, twice."""
    if not state.slow or run >= most_losses(detection):
        return True
    return result.sent_at + detection.timeout - run_from >= 2 * state.slow


def _conclude(
    state: DetectorState,
    result: ProbeResult,
    after: State,
    run: int,
    run_from: float,
    now: float,
    detection: DetectionSettings,
) -> tuple[DetectorState, Transition]:
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
        kind = TransitionKind.FLAPPING if flaps and not state.is_flapping else TransitionKind.CHANGE
    unseen = state.unseen
    if known and state.state is State.UNKNOWN:
        unseen += max(0.0, run_from - state.since)
    transition = Transition(
        before=state.told if known and state.state is State.UNKNOWN else state.state,
        after=after,
        at=run_from,
        decided_at=now,
        reason=(result.detail or "no reply") if after is State.DOWN else "",
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
    state = replace(state, slow=max(state.slow, rtt))
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


def _steady(state: DetectorState, at: float, now: float) -> tuple[DetectorState, Transition]:
    change = Transition(
        state.told, state.told, at, now, "", None, announce=True, kind=TransitionKind.STEADY
    )
    return state, change
