"""Tokens and secret URLs leave this process only inside a request: one place that hides them."""

import re
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

_targets: list[tuple[str, re.Pattern[str]]] = []  # what else is hidden: the text, and where it counts
_beginnings: list[tuple[str, str]] = []  # URLs, each after the least of it that is hidden
_known: set[str] = set()


def redact(text: str) -> str:
    text = _TOKEN.sub("bot<token>", text)
    # `in` is quicker than a pattern: there may be a thousand, and few are in a line.
    for beginning, url in _beginnings:
        while (at := text.find(beginning)) >= 0:
            end = at + _common(text[at : at + len(url)], url)
            text = f"{text[:at]}<url>{text[end:]}"
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
    if url in _known:
        return
    _known.add(url)
    head, separator, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    seen = "" if is_host_secret or "@" in authority else authority
    if rest[len(seen) :] not in ("", "/"):
        _beginnings.append((url[: len(head + separator + seen) + _ENOUGH], url))
    try:
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
    except ValueError:  # of its brackets
        return
    if len(target) > 1 and target not in _known:
        _known.add(target)
        # Between other letters it is part of another word: "/ping" of /var/lib/pingmon.
        _targets.append((target, re.compile(rf"(?<![\w.-]){re.escape(target)}(?![\w-])")))
