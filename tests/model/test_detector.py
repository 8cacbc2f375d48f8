"""The detector's promises, for any history."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.detection_settings import DetectionSettings, format_rate, parse_rate
from pingmon.model.detector import add_undecided_loss, observe
from pingmon.model.detector_state import (
    DetectorState,
    State,
    Transition,
    TransitionKind,
    detector_state_from_json,
    see_again,
    set_blind,
)
from pingmon.model.down_threshold import forecast, losses_needed, path_knowledge
from pingmon.model.errors import InvalidValue
from pingmon.model.loss_model import LossModel
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.run_rate import phi
from pingmon.model.visibility import Verdict, parent_verdict

IN_TIME = [one for one in Outcome if one is not Outcome.LATE]
HISTORIES = st.lists(st.sampled_from(IN_TIME), max_size=200)
PLANS = st.builds(
    DetectionSettings,
    interval=st.just(0.2),  # flapping looks back over 4 s: histories stay clear of it
    down_after=st.integers(min_value=2, max_value=6),
    up_after=st.integers(min_value=2, max_value=6),
)
BUDGETS = st.builds(
    DetectionSettings, interval=st.sampled_from([0.2, 1.0, 10.0, 60.0]), false_alarms=st.floats(0.01, 100)
)


def replay(
    outcomes: Sequence[Outcome], detection: DetectionSettings, state: DetectorState | None = None
) -> tuple[DetectorState, list[Transition]]:
    state = state or DetectorState()
    transitions = []
    for second, outcome in enumerate(outcomes):
        result = ProbeResult(outcome, float(second), 0.001 if outcome is Outcome.REPLY else None)
        state, transition = observe(state, result, second + 2.0, detection)
        if transition:
            transitions.append(transition)
    return state, transitions


def letters(text: str) -> list[Outcome]:
    names = {"r": Outcome.REPLY, "t": Outcome.TIMEOUT, "e": Outcome.ICMP_ERROR, "l": Outcome.LOCAL_ERROR}
    return [names[letter] for letter in text]


def test_three_losses_then_two_replies() -> None:
    state, transitions = replay(letters("rrttttrr"), DetectionSettings())
    assert [(one.after, one.announce, one.at) for one in transitions] == [
        (State.UP, False, 0.0),
        (State.DOWN, True, 2.0),
        (State.UP, True, 6.0),
    ]
    assert transitions[2].lasted == 4.0
    assert state.state is State.UP


def test_a_fresh_monitor_of_a_dead_device_goes_down_silently() -> None:
    _, transitions = replay(letters("tet"), DetectionSettings())
    assert [(one.after, one.announce) for one in transitions] == [(State.DOWN, False)]


@given(HISTORIES, PLANS)
def test_transitions_alternate_and_only_the_first_is_silent(
    history: list[Outcome], detection: DetectionSettings
) -> None:
    _, transitions = replay(history, detection)
    states = [one.after for one in transitions]
    assert all(a is not b for a, b in pairwise(states))
    assert [one.announce for one in transitions] == [index > 0 for index in range(len(transitions))]


@given(HISTORIES, PLANS)
def test_fewer_losses_than_the_threshold_never_alarm(
    history: list[Outcome], detection: DetectionSettings
) -> None:
    short: list[Outcome] = []
    run = 0
    for outcome in history:
        loss = outcome in (Outcome.TIMEOUT, Outcome.ICMP_ERROR, Outcome.ERROR)
        run = run + 1 if loss else (run if outcome is Outcome.LOCAL_ERROR else 0)
        if loss and run >= (detection.down_after or 0):
            continue
        short.append(outcome)
    state, transitions = replay(short, detection)
    assert all(one.after is not State.DOWN for one in transitions)
    assert state.state is not State.DOWN


@given(HISTORIES, PLANS)
def test_local_errors_change_nothing(history: list[Outcome], detection: DetectionSettings) -> None:
    without = [outcome for outcome in history if outcome is not Outcome.LOCAL_ERROR]
    kinds = [one.after for one in replay(history, detection)[1]]
    assert kinds == [one.after for one in replay(without, detection)[1]]


@given(HISTORIES, PLANS, st.integers(min_value=0, max_value=200))
def test_a_restart_in_between_changes_nothing(
    history: list[Outcome], detection: DetectionSettings, cut: int
) -> None:
    state, before = replay(history[:cut], detection)
    _, after = replay(history[cut:], detection, state)
    whole = replay(history, detection)[1]
    assert [one.after for one in before + after] == [one.after for one in whole]


@given(st.lists(st.sampled_from(list(Outcome)), max_size=300), BUDGETS)
def test_what_is_announced_alternates_whatever_comes(
    history: list[Outcome], detection: DetectionSettings
) -> None:
    told = [
        one.after
        for one in replay(history, detection)[1]
        if one.announce and one.kind is TransitionKind.CHANGE
    ]
    flapped = any(one.kind is not TransitionKind.CHANGE for one in replay(history, detection)[1])
    assert flapped or all(a is not b for a, b in pairwise(told))


@given(HISTORIES, BUDGETS, st.integers(min_value=1, max_value=50))
def test_more_suspicion_never_comes_from_a_reply(
    history: list[Outcome], detection: DetectionSettings, run: int
) -> None:
    state, _ = replay(history, detection)
    loss_model = state.loss_model
    assert phi(loss_model, run, detection.interval) < phi(loss_model, run + 1, detection.interval)
    if state.state is State.UP:
        after, _ = replay([Outcome.REPLY], detection, state)
        before = phi(loss_model, state.run if state.run_is_loss else 0, detection.interval)
        assert phi(after.loss_model, after.run, detection.interval) <= before


@given(HISTORIES, BUDGETS)
def test_never_fewer_than_two_losses_and_never_later_than_max_delay(
    history: list[Outcome], detection: DetectionSettings
) -> None:
    loss_model = replay(history, detection)[0].loss_model
    needed = losses_needed(loss_model, detection)
    assert needed >= 2
    assert forecast(loss_model, detection).delay_p99_s <= (detection.max_delay or 0)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from([1.0, 10.0]))
def test_batches_of_replies_are_replies(first: int, second: int, interval: float) -> None:
    loss_model = LossModel().with_ended_run(4, interval)
    assert loss_model.with_replies(first).with_replies(second) == loss_model.with_replies(first + second)
    assert loss_model.with_replies(first + second).loss(interval) <= loss_model.loss(interval)


def test_a_fresh_clean_path_waits_for_three_and_a_lossy_one_for_more() -> None:
    assert (
        losses_needed(LossModel(), DetectionSettings())
        == losses_needed(LossModel(), DetectionSettings(interval=1))
        == 3
    )
    loss_model = LossModel()
    for _ in range(2000):
        loss_model = loss_model.with_replies(99).with_ended_run(1, 10.0)
    assert losses_needed(loss_model, DetectionSettings()) == 4
    assert forecast(loss_model, DetectionSettings()).delay_p99_s <= 15


@given(HISTORIES, BUDGETS, st.integers(0, 60))
def test_what_is_known_agrees_with_what_is_decided(
    history: list[Outcome], detection: DetectionSettings, run: int
) -> None:
    loss_model = replay(history, detection)[0].loss_model
    now, needed = path_knowledge(loss_model, detection, run), losses_needed(loss_model, detection)
    assert now.bound is not None
    if forecast(loss_model, detection).limited_by == "budget" and needed > 2:
        assert (now.phi >= now.bound - 1e-9) is (run >= needed)
    assert path_knowledge(loss_model, DetectionSettings(down_after=3), run).bound is None


def test_little_is_known_until_a_day_or_a_few_runs_have_passed() -> None:
    assert (
        path_knowledge(LossModel(), DetectionSettings(), 0).little
        and path_knowledge(LossModel().with_replies(8000), DetectionSettings(), 0).little
    )
    assert not path_knowledge(LossModel().with_replies(8640), DetectionSettings(), 0).little
    loss_model = (
        LossModel()
        .with_replies(50)
        .with_ended_run(1, 10)
        .with_replies(50)
        .with_ended_run(2, 10)
        .with_replies(50)
    )
    assert path_knowledge(loss_model, DetectionSettings(), 0).little
    assert not path_knowledge(
        loss_model.with_ended_run(1, 10).with_ended_run(1, 10), DetectionSettings(), 0
    ).little
    assert path_knowledge(loss_model, DetectionSettings(), 0).probes == 151  # the old count a little less


def test_a_short_outage_that_was_told_makes_the_next_a_little_slower_only() -> None:
    loss_model = LossModel().with_replies(5)
    for most in (8, 10, 13):
        loss_model = loss_model.with_ended_run(
            losses_needed(loss_model, DetectionSettings(interval=1)), 1.0, told=True
        ).with_replies(10)
        assert losses_needed(loss_model, DetectionSettings(interval=1)) <= most


def test_without_sight_nothing_counts_and_then_only_what_differs_is_told() -> None:
    detection = DetectionSettings()
    state, _ = replay(letters("rrr"), detection)
    held = set_blind(state, "blind", 5.0)
    blind, said = replay(letters("ttttttttt"), detection, held)
    assert (blind.state, said) == (State.UNKNOWN, [])
    again, said = replay(letters("r"), detection, see_again(blind))
    assert again.state is State.UP and not any(one.announce for one in said)
    _, said = replay(letters("ttt"), detection, see_again(blind))
    assert [(one.before, one.after, one.announce) for one in said] == [(State.UP, State.DOWN, True)]


def test_a_reply_from_before_sight_was_lost_does_not_bring_it_back() -> None:
    state, _ = replay(letters("rrr"), DetectionSettings())
    held = set_blind(state, "blind", 5.0)
    collected, later = (ProbeResult(Outcome.REPLY, at, 0.001) for at in (4.9, 5.1))
    assert observe(held, collected, 6.0, DetectionSettings()) == (held, None)
    assert observe(held, later, 6.0, DetectionSettings())[0].state is State.UP


SIGHTS = st.lists(st.sampled_from("rrrrttttHR"), max_size=200)


@given(SIGHTS, BUDGETS)
def test_time_in_a_state_and_time_without_sight_add_up(
    events: list[str], detection: DetectionSettings
) -> None:
    """H: we see nothing from now on, R: we see again."""
    state, changed_at, blind_from, unseen = DetectorState(), None, None, 0.0
    for second, event in enumerate(events):
        if event == "H":
            state = set_blind(state, state.blind_reason or "blind", second + 0.5)
            blind_from = second + 0.5 if blind_from is None else blind_from
        if event in "HR":
            state = see_again(state) if event == "R" else state
            continue
        result = ProbeResult(letters(event)[0], float(second))
        state, said = observe(state, result, second + 2.0, detection)
        if said is None or said.kind is TransitionKind.STEADY:
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
    state, _ = replay(letters("rrttttrr"), DetectionSettings())
    saved = state.to_json()
    older = {key: value for key, value in saved.items() if key not in ("unseen", "told", "path", "slow")}
    assert detector_state_from_json(saved) == state
    assert (detector_state_from_json(older).state, detector_state_from_json(older).unseen) == (
        state.state,
        0.0,
    )


def test_flapping_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    detection = DetectionSettings(interval=1, down_after=2)
    _, said = replay(letters("r" + "ttrr" * 12 + "r" * 60), detection)
    kinds = [one.kind for one in said if one.announce]
    begin = kinds.index(TransitionKind.FLAPPING)
    assert kinds[begin:] == [TransitionKind.FLAPPING, TransitionKind.STEADY]
    assert set(kinds[:begin]) == {TransitionKind.CHANGE}


def test_late_replies_are_no_outage_and_told_once() -> None:
    detection, state, said = DetectionSettings(), DetectorState(), []
    for second, letter in enumerate("rrttLtLtLtLtLtLtLrr"):
        late = letter == "L"
        outcome = Outcome.LATE if late else letters(letter)[0]
        result = ProbeResult(outcome, second - 3.0 * late, 3.0 if late else None)
        state, transition = observe(state, result, float(second), detection)
        said += [transition.kind] if transition and transition.announce else []
    assert said == [TransitionKind.SLOW] and state.state is State.UP


@given(st.permutations(["parent", "a", "b"]))
def test_parents_and_children_tell_the_same_in_any_order_of_discovery(order: list[str]) -> None:
    """Each round every device loses a probe, in this order, until nothing changes any more."""
    detection, told = DetectionSettings(), []
    states = {name: replay(letters("rr"), detection)[0] for name in order}
    for second in range(10, 40):
        for name in order:
            result = ProbeResult(Outcome.TIMEOUT, float(second))
            after, transition = observe(states[name], result, second + 2.0, detection)
            if transition and name != "parent":
                verdict = parent_verdict(states["parent"], 1.0, transition.at)
                if verdict is not Verdict.TELL:
                    wait = verdict is Verdict.WAIT
                    before = states[name]
                    after = (
                        add_undecided_loss(before, result)
                        if wait
                        else set_blind(before, verdict, second + 2.0)
                    )
                    transition = None
            states[name] = after
            told += [(name, transition.after)] if transition else []
    assert told == [("parent", State.DOWN)]
    assert {states[name].blind_reason for name in ("a", "b")} == {"unreachable"}


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
        DetectionSettings(**settings)
    assert "\n" not in str(caught.value) and caught.value.field in settings


def test_rates_are_read_and_written_as_people_say_them() -> None:
    for text in ("1/year", "2/month", "3/week", "1/day", "0.5/year"):
        assert format_rate(parse_rate(text)) == text
    for wrong in ("1", "x/year", "1/hour", "/day"):
        with pytest.raises(InvalidValue):
            parse_rate(wrong)
