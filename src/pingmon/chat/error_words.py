"""What is wrong with a command, in the chat's language. Frequent errors are translated by their form."""

import re

from pingmon.chat.texts import escape
from pingmon.model.errors import PingmonError
from pingmon.model.redaction import redact
from pingmon.notify.marking import _
from pingmon.notify.translation import Translation

LONGEST = 600  # characters of an error

_FORMS = (
    (
        r"(?P<text>.+) is not an IP address; give IPv4, IPv6 or fe80::1%eth0",
        _("{text} is not an IP address: give one as 10.0.0.2 or 2001:db8::2"),
    ),
    (
        r"(?P<text>.+) is not the address of one device(?:: .+)?",
        _("{text} is not the address of one device"),
    ),
    (
        r"(?P<text>.+) is not a duration: give it as .+",
        _("{text} is not a duration: give it as 30m, 2h or 1d 3h"),
    ),
    (
        r"(?P<text>.+) is not between 1s and 10 years",
        _("{text} is too short or too long: give 1 second to 10 years"),
    ),
    (r"(?P<text>.+) is past: it is (?P<now>.+)", _("{text} is past: it is {now}")),
    (
        r"(?P<text>.+) is not a time: give it as .+",
        _("{text} is not a time: give it as 18:00, tomorrow 08:00 or mon 08:00"),
    ),
    (
        r"(?P<text>.+) is not a time of day: give .+",
        _("{text} is not a time of day: give 00:00 to 23:59"),
    ),
    (
        r"(?P<text>.+): each must be longer than the one before",
        _("{text}: each must be longer than before"),
    ),
    (
        r"(?P<device>.+) is not down: there is nothing to acknowledge",
        _("{device} is not down: there is nothing to acknowledge"),
    ),
    (
        r"none of these is down: there is nothing to acknowledge",
        _("None of these is down: nothing to do"),
    ),
    (
        r"(?P<device>.+) is not down: say for how long instead",
        _("{device} is not down: say for how long, as 2h"),
    ),
    (
        r"none of these is down: say for how long instead",
        _("None of these is down: say for how long, as 2h"),
    ),
    (
        r"this is watched already, as (?P<id>\S+), with other settings; .+",
        _("This address is watched here already, with other settings: {id}"),
    ),
    (r"this is watched already, as (?P<id>\S+)", _("This address is watched here already: {id}")),
    (r"say which address, as in .+", _("Say which address, as in /add 10.0.0.2 printer")),
    (r"a comment is at most (?P<n>\d+) characters", _("A comment has at most {n} characters")),
    (r"a name is one line of at most (?P<n>\d+) characters", _("A name has at most {n} characters")),
    (
        r"interval must be (?P<least>\S+) to (?P<most>\S+) .*",
        _("Seconds between probes: {least} to {most}"),
    ),
    (r"a monitor can't be its own parent, nor above it", _("A device can't be behind itself")),
    (
        r"the database can't be (?:written|read) now.*",
        _("The database can't be used now, nothing was changed. Try again later."),
    ),
    (
        r".*allows? no more (?:threads|monitors).*",
        _("The machine that runs pingmon allows no more devices."),
    ),
)
_PATTERNS = tuple((re.compile(form, re.DOTALL), text) for form, text in _FORMS)


def error_words(error: PingmonError, words: Translation) -> str:
    """HTML. An error that is not translated is shown as it is."""
    message = redact(str(error))[:LONGEST]
    for pattern, text in _PATTERNS:
        if found := pattern.fullmatch(message):
            return "⚠️ " + escape(words._(text).format(**found.groupdict()))
    return "⚠️ " + escape(message)
