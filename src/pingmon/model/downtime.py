"""Planned downtime: windows, once or repeating (RFC 5545), in a time zone.

A window is given in local time: "Sunday 01:00 to 05:00" ends at 05:00 also in the night in which clocks
change. One that begins at a time that is skipped then, or that comes twice, exists once (`model.when`).
`--for` gives it exact seconds instead.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile
from typing import Any

from pingmon.model.errors import InvalidValue
from pingmon.model.recurrence import can_occur, parse_rrule, starts_from
from pingmon.model.weekly_hours import Span
from pingmon.model.when import (
    LONGEST,
    WEEK,
    format_duration,
    parse_duration,
    parse_local,
    to_epoch,
    to_local,
    zone_of,
)

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
LONGEST_WINDOW = 366 * 86400.0  # s
LONGEST_RULE = 500  # characters
MOST_A_DAY = 48  # windows
COMPARED = 400  # windows that are looked at for one that overlaps the next
COMPARED_AHEAD = 53 * WEEK  # s; likewise, of two downtimes

_PARTS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH",
    "BYSETPOS", "BYHOUR", "BYMINUTE", "WKST",
}  # fmt: skip
_CLOCKS_CHANGE = timedelta(days=2)  # more than any zone ever moved its clocks by
_UNTIL = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Downtime:
    """One plan. start: naive local time of the first window. rule: of RFC 5545 without DTSTART and UNTIL,
    empty for once. until: the last moment at which a window may begin, naive local time. is_exact:
    `length` is of real time, else of the clock on the wall.
    """

    start: datetime
    length: timedelta
    zone: str = ""
    rule: str = ""
    until: datetime | None = None
    is_exact: bool = False

    def windows(self, after: float) -> Iterator[Span]:
        """Those that end after a moment, in order. Keep the iterator: it knows where it was."""
        return (window for window in map(self._window, self._starts(after)) if window.end > after)

    def window_at(self, now: float) -> Span | None:
        """The window that goes on now."""
        window = next(self.windows(now), None)
        return window if window and window.start <= now else None

    def to_json(self) -> dict[str, Any]:
        return {
            "start": self.start.isoformat(),
            "length": self.length.total_seconds(),
            "zone": self.zone,
            "rule": self.rule,
            "until": self.until.isoformat() if self.until else None,
            "exact": self.is_exact,
        }

    def _starts(self, after: float) -> Iterator[datetime]:
        """All of windows that end after a moment, and perhaps some before them."""
        if not self.rule:
            return iter([self.start])
        # Local time may have been another one when the window began.
        latest = to_local(after, self.zone) - self.length - _CLOCKS_CHANGE
        starts = starts_from(self.rule, self.start, latest)
        until = self.until
        return takewhile(lambda start: start <= until, starts) if until else starts

    def _window(self, start: datetime) -> Span:
        began = to_epoch(start, self.zone)
        end = began + self.length.total_seconds()
        if not self.is_exact:
            with suppress(OverflowError):  # it would end after 9999
                by_the_wall = to_epoch(start + self.length, self.zone)
                end = by_the_wall if by_the_wall > began else end
        return Span(began, end)


def downtime_from_json(saved: Mapping[str, Any]) -> Downtime:
    """What `Downtime.to_json` gave."""
    return Downtime(
        datetime.fromisoformat(saved["start"]),
        timedelta(seconds=saved["length"]),
        saved["zone"],
        saved["rule"],
        datetime.fromisoformat(saved["until"]) if saved["until"] else None,
        saved["exact"],
    )


def parse_downtime(
    now: float,
    start: str = "",
    end: str = "",
    lasts: str = "",
    rule: str = "",
    zone: str = "",
) -> Downtime:
    """Of what people typed. start: empty for now. end, lasts: one of them. Raises InvalidValue.

    The fields that errors name: start, end, for, rrule, time_zone.
    """
    zone_of(zone)
    if bool(end) is bool(lasts):
        raise InvalidValue("give either end or for: when it ends, or how long it is", "end")
    begins = parse_local(start, zone, now, "start") if start else to_local(now, zone)
    begins = begins.replace(microsecond=0)
    if lasts:
        length = timedelta(seconds=parse_duration(lasts, "for"))
    else:
        base = max(now, to_epoch(begins, zone))
        length = parse_local(end, zone, base, "end") - begins
        if not length:
            raise InvalidValue(f"it is empty: it ends ({end[:40]}) when it begins", "end")
        if length < timedelta(0):
            raise InvalidValue(f"it ends ({end[:40]}) before it begins ({begins:%Y-%m-%d %H:%M})", "end")
    if length.total_seconds() > LONGEST_WINDOW:
        raise InvalidValue(
            "a window of more than a year is no downtime: pause, or mute indefinitely", "end"
        )
    if to_epoch(begins, zone) - now > LONGEST:
        raise InvalidValue("it begins in more than 10 years", "start")
    if rule and now - to_epoch(begins, zone) > LONGEST_WINDOW:
        raise InvalidValue("it begins more than a year ago: give a later start", "start")
    words, until = _parse_rule(rule, zone) if rule else ("", None)
    made = Downtime(begins, length, zone, words, until, is_exact=bool(lasts))
    _check(made, now, rule)
    return made


def first_overlap(one: Downtime, other: Downtime, now: float) -> Span | None:
    """The first time within a year that two downtimes share; None when there is none."""
    horizon = now + COMPARED_AHEAD
    ours, theirs = one.windows(now), other.windows(now)
    a, b = next(ours, None), next(theirs, None)
    while a and b and a.start < horizon and b.start < horizon:
        start, end = max(a.start, b.start), min(a.end, b.end)
        if start < end:
            return Span(start, end)
        if a.end <= b.end:
            a = next(ours, None)
        else:
            b = next(theirs, None)
    return None


def _parse_rule(text: str, zone: str) -> tuple[str, datetime | None]:
    words = text.strip().upper().removeprefix("RRULE:")
    if len(words) > LONGEST_RULE or not re.fullmatch(r"[A-Z0-9=;,+-]+", words, re.ASCII):
        raise InvalidValue("the rrule is not one: give it as FREQ=WEEKLY;BYDAY=SU", "rrule")
    parts = [one.partition("=") for one in words.split(";") if one]
    names = [name for name, _, _ in parts]
    if unknown := [name for name in names if name not in _PARTS]:
        raise InvalidValue(f"the rrule has an unknown part {unknown[0][:20]!r}", "rrule")
    if len(set(names)) < len(names):
        raise InvalidValue("the rrule has a part twice", "rrule")
    values = {name: value for name, _, value in parts}
    if values.get("FREQ") not in FREQUENCIES:
        choice = ", ".join(FREQUENCIES)
        raise InvalidValue(
            f"FREQ of the rrule must be one of {choice}; for each hour give FREQ=DAILY;BYHOUR=0,1,2",
            "rrule",
        )
    if {"COUNT", "UNTIL"} <= set(values):
        raise InvalidValue("COUNT and UNTIL of an rrule exclude each other", "rrule")
    for name, most in (("INTERVAL", 1000), ("COUNT", 100_000)):
        number = values.get(name, "1")
        if not (number.isdigit() and len(number) < 10 and 1 <= int(number) <= most):
            raise InvalidValue(f"{name}={number[:20]} of the rrule must be 1 to {most}", "rrule")
    of_a_day = [values.get(name, "").count(",") + 1 for name in ("BYHOUR", "BYMINUTE")]
    if of_a_day[0] * of_a_day[1] > MOST_A_DAY:
        raise InvalidValue(f"an rrule has at most {MOST_A_DAY} windows a day", "rrule")
    _check_ordinals(values.get("BYDAY", ""), values["FREQ"] == "YEARLY" and "BYMONTH" not in values)
    until = _parse_until(values.pop("UNTIL"), zone) if "UNTIL" in values else None
    return ";".join(f"{name}={value}" for name, value in values.items()), until


def _parse_until(text: str, zone: str) -> datetime:
    found = _UNTIL.fullmatch(text)
    try:
        if not found:
            raise ValueError
        year, month, day = (int(one) for one in found.groups()[:3])
        if found[4] is None:
            return datetime(year, month, day, 23, 59, 59)
        local = datetime(year, month, day, int(found[4]), int(found[5]), int(found[6]))
        return to_local(to_epoch(local, "UTC"), zone) if found[7] else local
    except (ValueError, OverflowError):  # in that zone it may be before year 1 or after 9999
        raise InvalidValue(
            f"UNTIL={text[:20]} of the rrule is no date: give 20261231 or 20261231T180000Z", "rrule"
        ) from None


def _check_ordinals(by_day: str, is_yearly: bool) -> None:
    """dateutil takes any, and fails with some of them later, when the windows are looked for."""
    most = 53 if is_yearly else 5
    for day in by_day.split(","):
        found = re.match(r"[+-]*(\d+)", day)
        if found and not 1 <= int(found[1][:4]) <= most:
            raise InvalidValue(f"BYDAY={day[:20]} of the rrule: there is no such day", "rrule")


def _check(made: Downtime, now: float, rule: str) -> None:
    if not made.rule:
        if next(made.windows(now), None) is None:
            raise InvalidValue(
                f"it is past: it ended before {to_local(now, made.zone):%Y-%m-%d %H:%M}", "end"
            )
        return
    parse_rrule(made.rule, made.start)
    if not can_occur(made.rule, made.start):
        raise InvalidValue(f"the rrule never occurs: {rule[:60]}", "rrule")
    windows = list(islice(takewhile(lambda one: one.start < now + LONGEST, made.windows(now)), COMPARED))
    if not windows:
        is_past = next(made.windows(now), None) is None
        when = "has no window that is not past" if is_past else "first occurs in more than 10 years"
        raise InvalidValue(f"the rrule {when}", "rrule")
    for one, following in pairwise(windows):
        if following.start < one.end:
            length = format_duration(one.end - one.start)
            raise InvalidValue(
                f"its windows overlap: each is {length} long, and the next begins before", "rrule"
            )
