"""Tokens and secret URLs leave this process only inside a request: one place that hides them."""

import re
import threading
from urllib.parse import urlsplit

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

_ENOUGH = 4  # letters of what is secret in a URL, by which its beginning is known

# Replaced as a whole under the lock, as other threads read them meanwhile.
_urls: tuple[str, ...] = ()
_beginnings: tuple[str, ...] = ()  # of those URLs, each the least that is hidden
# What else is hidden: the text, and where it counts; a longer one before what it begins with.
_targets: tuple[tuple[str, re.Pattern[str]], ...] = ()
_adds = threading.Lock()


def redact(text: str) -> str:
    text = _TOKEN.sub("bot<token>", text)
    # `in` is quicker than a pattern: there may be a thousand, and few are in a line.
    for beginning in _beginnings:
        while (at := text.find(beginning)) >= 0:
            # Several secret URLs may begin alike: the one that is meant is the one that goes on alike.
            length = max(_common(text[at : at + len(url)], url) for url in _urls)
            text = f"{text[:at]}<url>{text[at + length :]}"
    for target, pattern in _targets:
        if target in text:
            text = pattern.sub("<url>", text)
    return text


def _common(one: str, other: str) -> int:
    """How many characters both begin with: an error may have shortened a URL."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def holds_token(text: str) -> bool:
    """Whether somebody pasted a token where text is kept and shown."""
    return bool(_SURELY.search(text))


def hide_url(url: str, is_host_secret: bool = False) -> None:
    """From now on that URL is hidden, its beginnings, and what follows its host as libraries log it."""
    global _urls, _beginnings, _targets
    with _adds:
        if url in _urls:
            return
        head, separator, rest = url.partition("://")
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        seen = "" if is_host_secret or "@" in authority else authority
        beginning = url[: len(head + separator + seen) + _ENOUGH]
        if rest[len(seen) :] not in ("", "/") and beginning not in _beginnings:
            _beginnings += (beginning,)
        _urls += (url,)
        target = _target(url)
        if len(target) > 1 and all(target != known for known, _ in _targets):
            # Between other letters it is part of another word: "/ping" of /var/lib/pingmon.
            pattern = re.compile(rf"(?<![\w.-]){re.escape(target)}(?![\w-])")
            _targets = tuple(sorted((*_targets, (target, pattern)), key=lambda each: -len(each[0])))


def _target(url: str) -> str:
    """What follows the host, as an HTTP request names it (RFC 9112, section 3.2.1)."""
    try:
        parts = urlsplit(url)
    except ValueError:  # of its brackets
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
