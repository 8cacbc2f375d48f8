"""URLs as people write them (RFC 3986), and where a redirect points. Pure."""

import ipaddress
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from pingmon.model.errors import InvalidValue
from pingmon.model.host_name import parse_host
from pingmon.text.printable import shortened, shown, why_unprintable

LONGEST = 2048  # characters, as most servers take
_PORTS = {"http": 80, "https": 443}
# What a request line may hold of a path and a query; what is escaped already stays so.
_SAFE = "/?:@!$&'()*+,;=-._~%"


class Url(NamedTuple):
    """host: in ASCII, lower case, an IPv6 address without brackets. target: path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """For the Host header (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def may_know_secrets_of(self, first: "Url") -> bool:
        """Whether it is the same server as that which they were meant for, or that with TLS added."""
        if self.host != first.host:
            return False
        same = (self.scheme, self.port) == (first.scheme, first.port)
        return same or (self.scheme, self.port, first.scheme, first.port) == ("https", 443, "http", 80)


def parse_url(text: str) -> Url:
    """Raises InvalidValue."""
    if len(text) > LONGEST:
        raise InvalidValue(f"url: longer than {LONGEST} characters", "url")
    if why := why_unprintable(text):
        raise InvalidValue(f"url: {why}", "url")
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise InvalidValue(f"url: {shortened(str(error), 200)}", "url") from None
    if parts.username is not None or parts.password is not None:
        words = "url: a user and a password in it would be shown; give them with --auth_file"
        raise InvalidValue(words, "url")
    if parts.scheme not in _PORTS:
        raise InvalidValue(f"url: {shown(text)} must begin with http:// or https://", "url")
    if not parts.hostname:
        raise InvalidValue(f"url: {shown(text)} has no host", "url")
    if port == 0:
        raise InvalidValue("url: port 0 can't be connected to", "url")
    path = parts.path or "/"
    target = quote(path + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
    return Url(parts.scheme, _host(parts.hostname), port or _PORTS[parts.scheme], target)


def redirected(from_url: Url, location: str) -> Url:
    """Raises InvalidValue when it is not one that can be followed."""
    try:
        url = urljoin(str(from_url), location.strip())
    except ValueError:  # of its brackets
        raise InvalidValue(f"url: {shown(location)} is none", "url") from None
    return parse_url(url)


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return parse_host(text, "url")
