"""How a monitor is probed and judged, what is said about it, and budgets as people write them."""

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar

from pingmon.model.errors import InvalidValue
from pingmon.text.printable import shortened, shown

INTERVAL_RANGE = (0.2, 3600.0)


TIMEOUT_RANGE = (0.05, 60.0)


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How a target is probed and judged. Monitors of one address with the same plan share probes.

    interval, timeout, max_delay, down_after_seconds: seconds. false_alarms: how many a year are
    allowed. down_after, down_after_seconds: a fixed rule, which excludes the budget. up_after:
    replies in a row. Raises InvalidValue.
    """

    interval: float = 10.0
    timeout: float = 2.0
    false_alarms: float | None = None
    max_delay: float | None = None
    down_after: int | None = None
    down_after_seconds: float | None = None
    up_after: int = 2

    def __post_init__(self) -> None:
        _within("interval", self.interval, INTERVAL_RANGE, "seconds")
        _within("timeout", self.timeout, TIMEOUT_RANGE, "seconds")
        _within("up_after", self.up_after, (1, 1000), "replies in a row")
        fixed = [name for name in _FIXED if getattr(self, name) is not None]
        budget = [name for name in _BUDGET if getattr(self, name) is not None]
        if len(fixed) + bool(budget) > 1:
            given = " and ".join(fixed + budget)
            raise InvalidValue(
                f"{given} exclude each other: give down_after, or down_after_seconds, "
                "or false_alarms with max_delay",
                (fixed + budget)[-1],
            )
        least = self.interval + self.timeout + LEAST_LOSSES * CONFIRM
        if self.down_after is not None:
            _within("down_after", self.down_after, (LEAST_LOSSES, 1000), "losses in a row")
        elif self.down_after_seconds is not None:
            _within("down_after_seconds", self.down_after_seconds, (1, 86400), "seconds")
        else:
            if self.false_alarms is None:
                object.__setattr__(self, "false_alarms", FALSE_ALARMS)
            if self.max_delay is None:
                object.__setattr__(self, "max_delay", max(MAX_DELAY, least))
            _within("false_alarms", self.false_alarms, (1e-3, 1e5), "a year")
            _within("max_delay", self.max_delay, (least, 86400), "seconds with this interval and timeout")


FALSE_ALARMS, MAX_DELAY = 1.0, 120.0  # a year; s


LEAST_LOSSES = 2  # a single loss is never an outage


CONFIRM = 1.0  # s between probes while silence is being confirmed


_FIXED, _BUDGET = ("down_after", "down_after_seconds"), ("false_alarms", "max_delay")


_PER_YEAR = {"year": 1.0, "month": 12.0, "week": 365.25 / 7, "day": 365.25}


def parse_rate(text: str) -> float:
    """`1/year`, `2/month`, `0.5/week`, `3/day` → how many a year. Raises InvalidValue."""
    number, _, unit = text.replace(" ", "").partition("/")
    try:
        return float(number) * _PER_YEAR[unit]
    except (ValueError, KeyError):
        raise InvalidValue(
            f"{shown(text)} is not a rate: give a number per year, month, week or day, as in 1/year",
            "false_alarms",
        ) from None


@cache
def format_rate(per_year: float) -> str:
    """As people would say it, in whole numbers if it can be; `parse_rate` gives the same back."""
    for is_short in (_is_whole, lambda _: True):
        for unit, times in reversed(_PER_YEAR.items()):
            text = f"{per_year / times:g}"
            if is_short(float(text)) and float(text) * times == per_year:
                return f"{text}/{unit}"
    return f"{per_year!r}/year"


def _is_whole(number: float) -> bool:
    return number >= 1 and number.is_integer()


@dataclass(frozen=True, slots=True)
class Options:
    """What changes nothing about probing.

    parent: the ID of the monitor through which this one is reached. tell_slow: say so when replies
    come, but too late. tell_unseen: say so when no reply came since it was added. language: of its
    messages, empty for the daemon's. quiet: recoveries make no sound. remind, quiet_hours, quiet_hold,
    escalation, critical, may_be_off, expect_up: as people write them; see model.alarm_state.Rules.
    group: of chats that are told besides, by its name. tell_tags: messages name its tags. tags: sorted.
    tell_address_change: say so when its name has another address.
    """

    parent: str | None = None
    tell_slow: bool = False
    tell_unseen: bool = True
    language: str = ""
    quiet: bool = False
    remind: str = ""
    quiet_hours: str = ""
    quiet_hold: bool = False
    escalation: str = ""
    critical: bool = False
    may_be_off: bool = False
    expect_up: str = ""
    group: str = ""
    tell_tags: bool = False
    tell_address_change: bool = False
    tags: tuple[str, ...] = ()


NO_OPTIONS = Options()


Settings = TypeVar("Settings", DetectionSettings, Options)


def interned(kind: type[Settings], settings: dict[str, Any]) -> Settings:
    """A plan or options: one object for all that have the same. Raises InvalidValue."""
    make: Any = kind
    made: Settings = _shared(make, tuple(settings.items()))
    return made


@lru_cache(1000)
def _shared(kind: Any, settings: tuple[tuple[str, Any], ...]) -> Any:
    return kind(**dict(settings))


def _within(field: str, value: float | None, bounds: tuple[float, float], unit: str) -> None:
    low, high = bounds
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or value is None or not math.isfinite(value) or not low <= value <= high:
        given = f"{value:g}" if number else shortened(repr(value))
        raise InvalidValue(f"{field} must be {low:g} to {high:g} {unit}, not {given}", field)
