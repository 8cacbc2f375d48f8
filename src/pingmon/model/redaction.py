"""Tokens and secret URLs leave this process only inside a request: one place that hides them."""

import re
import threading
from bisect import insort
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

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

_LEAST, _SHORTEST = 6, 3  # characters of a secret that are hidden, and of one that can be told from words
_ENOUGH = 4  # letters of what is secret in a URL, by which its beginning is known

# There may be thousands. Other threads read the lists meanwhile: by an insertion they see one twice.
_urls: list[str] = []
_beginnings: list[str] = []  # of those URLs, each the least that is hidden
_targets: list[str] = []  # what else is hidden; a longer one before what it begins with
_known: set[str] = set()  # URLs
_parts: set[str] = set()  # of the two other lists
_adds = threading.Lock()


def redact(text: str) -> str:
    text = _TOKEN.sub("bot<token>", text)
    # `in` is quicker than a pattern, and few lines have any.
    if "://" in text:
        for beginning in _beginnings:
            while (at := text.find(beginning)) >= 0:
                # Several secret URLs may begin alike: the one that is meant goes on alike.
                alike = [url for url in _urls if url.startswith(beginning)]
                text = f"{text[:at]}<url>{text[max(_end(text, at, url) for url in alike) :]}"
    if "/" in text:
        for target in _targets:
            if target in text:
                text = _without(text, target)
    return text


def _without(text: str, target: str) -> str:
    """Between other letters it is part of another word: "/ping" of /var/lib/pingmon."""
    at = 0
    while (at := text.find(target, at)) >= 0:
        before, after = text[:at][-1:], text[at + len(target) :][:1]
        if before.isalnum() or after.isalnum() or before in set("_.-") or after in set("_-"):
            at += 1
        else:
            text = f"{text[:at]}<url>{text[at + len(target) :]}"
    return text


def _end(text: str, at: int, url: str) -> int:
    """Up to where the text goes on as the URL does: JSON, Python and libraries write some characters
    otherwise, and an error may have shortened it.
    """
    for index, one in enumerate(url):
        # A % that was escaped itself is not the one of an escape that was given.
        if text.startswith(url[index : index + 3] if one == "%" else one, at):
            at += 1
        elif text.startswith(f"\\{one}", at):
            at += 2
        elif (coded := quote(one, safe="")) != one and text[at : at + len(coded)].upper() == coded:
            at += len(coded)
        else:
            break
    return at


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def holds_token(text: str) -> bool:
    """Whether somebody pasted a token where text is kept and shown."""
    return bool(_SURELY.search(text))


def hide_in(text: str, secrets: Iterable[str]) -> str:
    """Without these, however they are written, and without their beginnings: another side repeats what it
    was told, in capitals perhaps, or cut off.
    """
    forms = {form for one in secrets for form in (one, quote(one, safe=""), repr(one)[1:-1])}
    wanted = [one.lower() for one in forms if len(one) >= _SHORTEST]
    beginnings = re.compile("|".join(re.escape(one[:_LEAST]) for one in wanted) or "(?!)", re.IGNORECASE)
    at = 0
    while found := beginnings.search(text, at):
        at, rest = found.start(), text[found.start() :].lower()
        # Several may begin alike: the one that is meant goes on alike.
        end = max(found.end(), *(at + _common(rest[: len(one)], one) for one in wanted))
        text, at = f"{text[:at]}…{text[end:]}", at + 1
    return text


def hide_url(url: str, is_host_secret: bool = False) -> None:
    """From now on that URL is hidden, its beginnings, and what follows its host as libraries log it."""
    with _adds:
        if url in _known:
            return
        _known.add(url)
        head, separator, rest = url.partition("://")
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        seen = "" if is_host_secret or "@" in authority else authority
        beginning = url[: len(head + separator + seen) + _ENOUGH]
        _urls.append(url)  # before its beginning, which is looked for without the lock
        if rest[len(seen) :] not in ("", "/") and beginning not in _parts:
            _parts.add(beginning)
            _beginnings.append(beginning)
        target = _target(url)
        if len(target) > 1 and target not in _parts:
            _parts.add(target)
            insort(_targets, target, key=lambda one: -len(one))


def _target(url: str) -> str:
    """What follows the host, as an HTTP request names it (RFC 9112, section 3.2.1)."""
    try:
        parts = urlsplit(url)
    except ValueError:  # of its brackets
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
