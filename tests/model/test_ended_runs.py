"""Every run of losses that ends teaches, once and at its length; a device that lives comes up."""

from collections.abc import Sequence
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector import observe
from pingmon.model.detector_state import (
    DetectorState,
    State,
    Transition,
    TransitionKind,
    detector_state_from_json,
)
from pingmon.model.down_threshold import losses_needed
from pingmon.model.loss_model import LossModel
from pingmon.model.probe_result import Outcome, ProbeResult

DETECTION = DetectionSettings(interval=1)
LETTERS = {"r": Outcome.REPLY, "t": Outcome.TIMEOUT, "e": Outcome.LOCAL_ERROR}


def lived(
    text: Sequence[str], detection: DetectionSettings = DETECTION, state: DetectorState | None = None
) -> tuple[DetectorState, list[Transition]]:
    """r: reply, t: loss, L: late reply to the probe of three seconds ago, e: local error."""
    state, told = state or DetectorState(), []
    for second, letter in enumerate(text):
        late = letter == "L"
        outcome = Outcome.LATE if late else LETTERS[letter]
        result = ProbeResult(outcome, second - 3.0 * late, 3.0 if late else None)
        state, transition = observe(state, result, float(second), detection)
        told += [transition] if transition else []
    return state, told


def alarms(told: list[Transition]) -> int:
    kinds = (TransitionKind.CHANGE, TransitionKind.FLAPPING)
    return sum(one.announce and one.after is State.DOWN and one.kind in kinds for one in told)


@given(st.lists(st.sampled_from("rrrttLe"), max_size=150))
def test_every_run_that_ended_before_it_was_told_teaches_once(history: list[str]) -> None:
    """Nothing is ever told by a rule that waits for more losses than there are."""
    state, _ = lived(["r", *history], DetectionSettings(interval=0.2, down_after=1000))
    seen = [letter for letter in ["r", *history] if letter != "e"]
    runs = [len(list(group)) for letter, group in groupby(seen) if letter == "t"]
    if seen[-1] == "t":
        runs.pop()
    assert state.loss_model.old_losses == pytest.approx(len(runs), rel=1e-3)
    assert sum(state.loss_model.old_lengths) == pytest.approx(len(runs), rel=1e-3)
    for length in range(1, 10):
        counted = state.loss_model.old_lengths[length - 1 : length]
        assert sum(counted) == pytest.approx(runs.count(length), rel=1e-3)


def test_an_outage_that_ended_a_second_after_it_was_told_teaches() -> None:
    """The first reply left before the deciding loss had timed out."""
    state, told = lived("rrr" + "tttt" + "rr")
    assert alarms(told) == 1
    assert sum(state.loss_model.told) > 0 and state.loss_model.old_losses == pytest.approx(1)


def test_a_gap_of_three_seconds_a_minute_alarms_once() -> None:
    assert alarms(lived("r" * 60 + ("ttt" + "r" * 57) * 1000)[1]) <= 1


def test_a_device_that_is_off_again_and_again_is_told_each_time_within_some_losses() -> None:
    for seconds in (20, 60):
        state, told = lived("r" * 600 + ("t" * seconds + "r" * (600 - seconds)) * 3)
        assert alarms(told) == 3
        assert losses_needed(state.loss_model, DETECTION) < 20


def test_a_device_that_was_off_for_eight_seconds_three_times_is_not_waited_for_until_max_delay() -> None:
    state, told = lived("r" * 600 + ("t" * 8 + "r" * 592) * 3)
    assert 1 <= alarms(told) <= 2 and losses_needed(state.loss_model, DETECTION) < 30
    seconds = {4: 16, 6: 22, 12: 40, 15: 50}
    for off, most in seconds.items():
        state, _ = lived("r" * 600 + ("t" * off + "r" * (600 - off)) * 6)
        assert losses_needed(state.loss_model, DETECTION) < most


def test_short_bursts_between_long_silences_say_that_a_longer_one_may_come() -> None:
    silences = "r" * 600 + ("t" * 8 + "r" * 200 + "t" + "r" * 200 + "tt" + "r" * 200) * 3
    assert losses_needed(lived(silences)[0].loss_model, DETECTION) > 30


def test_the_second_silence_that_would_be_told_is_waited_for_longer_once_a_device_is_known() -> None:
    new, known = (lived("r" * some + "t" * 7 + "r" * 60)[0].loss_model for some in (20, 7200))
    assert losses_needed(new, DETECTION) <= losses_needed(known, DETECTION)
    assert 9 <= losses_needed(known, DETECTION) <= 14


def test_when_a_told_run_ended_between_two_probes_it_was_as_long_as_others_if_it_can_be() -> None:
    """At an interval of 10 s a run that was told at 11 losses may have had 12 as well as 20."""
    needed = []
    for longest in (12, 16):
        path = LossModel().with_replies(300).with_ended_run(longest, 10.0, told=True)
        for _ in range(3):
            for losses in (4, 6, 8, 10, 12):
                path = path.with_replies(300).with_ended_run(losses, 10.0)
        needed.append(losses_needed(path, DetectionSettings(interval=10)))
    assert needed[0] == needed[1]


def test_a_late_reply_ends_a_run_and_teaches_its_length() -> None:
    state, _ = lived("rrttLr", DetectionSettings(interval=1, down_after=1000))
    assert state.loss_model.old_lengths == pytest.approx((0, 1), rel=1e-3)


def test_a_path_that_was_slow_is_remembered_beyond_the_next_replies() -> None:
    slow = "r" * 300 + "tttttt" + "Lt" * 14 + "L"
    state, _ = lived(slow * 20, DetectionSettings(interval=1))
    assert losses_needed(lived("r" * 3000, state=state)[0].loss_model, DETECTION) > 6


def test_a_device_that_answers_every_fourth_probe_comes_up_and_its_death_is_told() -> None:
    state, _ = lived("rrr" + "t" * 60 + "rttt" * 30)
    assert state.state is State.UP
    state, told = lived("rttt" * 1000 + "t" * 40)
    assert told[-1].after is State.DOWN and told[-1].announce


def test_scattered_replies_of_a_dying_device_do_not_bring_it_up() -> None:
    assert lived("rrr" + "t" * 60 + ("r" + "t" * 30) * 20)[0].state is State.DOWN


def test_a_device_is_told_within_max_delay_though_most_sends_fail() -> None:
    detection = DetectionSettings(interval=1, max_delay=60)
    bursty = LossModel()
    for _ in range(200):
        bursty = bursty.with_replies(100).with_ended_run(30, 1.0)
    state = DetectorState(State.UP, told=State.UP, loss_model=bursty)
    assert losses_needed(bursty, detection) > 20
    _, told = lived("r" + "eeeeeeeeet" * 10, detection, state)  # a probe leaves every ten seconds
    assert [one.after for one in told] == [State.DOWN] and told[0].decided_at <= 10 + 60


def test_a_state_of_before_lengths_were_learned_is_read() -> None:
    saved = lived("rrttr")[0].to_json()
    saved["path"] = saved["path"][:9]
    found = detector_state_from_json(saved)
    assert found.loss_model.lengths == () and found.loss_model.day_losses == pytest.approx(1, rel=1e-3)
    assert losses_needed(found.loss_model, DETECTION) >= 2


def test_the_time_that_most_late_replies_take_is_remembered() -> None:
    state = DetectorState(State.UP, told=State.UP)
    for number, rtt in enumerate([8.0, 9.0, 7.0] * 20 + [50.0]):
        late = ProbeResult(Outcome.LATE, number * 60.0, rtt)
        state, _ = observe(state, late, late.sent_at, DETECTION)
    assert 8 < state.late < 30


def test_silence_counts_from_where_late_replies_of_the_last_weeks_came() -> None:
    for ago, least, most in ((3600.0, 10.0, 12.0), (14 * 86400.0, 10.0, 12.0), (40 * 86400.0, 0.0, 5.0)):
        state = DetectorState(State.UP, told=State.UP, late=8.0, late_at=-ago)
        told = [one for one in lived("r" + "t" * 30, DETECTION, state)[1] if one.after is State.DOWN]
        assert least <= told[0].decided_at + DETECTION.timeout - told[0].at <= most


def test_late_replies_never_hold_back_beyond_max_delay() -> None:
    detection = DetectionSettings(interval=1, max_delay=20)
    state = DetectorState(State.UP, told=State.UP, late=60.0, late_at=0.0)
    told = [one for one in lived("r" + "t" * 30, detection, state)[1] if one.after is State.DOWN]
    assert told[0].decided_at + detection.timeout <= 1 + 20


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(3, 30)), max_size=12))
def test_every_run_teaches_once_whether_or_not_it_was_told(history: list[tuple[int, int]]) -> None:
    """history: losses, and then replies, enough for a device that was told down to come up."""
    state, _ = lived("rrr" + "".join("t" * losses + "r" * replies for losses, replies in history))
    assert state.state is State.UP
    assert state.loss_model.old_losses == pytest.approx(len(history), rel=1e-2)
