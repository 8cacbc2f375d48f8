"""Times and durations as people type them, and local time in a zone.

Local times are naive `datetime`s. One that exists twice, as clocks go back, means the first; one that is
skipped, as they go forward, is taken with the offset before the change (RFC 5545, 3.3.5): 02:30 becomes
03:30. So every local time is exactly one moment.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from pingmon.model.errors import InvalidValue
from pingmon.text.printable import shown

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86400.0, 604800.0
LONGEST = 10 * 366 * DAY  # s; what is meant to last longer is a slip of the keyboard
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_UNITS = {"s": 1.0, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_UNIT_NAMES = {
    **_UNITS,
    **dict.fromkeys(("sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), HOUR),
    **dict.fromkeys(("day", "days"), DAY),
    **dict.fromkeys(("week", "weeks"), WEEK),
}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]+)\s*", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*(z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


@lru_cache(256)
def zone_of(name: str, field: str = "time_zone") -> ZoneInfo | None:
    """The zone of an IANA name; None, the system's, for an empty one. Raises InvalidValue."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidValue(
            f"there is no time zone {shown(name)}: give a name as Europe/Berlin", field
        ) from None


def to_epoch(local: datetime, zone: str) -> float:
    """local: naive, its `fold` is not looked at. zone: an IANA name, empty for the system's."""
    try:
        return local.replace(tzinfo=zone_of(zone), fold=0).timestamp()
    except (OverflowError, ValueError):  # year 1 or 9999
        return local.replace(tzinfo=UTC).timestamp()


def to_local(at: float, zone: str) -> datetime:
    """The naive local time at a moment, epoch seconds."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone_of(zone)).replace(tzinfo=None, fold=0)


def parse_duration(text: str, field: str = "for") -> float:
    """`90s`, `2h`, `1d 3h`, `1h30m`, `2 weeks` → seconds, more than 0. Raises InvalidValue."""
    wanted = text.strip().lower()
    total, end = 0.0, 0
    for part in _PART.finditer(wanted):
        if part.start() != end or part[2] not in _UNIT_NAMES:
            break
        total += float(part[1]) * _UNIT_NAMES[part[2]]
        end = part.end()
    if not wanted or end != len(wanted):
        raise InvalidValue(f"{shown(text)} is not a duration: give it as 90s, 30m, 2h or 1d 3h", field)
    if not 0 < total <= LONGEST:
        raise InvalidValue(f"{shown(text)} is not between 1s and 10 years", field)
    return total


def parse_durations(text: str, field: str) -> tuple[float, ...]:
    """`30m,2h,1d` → seconds, rising. Raises InvalidValue."""
    found = tuple(parse_duration(one, field) for one in text.split(","))
    if any(later <= earlier for earlier, later in pairwise(found)):
        raise InvalidValue(f"{shown(text)}: each must be longer than the one before", field)
    return found


def format_duration(seconds: float) -> str:
    """The shortest text from which `parse_duration` gives the same whole seconds: `1d 3h`."""
    left, parts = round(seconds), []
    for name, length in reversed(_UNITS.items()):
        count, left = divmod(left, int(length))
        if count:
            parts.append(f"{count}{name}")
    return " ".join(parts) or "0s"


def parse_when(text: str, now: float, zone: str, field: str = "until") -> float:
    """A moment as people give it, epoch seconds. Raises InvalidValue.

    `18:00` (the next time it is that late), `tomorrow 08:00`, `mon 08:00` (the next such day), `in 2h`,
    `2026-12-01`, `2026-12-01 18:00`, `2026-12-01T18:00:00+02:00`; each also after `until`. zone: for what
    names none.
    """
    words = text.strip().lower().removeprefix("until ").strip()
    zone_of(zone)
    if words.startswith("in "):
        return now + parse_duration(words[3:], field)
    if found := _DATE_TIME.fullmatch(words):
        return _of_date(found, text, zone, field)
    day, _, clock = words.rpartition(" ")
    found = _CLOCK.fullmatch(clock)
    if not found or (day not in ("", "today", "tomorrow") and day[:3] not in DAYS):
        raise InvalidValue(
            f"{shown(text)} is not a time: give it as 18:00, tomorrow 08:00, mon 08:00 or 2026-12-01",
            field,
        )
    hour, minute = int(found[1]), int(found[2])
    if hour > 23 or minute > 59:
        raise InvalidValue(f"{shown(clock)} is not a time of day: give 00:00 to 23:59", field)
    return _next_clock(day.strip(), hour, minute, now, zone)


def parse_future(text: str, now: float, zone: str, field: str = "until") -> float:
    """As `parse_when`; also refuses what is past, or too far."""
    at = parse_when(text, now, zone, field)
    if at <= now:
        raise InvalidValue(f"{shown(text)} is past: it is {to_local(now, zone):%Y-%m-%d %H:%M}", field)
    if at - now > LONGEST:
        raise InvalidValue(f"{shown(text)} is more than 10 years away", field)
    return at


def parse_local(text: str, zone: str, now: float, field: str) -> datetime:
    """As `parse_when`, but the naive local time, as it was written where it is a date."""
    found = _DATE_TIME.fullmatch(text.strip().lower())
    if found and not found[7]:
        return _date_time(found, text, field)
    try:
        return to_local(parse_when(text, now, zone, field), zone)
    except (ValueError, OverflowError):  # in that zone it is before year 1 or after 9999
        raise InvalidValue(f"{shown(text)}: there is no such day", field) from None


def _of_date(found: re.Match[str], text: str, zone: str, field: str) -> float:
    local = _date_time(found, text, field)
    if not found[7]:
        return to_epoch(local, zone)
    offset = found[7].replace(":", "")
    minutes = 0 if offset == "z" else int(offset[0] + "1") * (int(offset[1:3]) * 60 + int(offset[3:]))
    return local.replace(tzinfo=UTC).timestamp() - minutes * MINUTE


def _date_time(found: re.Match[str], text: str, field: str) -> datetime:
    year, month, day, hour, minute, second = (int(one or 0) for one in found.groups()[:6])
    try:
        date(year, month, day)
    except ValueError:
        raise InvalidValue(f"{shown(text)}: there is no such day", field) from None
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        raise InvalidValue(f"{shown(text)}: there is no such time of day", field) from None


def _next_clock(day: str, hour: int, minute: int, now: float, zone: str) -> float:
    start = to_local(now, zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
    if day == "tomorrow":
        return to_epoch(start + timedelta(days=1), zone)
    if day == "today":
        return to_epoch(start, zone)
    if day:
        start += timedelta(days=(DAYS.index(day[:3]) - start.weekday()) % 7)
    step = timedelta(days=7 if day else 1)
    while to_epoch(start, zone) <= now:
        start += step
    return to_epoch(start, zone)
