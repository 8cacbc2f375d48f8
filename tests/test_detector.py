"""The detector's promises, for any history."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.detector import DetectorState, State, Transition, observe
from pingmon.model.monitor import Plan
from pingmon.model.result import Outcome, ProbeResult

HISTORIES = st.lists(st.sampled_from(list(Outcome)), max_size=200)
PLANS = st.builds(
    Plan, down_after=st.integers(min_value=1, max_value=6), up_after=st.integers(min_value=1, max_value=6)
)


def replay(
    outcomes: Sequence[Outcome], plan: Plan, state: DetectorState | None = None
) -> tuple[DetectorState, list[Transition]]:
    state = state or DetectorState()
    transitions = []
    for second, outcome in enumerate(outcomes):
        result = ProbeResult(outcome, float(second), 0.001 if outcome is Outcome.REPLY else None)
        state, transition = observe(state, result, second + 2.0, plan)
        if transition:
            transitions.append(transition)
    return state, transitions


def letters(text: str) -> list[Outcome]:
    names = {"r": Outcome.REPLY, "t": Outcome.TIMEOUT, "e": Outcome.ICMP_ERROR, "l": Outcome.LOCAL_ERROR}
    return [names[letter] for letter in text]


def test_three_losses_then_two_replies() -> None:
    state, transitions = replay(letters("rrttttrr"), Plan())
    assert [(one.after, one.announce, one.at) for one in transitions] == [
        (State.UP, False, 0.0),
        (State.DOWN, True, 2.0),
        (State.UP, True, 6.0),
    ]
    assert transitions[2].lasted == 4.0
    assert state.state is State.UP


def test_a_fresh_monitor_of_a_dead_device_goes_down_silently() -> None:
    _, transitions = replay(letters("tet"), Plan())
    assert [(one.after, one.announce) for one in transitions] == [(State.DOWN, False)]


@given(HISTORIES, PLANS)
def test_transitions_alternate_and_only_the_first_is_silent(history: list[Outcome], plan: Plan) -> None:
    _, transitions = replay(history, plan)
    states = [one.after for one in transitions]
    assert all(a is not b for a, b in pairwise(states))
    assert [one.announce for one in transitions] == [index > 0 for index in range(len(transitions))]


@given(HISTORIES, PLANS)
def test_fewer_losses_than_the_threshold_never_alarm(history: list[Outcome], plan: Plan) -> None:
    short: list[Outcome] = []
    run = 0
    for outcome in history:
        loss = outcome in (Outcome.TIMEOUT, Outcome.ICMP_ERROR)
        run = run + 1 if loss else (run if outcome is Outcome.LOCAL_ERROR else 0)
        if loss and run >= plan.down_after:
            continue
        short.append(outcome)
    state, transitions = replay(short, plan)
    assert all(one.after is not State.DOWN for one in transitions)
    assert state.state is not State.DOWN


@given(HISTORIES, PLANS)
def test_local_errors_change_nothing(history: list[Outcome], plan: Plan) -> None:
    without = [outcome for outcome in history if outcome is not Outcome.LOCAL_ERROR]
    kinds = [one.after for one in replay(history, plan)[1]]
    assert kinds == [one.after for one in replay(without, plan)[1]]


@given(HISTORIES, PLANS, st.integers(min_value=0, max_value=200))
def test_a_restart_in_between_changes_nothing(history: list[Outcome], plan: Plan, cut: int) -> None:
    state, before = replay(history[:cut], plan)
    _, after = replay(history[cut:], plan, state)
    whole = replay(history, plan)[1]
    assert [one.after for one in before + after] == [one.after for one in whole]
