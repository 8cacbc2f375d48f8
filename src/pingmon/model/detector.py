"""When is a device down? A pure function: (state, result, now) -> (state, transition or None).

Invariants, held for any history of results:
- `down` and `up` transitions alternate, and nothing is ever announced twice;
- fewer than `down_after` losses in a row never cause a transition to `down`;
- a `local_error` says nothing about the device and changes nothing;
- the first conclusion about a fresh monitor is reached silently.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from pingmon.model.monitor import Plan
from pingmon.model.result import Outcome, ProbeResult


class State(StrEnum):
    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Transition:
    """A confirmed change.

    at: when the device changed (the first result of the run that proves it), epoch seconds.
    decided_at: when that was known. lasted: seconds in the state before, None if not known.
    announce: False for the first conclusion about a fresh monitor.
    """

    before: State
    after: State
    at: float
    decided_at: float
    reason: str
    lasted: float | None
    announce: bool


@dataclass(frozen=True, slots=True)
class DetectorState:
    """Everything that is remembered about one monitor. `since`, `run_from`: epoch seconds.

    `run` counts the results in a row that contradict `state` (the soft state of Nagios).
    """

    state: State = State.UNKNOWN
    since: float = 0.0
    run: int = 0
    run_from: float = 0.0
    run_is_loss: bool = False

    @property
    def confirming(self) -> bool:
        return self.run > 0 or self.state is State.UNKNOWN


def observe(
    state: DetectorState, result: ProbeResult, now: float, plan: Plan
) -> tuple[DetectorState, Transition | None]:
    """Take one result into account; results come in the order in which probes were sent."""
    if result.outcome is Outcome.LOCAL_ERROR:
        return state, None
    loss = result.is_loss
    if (state.state is State.UP and not loss) or (state.state is State.DOWN and loss):
        return (replace(state, run=0) if state.run else state), None

    same_run = state.run > 0 and state.run_is_loss == loss
    run = state.run + 1 if same_run else 1
    run_from = state.run_from if same_run else result.sent_at
    # The first reply proves that a fresh device answers; only a *change* needs confirming.
    needed = plan.down_after if loss else (1 if state.state is State.UNKNOWN else plan.up_after)
    if run < needed:
        return replace(state, run=run, run_from=run_from, run_is_loss=loss), None
    after = State.DOWN if loss else State.UP
    known = state.state is not State.UNKNOWN
    transition = Transition(
        before=state.state,
        after=after,
        at=run_from,
        decided_at=now,
        reason=(result.detail or "no reply") if loss else "",
        lasted=max(0.0, run_from - state.since) if known else None,
        announce=known,
    )
    return DetectorState(after, since=run_from), transition
