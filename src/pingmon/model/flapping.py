"""Flapping as in Nagios and Icinga: weighted changes among the latest states, two thresholds."""

from collections.abc import Sequence

STATES = 20  # changes are looked for between so many states, an interval apart
HIGH, LOW = 0.30, 0.25  # Icinga's thresholds
_OLDEST, _NEWEST = 0.8, 1.2  # weights


def is_flapping(changes: Sequence[float], now: float, interval: float, before: bool) -> bool:
    """changes: times of the latest changes of state, seconds. before: whether it was flapping."""
    return change_share(changes, now, interval) >= (LOW if before else HIGH)


def change_share(changes: Sequence[float], now: float, interval: float) -> float:
    ages = ((now - at) / (STATES * interval) for at in changes)
    # A change may be a little newer than `now`, that of a late reply; not by more than what we look at.
    known = (max(0.0, age) for age in ages if -1 <= age <= 1)
    return sum(_NEWEST - (_NEWEST - _OLDEST) * age for age in known) / STATES
