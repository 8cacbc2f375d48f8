"""What headers of an HTTP answer say, whatever some server wrote into them. Pure, and total."""

import math
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from pingmon.text.printable import UNPRINTABLE


def header(headers: Mapping[str, str], name: str) -> str:
    """Empty if it is not there. headers: by any spelling of their names."""
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def seconds_of(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        seconds = float(given)
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def retry_after_of(headers: Mapping[str, str]) -> Iterator[float | None]:
    """RFC 9110, section 10.2.3: seconds, or a date, which the server's own clock explains."""
    given = header(headers, "Retry-After").strip()
    if (seconds := seconds_of(given)) is not None:
        yield seconds
        return
    try:
        until = parsedate_to_datetime(given).timestamp()
        now = parsedate_to_datetime(header(headers, "Date")).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return
    if until > now:
        yield until - now


def host_named(url: str) -> str:
    """Of a URL that some server wrote, which may hold a secret elsewhere; empty if it has none."""
    try:
        return UNPRINTABLE.sub("", urlsplit(url).hostname or "")[:100]
    except ValueError:
        return ""
