"""Times and spans in words. Without datetime and calendar, which take long to import."""

import time

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def seconds_of(moment: str) -> float:
    """Epoch seconds of a time as the daemon gives it (RFC 3339 in UTC, as 2026-11-24T10:53:12Z)."""
    date, _, clock = moment.partition("T")
    year, month, day = map(int, date.split("-"))
    hours, minutes, seconds = (int(one) for one in clock[:8].split(":"))
    # Days since 1970-01-01 in the Gregorian calendar, whose year here begins in March.
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 719469
    return float(days * 86400 + hours * 3600 + minutes * 60 + seconds)


def age(moment: str, now: float | None = None) -> str:
    """How long ago, in the largest unit: "3 h"."""
    return span((time.time() if now is None else now) - seconds_of(moment), 1)


def span(seconds: float, parts: int = 2) -> str:
    """Seconds in words, the largest units only: "1 d 3 h"."""
    left, words = max(0, int(seconds)), list[str]()
    for size, unit in _UNITS:
        if left >= size or (unit == "s" and not words):
            words.append(f"{left // size} {unit}")
            left %= size
        elif words:
            break
        if len(words) == parts:
            break
    return " ".join(words)


def local(moment: str) -> str:
    """In the local zone, which TZ says: "2026-11-24 10:53:12"."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds_of(moment)))


def local_in_zone(moment: str) -> str:
    """Likewise, with the zone as it is then: "2026-11-24 10:53:12 CET"."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(seconds_of(moment)))


def zone() -> str:
    """The abbreviation of the local zone as it is now."""
    return time.strftime("%Z")
