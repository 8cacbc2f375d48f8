"""Tokens and secret URLs leave this process only inside a request: one place that hides them."""

import re
from urllib.parse import urlsplit

from pingmon.text.printable import SHOWN

# In a URL whatever follows `bot`. Elsewhere `NUMBER:SECRET` where the secret has 5 characters that
# are not all digits, or 6 that are: so a port (127.0.0.1:18081) or a time of day stays readable. Hours
# of the day (08:00-18:00) and what begins within a word (rack12:port-3) are no token either.
_SECRET = r"(?:(?=[\w-]*[A-Za-z_-])[A-Za-z0-9_-]{5,}|\d{6,})"
_NO_HOURS = r"(?!\d{1,2}:\d\d-\d{1,2}(?![\w-]))"
_TOKEN = re.compile(
    rf"bot\d{{1,16}}(?::|%3A)[A-Za-z0-9_-]+|(?<![a-z\d]){_NO_HOURS}\d{{1,16}}(?::|%3A){_SECRET}",
    re.ASCII | re.IGNORECASE,
)
# What can be nothing else than a token, in text that people write.
_SURELY = re.compile(r"\d{6,16}:[A-Za-z0-9_-]{30,}", re.ASCII)

_hidden: list[tuple[str, re.Pattern[str]]] = []  # what else is hidden: the text, and where it counts
_known: set[str] = set()


def redact(text: str) -> str:
    text = _TOKEN.sub("bot<token>", text)
    for secret, pattern in _hidden:
        if secret in text:  # quicker than the pattern: there may be a thousand, and few are in a line
            text = pattern.sub("<url>", text)
    return text


def holds_token(text: str) -> bool:
    """Whether somebody pasted a token where text is kept and shown."""
    return bool(_SURELY.search(text))


def hide_url(url: str) -> None:
    """From now on that URL is hidden, and the part of it after the host, as libraries log them."""
    try:
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
    except ValueError:  # of its brackets
        target = ""
    for secret in (url, target, url[:SHOWN]):  # an error has no more of a value than that
        if len(secret) > 1 and secret not in _known:
            _known.add(secret)
            # Between other letters it is part of another word: "/ping" of /var/lib/pingmon.
            _hidden.append((secret, re.compile(rf"(?<![\w.-]){re.escape(secret)}(?![\w-])")))
