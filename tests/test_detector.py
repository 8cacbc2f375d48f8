"""The detector's promises, for any history."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.detector import (
    DetectorState,
    Kind,
    State,
    Transition,
    hold,
    observe,
    postpone,
    release,
    restored,
)
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import Plan, format_rate, parse_rate
from pingmon.model.path import Path, suspicion
from pingmon.model.policy import forecast, known, losses_needed
from pingmon.model.reach import Verdict, of_parent
from pingmon.model.result import Outcome, ProbeResult

IN_TIME = [one for one in Outcome if one is not Outcome.LATE]
HISTORIES = st.lists(st.sampled_from(IN_TIME), max_size=200)
PLANS = st.builds(
    Plan,
    interval=st.just(0.2),  # flapping looks back over 4 s: histories stay clear of it
    down_after=st.integers(min_value=2, max_value=6),
    up_after=st.integers(min_value=2, max_value=6),
)
BUDGETS = st.builds(
    Plan, interval=st.sampled_from([0.2, 1.0, 10.0, 60.0]), false_alarms=st.floats(0.01, 100)
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
        if loss and run >= (plan.down_after or 0):
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


@given(st.lists(st.sampled_from(list(Outcome)), max_size=300), BUDGETS)
def test_what_is_announced_alternates_whatever_comes(history: list[Outcome], plan: Plan) -> None:
    told = [one.after for one in replay(history, plan)[1] if one.announce and one.kind is Kind.CHANGE]
    flapped = any(one.kind is not Kind.CHANGE for one in replay(history, plan)[1])
    assert flapped or all(a is not b for a, b in pairwise(told))


@given(HISTORIES, BUDGETS, st.integers(min_value=1, max_value=50))
def test_more_suspicion_never_comes_from_a_reply(history: list[Outcome], plan: Plan, run: int) -> None:
    state, _ = replay(history, plan)
    path = state.path
    assert suspicion(path, run, plan.interval) < suspicion(path, run + 1, plan.interval)
    if state.state is State.UP:
        after, _ = replay([Outcome.REPLY], plan, state)
        before = suspicion(path, state.run if state.run_is_loss else 0, plan.interval)
        assert suspicion(after.path, after.run, plan.interval) <= before


@given(HISTORIES, BUDGETS)
def test_never_fewer_than_two_losses_and_never_later_than_max_delay(
    history: list[Outcome], plan: Plan
) -> None:
    path = replay(history, plan)[0].path
    needed = losses_needed(path, plan)
    assert needed >= 2
    assert forecast(path, plan).delay_p99_s <= (plan.max_delay or 0)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from([1.0, 10.0]))
def test_batches_of_replies_are_replies(first: int, second: int, interval: float) -> None:
    path = Path().run_ended(4, interval)
    assert path.replied(first).replied(second) == path.replied(first + second)
    assert path.replied(first + second).loss(interval) <= path.loss(interval)


def test_a_fresh_clean_path_waits_for_three_and_a_lossy_one_for_more() -> None:
    assert losses_needed(Path(), Plan()) == losses_needed(Path(), Plan(interval=1)) == 3
    path = Path()
    for _ in range(2000):
        path = path.replied(99).run_ended(1, 10.0)
    assert losses_needed(path, Plan()) == 4
    assert forecast(path, Plan()).delay_p99_s <= 15


@given(HISTORIES, BUDGETS, st.integers(0, 60))
def test_what_is_known_agrees_with_what_is_decided(history: list[Outcome], plan: Plan, run: int) -> None:
    path = replay(history, plan)[0].path
    now, needed = known(path, plan, run), losses_needed(path, plan)
    assert now.bound is not None
    if forecast(path, plan).limited_by == "budget" and needed > 2:
        assert (now.phi >= now.bound - 1e-9) is (run >= needed)
    assert known(path, Plan(down_after=3), run).bound is None


def test_little_is_known_until_a_day_or_a_few_runs_have_passed() -> None:
    assert known(Path(), Plan(), 0).little and known(Path().replied(8000), Plan(), 0).little
    assert not known(Path().replied(8640), Plan(), 0).little
    path = Path().replied(50).run_ended(1, 10).replied(50).run_ended(2, 10).replied(50)
    assert known(path, Plan(), 0).little
    assert not known(path.run_ended(1, 10).run_ended(1, 10), Plan(), 0).little
    assert known(path, Plan(), 0).probes == 151  # the old count a little less


def test_a_short_outage_that_was_told_makes_the_next_a_little_slower_only() -> None:
    path = Path().replied(5)
    for most in (8, 10, 13):
        path = path.run_ended(losses_needed(path, Plan(interval=1)), 1.0, told=True).replied(10)
        assert losses_needed(path, Plan(interval=1)) <= most


def test_without_sight_nothing_counts_and_then_only_what_differs_is_told() -> None:
    plan = Plan()
    state, _ = replay(letters("rrr"), plan)
    held = hold(state, "blind", 5.0)
    blind, said = replay(letters("ttttttttt"), plan, held)
    assert (blind.state, said) == (State.UNKNOWN, [])
    again, said = replay(letters("r"), plan, release(blind))
    assert again.state is State.UP and not any(one.announce for one in said)
    _, said = replay(letters("ttt"), plan, release(blind))
    assert [(one.before, one.after, one.announce) for one in said] == [(State.UP, State.DOWN, True)]


def test_a_reply_from_before_sight_was_lost_does_not_bring_it_back() -> None:
    state, _ = replay(letters("rrr"), Plan())
    held = hold(state, "blind", 5.0)
    collected, later = (ProbeResult(Outcome.REPLY, at, 0.001) for at in (4.9, 5.1))
    assert observe(held, collected, 6.0, Plan()) == (held, None)
    assert observe(held, later, 6.0, Plan())[0].state is State.UP


SIGHTS = st.lists(st.sampled_from("rrrrttttHR"), max_size=200)


@given(SIGHTS, BUDGETS)
def test_time_in_a_state_and_time_without_sight_add_up(events: list[str], plan: Plan) -> None:
    """H: we see nothing from now on, R: we see again."""
    state, changed_at, blind_from, unseen = DetectorState(), None, None, 0.0
    for second, event in enumerate(events):
        if event == "H":
            state = hold(state, state.held or "blind", second + 0.5)
            blind_from = second + 0.5 if blind_from is None else blind_from
        if event in "HR":
            state = release(state) if event == "R" else state
            continue
        result = ProbeResult(letters(event)[0], float(second))
        state, said = observe(state, result, second + 2.0, plan)
        if said is None or said.kind is Kind.STEADY:
            continue
        if blind_from is not None:
            unseen, blind_from = unseen + said.at - blind_from, None
        if said.lasted is None or changed_at is None:
            changed_at, unseen = said.at, 0.0
            continue
        assert said.unseen == pytest.approx(unseen)
        assert said.lasted + said.unseen == pytest.approx(said.at - changed_at)
        if said.before is not said.after:
            changed_at, unseen = said.at, 0.0


def test_the_state_of_an_older_pingmon_is_understood() -> None:
    state, _ = replay(letters("rrttttrr"), Plan())
    saved = state.saved()
    older = {key: value for key, value in saved.items() if key not in ("unseen", "told", "path", "slow")}
    assert restored(saved) == state
    assert (restored(older).state, restored(older).unseen) == (state.state, 0.0)


def test_flapping_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    plan = Plan(interval=1, down_after=2)
    _, said = replay(letters("r" + "ttrr" * 12 + "r" * 60), plan)
    kinds = [one.kind for one in said if one.announce]
    begin = kinds.index(Kind.FLAPPING)
    assert kinds[begin:] == [Kind.FLAPPING, Kind.STEADY]
    assert set(kinds[:begin]) == {Kind.CHANGE}


def test_late_replies_are_no_outage_and_told_once() -> None:
    plan, state, said = Plan(), DetectorState(), []
    for second, letter in enumerate("rrttLtLtLtLtLtLtLrr"):
        late = letter == "L"
        outcome = Outcome.LATE if late else letters(letter)[0]
        result = ProbeResult(outcome, second - 3.0 * late, 3.0 if late else None)
        state, transition = observe(state, result, float(second), plan)
        said += [transition.kind] if transition and transition.announce else []
    assert said == [Kind.SLOW] and state.state is State.UP


@given(st.permutations(["parent", "a", "b"]))
def test_parents_and_children_tell_the_same_in_any_order_of_discovery(order: list[str]) -> None:
    """Each round every device loses a probe, in this order, until nothing changes any more."""
    plan, told = Plan(), []
    states = {name: replay(letters("rr"), plan)[0] for name in order}
    for second in range(10, 40):
        for name in order:
            result = ProbeResult(Outcome.TIMEOUT, float(second))
            after, transition = observe(states[name], result, second + 2.0, plan)
            if transition and name != "parent":
                verdict = of_parent(states["parent"], 1.0, transition.at)
                if verdict is not Verdict.TELL:
                    wait = verdict is Verdict.WAIT
                    before = states[name]
                    after = postpone(before, result) if wait else hold(before, verdict, second + 2.0)
                    transition = None
            states[name] = after
            told += [(name, transition.after)] if transition else []
    assert told == [("parent", State.DOWN)]
    assert {states[name].held for name in ("a", "b")} == {"unreachable"}


@pytest.mark.parametrize(
    "settings",
    [
        {"down_after": 1},
        {"down_after": 3, "false_alarms": 1.0},
        {"down_after": 3, "down_after_seconds": 5.0},
        {"max_delay": 5.0},
        {"false_alarms": 0.0},
    ],
)
def test_rules_that_contradict_are_refused_in_one_line(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as caught:
        Plan(**settings)
    assert "\n" not in str(caught.value) and caught.value.field in settings


def test_rates_are_read_and_written_as_people_say_them() -> None:
    for text in ("1/year", "2/month", "3/week", "1/day", "0.5/year"):
        assert format_rate(parse_rate(text)) == text
    for wrong in ("1", "x/year", "1/hour", "/day"):
        with pytest.raises(InvalidValue):
            parse_rate(wrong)
