"""An HTTP answer becomes an answer of the Bot API, whatever some server or a machine between made of it.

Pure. Delivered is only what says so: HTTP 200 with the boolean `ok: true`. All else is read as well as
can be; of several waits the longest counts.
"""

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from pingmon.channels.http_headers import header, host_named, retry_after_of, seconds_of
from pingmon.channels.telegram.answer import BotApiAnswer
from pingmon.model.redaction import redact
from pingmon.text.printable import UNPRINTABLE

LONGEST_WORDS = 300  # characters of a description that are kept
UNREAD_KEPT = 4096  # bytes
_WAIT = re.compile(r"retry[ _]after:?\s{1,3}(\d{1,18}(?:\.\d{1,9})?)", re.IGNORECASE)
_WAITING = (429, 503)  # where RFC 6585 and RFC 9110 know the header Retry-After
_HTML = re.compile(rb"\s{0,64}<", re.ASCII)


def read_answer(status: int, body: bytes, headers: Mapping[str, str]) -> BotApiAnswer:
    """status: of HTTP. headers: by any spelling of their names. Never raises."""
    answer = _parsed(body)
    if not isinstance(answer, dict) or not {"ok", "error_code"} & answer.keys():
        return _no_answer(status, body, headers)
    if answer.get("ok") is True:
        if status == 200:
            return BotApiAnswer(True, answer.get("result"), http_status=status)
        return _no_answer(status, body, headers)
    extra = answer.get("parameters")
    extra = extra if isinstance(extra, dict) else {}
    description = _words(answer.get("description"))
    code = _error_code(answer.get("error_code"), status)
    migrate = _whole(extra.get("migrate_to_chat_id"))
    return BotApiAnswer(
        False,
        error_code=code,
        description=description or (f"error {code} without a description" if code else "not accepted"),
        retry_after=_longest_wait(extra.get("retry_after"), description, code, status, headers),
        migrate_to=str(migrate) if migrate else None,
        http_status=status,
        # Success without a reason to believe it: the message may be there.
        uncertain=status == 200 and not code,
    )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def _no_answer(status: int, body: bytes, headers: Mapping[str, str]) -> BotApiAnswer:
    """What is not the Bot API's: of a proxy, a hotspot's login page, a server in trouble."""
    is_page = bool(_HTML.match(body))
    words = f"HTTP {status} without a Bot API answer"
    if 300 <= status < 400:
        to = host_named(header(headers, "Location"))
        words += f": it points to {to}, which is not followed" if to else ": it points elsewhere"
    elif is_page and status < 500:
        words += ": a web page, as those of a proxy or a hotspot's login"
    elif not body.strip():
        words += ": it is empty"
    return BotApiAnswer(
        False,
        description=redact(words),
        retry_after=_longest_wait(None, "", 0, status, headers),
        http_status=status,
        # A gateway that lost its server, or half of an answer: the server may have done it.
        uncertain=status in (502, 504) or (status == 200 and not is_page),
        unread=body[:UNREAD_KEPT] if status == 200 else b"",
    )


def _error_code(given: Any, status: int) -> int:
    """0 when neither the answer nor HTTP tells an error."""
    code = _whole(given)
    if code is not None and 100 <= code < 1000:
        return code
    return status if status >= 400 else 0


def _whole(given: Any) -> int | None:
    """A whole number of 63 bits, also if it came as text or as floating point."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        number = int(given)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 2**63 and (isinstance(given, str) or number == given) else None


def _words(given: Any) -> str:
    """As people can read it: one line, without a token."""
    if given is None:
        return ""
    try:
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""
    return redact(UNPRINTABLE.sub(" ", text)).strip()[:LONGEST_WORDS]


def _longest_wait(
    given: Any, description: str, code: int, status: int, headers: Mapping[str, str]
) -> float | None:
    """Seconds; None if nothing says how long to wait."""
    found = [seconds_of(given), *map(seconds_of, _WAIT.findall(description))]
    if code in _WAITING or status in _WAITING:
        found += retry_after_of(headers)
    return max((one for one in found if one is not None), default=None)


def server_time(headers: Mapping[str, str]) -> float | None:
    """Epoch seconds by the server's clock (the header Date, RFC 9110 section 6.6.1); None: not said."""
    try:
        return parsedate_to_datetime(header(headers, "Date")).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
