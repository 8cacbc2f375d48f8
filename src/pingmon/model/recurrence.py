"""When something recurs by a rule of RFC 5545, from a moment on, however long ago it began. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import lcm

from dateutil.rrule import rrule, rrulestr

from pingmon.model.errors import InvalidValue

# The calendar repeats itself every 400 years. A rule that never occurs is tried until the year 9999, so
# it is looked at in the last such cycle, not in the twentieth from the end.
_CYCLE, _LAST_CYCLE = 400, 9600
_DAY = timedelta(days=1)


def parse_rrule(rule: str, start: datetime) -> rrule:
    """rule: without DTSTART and UNTIL. Raises InvalidValue."""
    try:
        made = rrulestr(rule, dtstart=start)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        raise InvalidValue(f"the rrule is not one: {rule[:60]!r} can't be understood", "rrule") from None
    assert isinstance(made, rrule)
    return made


def starts_from(rule: str, start: datetime, moment: datetime) -> Iterator[datetime]:
    """Occurrences, in order: all at or after a moment, and perhaps some before it."""
    return iter(parse_rrule(rule, _moved(rule, start, moment)))


def can_occur(rule: str, start: datetime) -> bool:
    """Whether there is any occurrence after `start`."""
    year = start.year % _CYCLE + _LAST_CYCLE
    if year + _CYCLE // 4 > 9999:  # its last century is cut off
        year -= _CYCLE
    return next(iter(parse_rrule(rule, start.replace(year=year))), None) is not None


def _moved(rule: str, start: datetime, moment: datetime) -> datetime:
    """A later start, at or before the moment, from which the same occurrences follow.

    It is whole intervals later, on the same day of the week or the year, so that what a rule takes from
    its start stays. What is counted from the start can't be moved.
    """
    values = dict(part.split("=") for part in rule.split(";"))
    if moment <= start or "COUNT" in values:
        return start
    interval = int(values.get("INTERVAL", 1))
    match values["FREQ"]:
        case "DAILY":
            step = interval * _DAY
        case "WEEKLY":
            step = interval * 7 * _DAY
        case "MONTHLY":
            return _years_later(start, moment, lcm(interval, 12) // 12)
        case _:
            return _years_later(start, moment, interval)
    return start + (moment - start) // step * step


def _years_later(start: datetime, moment: datetime, step: int) -> datetime:
    """By a multiple of `step` years; the 29th of February to a leap year."""
    for count in range((moment.year - start.year) // step, 0, -1):
        try:
            later = start.replace(year=start.year + count * step)
        except ValueError:
            continue
        if later <= moment:
            return later
    return start
