"""URLs that are secrets, as those of webhooks: who knows one can write in our name.

An account of such a kind of channel is such a URL. People see a name that stands for it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping

from pingmon.channels.loopback import is_loopback
from pingmon.model.errors import InvalidValue
from pingmon.model.redaction import hide_url
from pingmon.model.text_values import bare
from pingmon.text.printable import UNPRINTABLE

LONGEST = 2000  # characters
_URL = re.compile(r"[a-z][a-z0-9+.-]*://.", re.ASCII | re.IGNORECASE)
_SHOWN_HEAD = re.compile(r"[a-z][a-z0-9+.-]*://(([^\s/?#@:]+|\[[^\s/?#@]+\])(:\d+)?/)?")
_LETTERS = 6  # of the digest: two URLs of one host can be told apart, and none be made of it


def shown_as(url: str, host: str = "") -> str:
    """What people see of it, and may write in its place where it is known.

    host: what may be shown of it besides, with its port.
    """
    digest = hashlib.sha256(url.encode()).hexdigest()[:_LETTERS]
    return f"{url.partition('://')[0].lower()}://{host}{'/' if host else ''}...{digest}"


def parse_secret_url(text: str, field: str, is_host_secret: bool = False) -> str:
    """The URL, of any scheme. From now on it is hidden. Raises InvalidValue, which does not repeat it."""
    url = bare(text)
    if not url:
        raise InvalidValue(f"{field} is empty", field)
    if len(url) > LONGEST or UNPRINTABLE.search(url) or any(one.isspace() for one in url):
        words = f"{field} is one URL without spaces, of at most {LONGEST} characters"
        raise InvalidValue(words, field)
    if not _URL.match(url):
        raise InvalidValue(f"{field} is no URL: give all of it, from its name and :// on", field)
    hide_url(url, is_host_secret)
    return url


def known_or_parsed(
    text: str, accounts: Mapping[str, str], parse: Callable[[str], str], field: str
) -> str:
    """The URL that was given, or the one that is known by the name that stands for it.

    accounts: name → URL. Raises InvalidValue, which repeats nothing but such a name.
    """
    name = bare(text)
    if name in accounts:
        return accounts[name]
    if is_shown_form(name):
        words = f"no {field} {name} is known here: that is how one is shown, give the URL itself"
        raise InvalidValue(words, field)
    return parse(text)


def is_shown_form(text: str) -> bool:
    """Whether it could have been made by `shown_as`."""
    head, dots, digest = text.rpartition("...")
    is_digest = len(digest) == _LETTERS and all(one in "0123456789abcdef" for one in digest)
    return bool(dots) and is_digest and bool(_SHOWN_HEAD.fullmatch(head))


class SecretUrlService:
    """What kinds of channels have in common whose accounts are such URLs; see ChannelService."""

    def is_local(self, secret: str) -> bool:
        return is_loopback(secret)

    def is_same_account(self, secret: str, other: str) -> bool:
        return secret == other

    def parse_address(self, text: str) -> str:
        """As it is shown, which is what is stored."""
        return text
