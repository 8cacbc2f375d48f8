"""Hours that come again every week, as `Mon-Fri 08:00-18:00`, in a time zone."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.model.when import DAYS, to_epoch, to_local, zone_of
from pingmon.text.printable import shown

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
LONGEST_TEXT = 200

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_DAY_RANGE = re.compile(r"([a-z]{3})[a-z]*(?:\s*-\s*([a-z]{3})[a-z]*)?", re.ASCII)


class Span(NamedTuple):
    """From `start` until just before `end`, epoch seconds."""

    start: float
    end: float


class DayHours(NamedTuple):
    """On which weekdays (0 is Monday) it begins, and when: minutes of the day.

    end: not more than a day after start; beyond DAY_MINUTES it is on the next day.
    """

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """text: as it was given, to be shown and stored. zone: an IANA name, empty for the system's."""

    text: str
    zone: str
    hours: tuple[DayHours, ...]

    def span_at(self, now: float) -> Span | None:
        """The hours that go on now; those that touch are one. None when it is none of them."""
        spans = _spans(self, to_local(now, self.zone).date())
        index = bisect_right([one.start for one in spans], now) - 1
        return spans[index] if index >= 0 and now < spans[index].end else None

    def next_start(self, now: float) -> float:
        """When the next of these hours begin, epoch seconds; later than `now`."""
        day = to_local(now, self.zone).date()
        while True:  # once; twice in a week of which only a few hours are meant
            for span in _spans(self, day):
                if span.start > now:
                    return span.start
            day += timedelta(days=7)

    def next_change(self, now: float) -> float:
        """When they begin or end next, epoch seconds."""
        span = self.span_at(now)
        return span.end if span else self.next_start(now)


def parse_weekly_hours(text: str, zone: str, field: str) -> WeeklyHours:
    """`22:00-07:00`, `Mon-Fri 08:00-18:00; Sat 09:00-12:00`, a zone's name may follow. InvalidValue.

    An end that is not after its start is on the next day; 24:00 is the end of the day. zone: where the
    text names none.
    """
    wanted = text.strip()
    if len(wanted) > LONGEST_TEXT:
        raise InvalidValue(f"hours are at most {LONGEST_TEXT} characters", field)
    hours, named = wanted, zone
    first, _, last = wanted.rpartition(" ")
    if first and last[:1].isalpha() and ";" not in last:
        hours, named = first, last
    zone_of(named, field)
    found = tuple(_day_hours(one, text, field) for one in hours.lower().split(";") if one.strip())
    if not found:
        raise InvalidValue(f"{shown(text)} names no hours: give them as Mon-Fri 08:00-18:00", field)
    if _covers_all(found):
        raise InvalidValue(f"{shown(text)} is all of the week: leave some time out", field)
    return WeeklyHours(hours.strip(), named, found)


def _day_hours(part: str, text: str, field: str) -> DayHours:
    found = _SPAN.search(part.rstrip())
    if not found or found.end() != len(part.rstrip()):
        raise InvalidValue(f"{shown(text)} is not hours: give them as Mon-Fri 08:00-18:00", field)
    start, end = _minute(found[1], found[2], field), _minute(found[3], found[4], field)
    if start == end:
        raise InvalidValue(f"{shown(found[0])} is empty: it begins as it ends", field)
    if start == DAY_MINUTES:
        raise InvalidValue("'24:00' is an end only: begin at 00:00", field)
    days = _days(part[: found.start()].strip(), text, field)
    return DayHours(days, start, end if end > start else end + DAY_MINUTES)


def _minute(hour: str, minute: str, field: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > DAY_MINUTES:
        raise InvalidValue(f"'{hour}:{minute}' is not a time of day: give 00:00 to 24:00", field)
    return total


def _days(words: str, text: str, field: str) -> frozenset[int]:
    if not words:
        return frozenset(range(7))
    chosen = set[int]()
    for one in re.split(r"[,\s]+(?![-\s])", re.sub(r"\s*-\s*", "-", words.strip(" ,"))):
        found = _DAY_RANGE.fullmatch(one)
        if not found or any(name and name not in DAYS for name in found.groups()):
            raise InvalidValue(f"{shown(text)}: {shown(one)} is no weekday: give Mon, Tue … Sun", field)
        first = DAYS.index(found[1])
        last = DAYS.index(found[2]) if found[2] else first
        chosen |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return frozenset(chosen)


def _covers_all(hours: tuple[DayHours, ...]) -> bool:
    covered = bytearray(WEEK_MINUTES)
    for one in hours:
        for day in one.days:
            for minute in range(one.start, one.end):
                covered[(day * DAY_MINUTES + minute) % WEEK_MINUTES] = 1
    return all(covered)


@lru_cache(512)
def _spans(weekly: WeeklyHours, day: date) -> tuple[Span, ...]:
    """Those that begin from a week before a local day until nine days after it, in order, joined."""
    found = []
    midnight = datetime(day.year, day.month, day.day)
    for offset in range(-8, 10):
        start_of_day = midnight + timedelta(days=offset)
        for one in weekly.hours:
            if start_of_day.weekday() in one.days:
                start = to_epoch(start_of_day + timedelta(minutes=one.start), weekly.zone)
                end = to_epoch(start_of_day + timedelta(minutes=one.end), weekly.zone)
                if end > start:  # else clocks skipped it
                    found.append(Span(start, end))
    joined: list[Span] = []
    for span in sorted(found):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
