"""The operator hears of unclean stops at most once an hour, of all of them, and for how long in all."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.unclean_stops import TOLD_EVERY, UncleanStops, unclean_stops_from_json


def test_the_first_is_due_at_once_and_the_next_ones_an_hour_later_together() -> None:
    stops = UncleanStops()
    assert not stops.is_due(1000.0)
    stops = stops.with_another(990.0, 1000.0)
    assert stops.is_due(1000.0) and stops == UncleanStops(0.0, 1, 10.0, 990.0, 1000.0)
    stops = stops.as_told(1000.0)
    assert not stops.is_due(1000.0 + TOLD_EVERY)
    for at in (1100.0, 1200.0, 1300.0):
        stops = stops.with_another(at - 5, at)
        assert not stops.is_due(at)
    assert stops.is_due(1000.0 + TOLD_EVERY)
    assert (stops.untold, stops.seconds, stops.since) == (3, 15.0, 1295.0)


def test_a_clock_that_was_set_back_hides_nothing() -> None:
    stops = UncleanStops(told_at=5000.0).with_another(4990.0, 1000.0)
    assert stops.seconds == 0.0 and stops.is_due(1000.0)


@given(st.lists(st.tuples(st.floats(1, 7200), st.floats(0, 100)), max_size=60))
def test_every_stop_is_told_once_and_never_twice_an_hour(history: list[tuple[float, float]]) -> None:
    stops, now, told = UncleanStops(), 1e9, list[tuple[float, int]]()
    for ran, unseen in history:
        now += ran
        if stops.is_due(now):  # looked at while it runs
            told.append((now, stops.untold))
            stops = stops.as_told(now)
        now += unseen
        stops = unclean_stops_from_json(stops.to_json()).with_another(now - unseen, now)
        if stops.is_due(now):
            told.append((now, stops.untold))
            stops = stops.as_told(now)
    assert sum(count for _, count in told) + stops.untold == len(history)
    times = [at for at, _ in told]
    assert all(b - a >= TOLD_EVERY for a, b in pairwise(times))


@pytest.mark.parametrize("saved", [{}, {"told_at": None}, {"told_at": "x"}])
def test_what_is_broken_is_an_error(saved: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        unclean_stops_from_json(saved)
