"""What the detector remembers of a monitor, and what it tells: values, and how they are kept."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from pingmon.model.clock_jumps import ClockSet
from pingmon.model.detection_settings import CONFIRM
from pingmon.model.light_replace import replace
from pingmon.model.loss_model import LossModel, loss_model_from_json

PAUSED = "paused"  # why a device can't be seen: somebody wants it not to be probed
LOCAL = "local"  # why a device can't be seen: probes don't leave this machine
TOO_FEW = "no reply, and too few probes were lost to be sure"


class State(StrEnum):
    """What is concluded about a device."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


class TransitionKind(StrEnum):
    """What a transition tells."""

    CHANGE = "change"
    FLAPPING = "flapping"  # it began; no change is told until it ended
    STEADY = "steady"  # it ended, with the state as it is now
    SLOW = "slow"  # replies come after the timeout
    NEVER_SEEN = "never_seen"  # no reply since it was added
    CERTIFICATE = "certificate"  # that of the other side ends soon
    FIRST_REPLY = "first_reply"  # of a device that was found down when it was added, and not told


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
    slow: round-trip time of replies that came too late, 0 when they come in time. late: that of most of
    them in the last weeks, 0 if there were none; late_at: when the latest of them came. seen: when the
    newest probe that was answered left, 0 if none ever was. words: why it is down or can't be seen, for
    people.
    expired: no reply is younger than the bound, and it was not found down (model.evidence).
    is_silent_down: `told` is down but nobody was told, as it was so from the first. told_unseen: people
    know that it never answered. lost: losses since the latest reply of a device that is down;
    scattered: whether there were any since its first. sight_from: when we could see again: a loss
    that left before says nothing. certificates: when those end of which people were told that.
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
    late: float = 0.0
    late_at: float = 0.0
    seen: float = 0.0
    sight_from: float = 0.0
    words: str = ""
    expired: bool = False
    is_silent_down: bool = False
    told_unseen: bool = False
    is_flapping: bool = False
    lost: int = 0
    scattered: bool = False
    changes: tuple[float, ...] = ()
    certificates: tuple[float, ...] = ()
    loss_model: LossModel = field(default_factory=LossModel)

    @property
    def confirming(self) -> bool:
        return not self.blind_reason and (self.run > 0 or self.state is State.UNKNOWN)

    @property
    def is_paused(self) -> bool:
        return self.blind_reason == PAUSED

    @property
    def settled(self) -> bool:
        """Replies change nothing but what is known of the path."""
        return self.state is State.UP and not (self.run or self.slow or self.is_flapping)

    def to_json(self) -> dict[str, Any]:
        """For JSON, read by `detector_state_from_json`. dataclasses.asdict takes ten times as long."""
        found = {key: getattr(self, name) for key, name in _JSON_FIELDS.items()}
        return found | {"path": self.loss_model.to_json()}

    def with_replies(self, count: int, seen: float) -> "DetectorState":
        """What `count` replies make of a settled state. seen: when the latest probe of them left."""
        return replace(self, seen=seen, loss_model=self.loss_model.with_replies(count))


# Key in the database → field. The keys are those of the first versions.
_JSON_FIELDS = {one.name: one.name for one in fields(DetectorState) if one.name != "loss_model"}
_JSON_FIELDS["held"] = _JSON_FIELDS.pop("blind_reason")


def detector_state_from_json(saved: dict[str, Any]) -> DetectorState:
    """What `DetectorState.to_json` gave, also that of an older pingmon."""
    seen = 0.0 if saved["state"] == State.UNKNOWN else saved["since"]
    saved = {"told": saved["state"], "told_since": saved["since"], "seen": seen} | saved
    found = {name: saved[key] for key, name in _JSON_FIELDS.items() if key in saved}
    found |= {"state": State(saved["state"]), "told": State(saved["told"])}
    found |= {name: tuple(saved.get(name, ())) for name in ("changes", "certificates")}
    return DetectorState(**found, loss_model=loss_model_from_json(saved.get("path", [])))


def set_blind(
    state: DetectorState, reason: str, now: float, words: str = "", proven: float | None = None
) -> DetectorState:
    """We can't see the device: neither up nor down, until `see_again` or a reply.

    words: the reason for people, if it says more. proven: until when we could surely see, epoch
    seconds: losses of before still count. None: none of them does.
    """
    since = state.since if state.state is State.UNKNOWN else now
    run = 0
    if proven is not None and state.run and state.run_is_loss and proven >= state.run_from:
        run = min(state.run, int((proven - state.run_from) / CONFIRM) + 1)
    return replace(state, state=State.UNKNOWN, since=since, run=run, blind_reason=reason, words=words)


def see_again(state: DetectorState, now: float = 0.0) -> DetectorState:
    """We see again: what is so is found out afresh, and told if it differs from what was told.

    now: epoch seconds, 0 when no probe of before is under way.
    """
    if not state.blind_reason:
        return state
    run = state.run if state.run_is_loss else 0
    words = TOO_FEW if state.expired else ""
    return replace(state, blind_reason="", run=run, words=words, sight_from=now)


def moved_state(state: DetectorState, now: float) -> DetectorState:
    """Of a device that is looked for at another address from now on, epoch seconds.

    Nothing is known of it there, and the path is another one. What people were told stays, and so does
    that it is paused.
    """
    is_unseen = state.state is State.UNKNOWN and state.told is not State.UNKNOWN
    fresh = DetectorState(
        since=now,
        told=state.told,
        told_since=state.told_since,
        unseen=state.unseen + (max(0.0, now - state.since) if is_unseen else 0.0),
        is_silent_down=state.is_silent_down,
        told_unseen=state.told_unseen,
        sight_from=now,
        certificates=state.certificates,
    )
    return set_blind(fresh, PAUSED, now, state.words) if state.is_paused else fresh


def restate_times(state: DetectorState, clock: ClockSet) -> DetectorState:
    """The same moments by the clock as it is now."""
    times = ("since", "run_from", "told_since", "decided_at", "seen", "sight_from", "late_at")
    known: dict[str, Any] = {name: clock.restated(at) for name in times if (at := getattr(state, name))}
    return replace(state, changes=tuple(map(clock.restated, state.changes)), **known)
