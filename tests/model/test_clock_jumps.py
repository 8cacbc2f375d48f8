"""What is restated when the wall clock was set, and what is not."""

from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.clock_jumps import JUMP, ClockJumps, ClockSet
from pingmon.model.detector_state import DetectorState, restate_times

YEARS = 1.7e9  # s


def test_stamps_of_this_boot_move_and_those_of_others_stay() -> None:
    clock = ClockSet(YEARS, 0.0, 300.0)
    assert clock.restated(20.0) == YEARS + 20.0
    assert clock.restated(YEARS) == YEARS  # of an earlier boot, by a clock that was right


def test_drift_and_slewing_set_nothing() -> None:
    jumps = ClockJumps(1000.0, 0.0)
    assert all(jumps.update(1000.0 + at * JUMP / 2, float(at)) is None for at in range(100))


@given(st.floats(-1e9, 1e9).filter(lambda one: abs(one) > 1), st.floats(0, 1e6))
def test_a_stamp_is_as_old_after_the_clock_was_set_as_before(jump: float, age: float) -> None:
    now, offset = 1e6, 1e9
    jumps = ClockJumps(offset, now)
    clock = jumps.update(offset + jump, now)
    assert clock is not None
    assert abs((now + offset + jump - clock.restated(now + offset - age)) - age) < 1e-3


def test_a_moment_that_is_not_known_stays_unknown() -> None:
    state = restate_times(DetectorState(since=10.0), ClockSet(YEARS, 0.0, 300.0))
    assert state.since == YEARS + 10.0 and state.told_since == DetectorState().told_since
