"""Quiet hours of a chat: messages make no sound, or wait until the end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.model.weekly_hours import Span, WeeklyHours, parse_weekly_hours
from pingmon.text.printable import shown


class QuietMode(StrEnum):
    """What quiet hours do to a message."""

    SILENT = "silent"  # delivered without sound
    HOLD = "hold"  # they wait until the end, and come together


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the week in which messages are quiet."""

    hours: WeeklyHours
    mode: QuietMode = QuietMode.SILENT

    def span_at(self, now: float) -> Span | None:
        return self.hours.span_at(now)


class Manner(NamedTuple):
    """How what waits for a chat may go out now. wait_until: epoch seconds, None for at once."""

    sound: bool = True
    wait_until: float | None = None


def parse_quiet_hours(
    text: str, mode: str = "silent", zone: str = "", field: str = "quiet_hours"
) -> QuietHours:
    """As `22:00-07:00`, `Mon-Fri 22:00-07:00; Sat,Sun 23:00-09:00 Europe/Berlin`. Raises InvalidValue."""
    if mode not in list(QuietMode):
        raise InvalidValue(f"quiet hours are silent or hold, not {shown(mode)}", field)
    return QuietHours(parse_weekly_hours(text, zone, field), QuietMode(mode))


def manner_of(quiet: QuietHours | None, is_critical: bool, now: float) -> Manner:
    """For the sender: a message may reach the quiet hours in the queue, or outlast them there."""
    span = quiet.span_at(now) if quiet and not is_critical else None
    if quiet is None or span is None:
        return Manner()
    if quiet.mode is QuietMode.HOLD:
        return Manner(sound=False, wait_until=span.end)
    return Manner(sound=False)
