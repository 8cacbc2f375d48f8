"""Reasons in the language of a message. Pure.

A decision carries its reason in English, as it stands in the log and in list-mon. What pingmon itself
says is translated here by its form; ICMP errors stay in the words of their RFC, and what a service or
the kernel says stays as it is.
"""

import re

from pingmon.notify.marking import _
from pingmon.notify.probe_reasons import FORMS
from pingmon.notify.translation import ENGLISH, Translation

_FORMS = (
    (r"no reply", _("no reply")),
    (
        r"no reply, and too few probes were lost to be sure",
        _("no reply, and too few probes were lost to be sure"),
    ),
    (r"no word whether our way out works", _("no word whether our way out works")),
    (r"no route", _("no route")),
    (r"no carrier on (?P<link>\S+)", _("no carrier on {link}")),
    (r"(?P<link>\S+) is down", _("{link} is down")),
    (r"(?P<link>\S+) is gone", _("{link} is gone")),
    (r"nothing answers by (?P<link>\S+)", _("nothing answers by {link}")),
    (
        r"nothing answers by (?P<link>\S+) via (?P<gateway>\S+)",
        _("nothing answers by {link} via {gateway}"),
    ),
    (r"behind (?P<parent>.+)", _("behind {parent}")),
    (r"the machine was suspended", _("the machine was suspended")),
    (r"pingmon was late or lost packets itself", _("pingmon was late or lost packets itself")),
    (r"name does not resolve: NXDOMAIN", _("name does not resolve: NXDOMAIN")),
    (r"name has no address", _("name has no address")),
    (r"name has no (?P<version>IPv[46]) address", _("name has no {version} address")),
    (
        r"name resolves to (?P<addresses>.+), which is not the address of one device",
        _("name resolves to {addresses}, which is not the address of one device"),
    ),
    (r"the resolver failed: (?P<error>.+)", _("the resolver failed: {error}")),
    (r"could not send: (?P<error>.+)", _("could not send: {error}")),
)
_PATTERNS = tuple((re.compile(form, re.DOTALL), text) for form, text in (*_FORMS, *FORMS))


def reason_words(reason: str, words: Translation) -> str:
    """The reason as plain text; unchanged if it is nobody's form."""
    if words.language == ENGLISH.language:
        return reason
    for pattern, text in _PATTERNS:
        if found := pattern.fullmatch(reason):
            parts = found.groupdict()
            if "rest" in parts:
                parts["rest"] = reason_words(parts["rest"], words)
            return words._(text).format(**parts)
    first, between, second = reason.partition("; ")  # with what is wrong with its name
    return f"{reason_words(first, words)}; {reason_words(second, words)}" if between else reason
