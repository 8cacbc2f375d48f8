"""Which addresses a URL that people give may lead to: those of the internet, unless more is allowed.

Who may add a monitor could else have the daemon send requests to what only this machine reaches: itself,
its neighbours, a cloud's metadata service. Pure; nothing of ours is imported: a
process that sends for us loads it, too.
"""

import errno
import ipaddress
from collections.abc import Callable

Allows = Callable[[str], str]  # address → why it is refused, empty if it is not

# IANA's registries of special-purpose addresses (RFC 6890), in words that people know. Not asked of
# `ipaddress`, whose answers differ between versions of Python.
_IPV4 = {
    "0.0.0.0/8": "this machine",
    "10.0.0.0/8": "a private network",
    "100.64.0.0/10": "a provider's own network",
    "127.0.0.0/8": "this machine",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "a private network",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "of documentation",
    "192.88.99.0/24": "reserved",
    "192.168.0.0/16": "a private network",
    "198.18.0.0/15": "of benchmarks",
    "198.51.100.0/24": "of documentation",
    "203.0.113.0/24": "of documentation",
    "224.0.0.0/4": "multicast",
    "255.255.255.255/32": "broadcast",
    "240.0.0.0/4": "reserved",
}
# What of the internet's own range (2000::/3) is not to be used; all outside of it is refused.
_IPV6 = {
    "2001::/23": "reserved",  # Teredo among others: an IPv4 address is hidden in it
    "2001:db8::/32": "of documentation",
    "2002::/16": "6to4",
    "3fff::/20": "of documentation",
}
_OUTSIDE = {
    "::/128": "this machine",
    "::1/128": "this machine",
    "fc00::/7": "a private network",
    "fe80::/10": "link-local",
    "fec0::/10": "a private network",
    "ff00::/8": "multicast",
}
_INTERNET = ipaddress.IPv6Network("2000::/3")
# An IPv4 address is in the last 32 bits: mapped (RFC 4291), translated (RFC 6052).
_HOLDS_IPV4 = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))
_RULES4 = [(ipaddress.IPv4Network(net), words) for net, words in _IPV4.items()]
_RULES6 = [(ipaddress.IPv6Network(net), words) for net, words in _IPV6.items()]
_RULES_OUTSIDE = [(ipaddress.IPv6Network(net), words) for net, words in _OUTSIDE.items()]


class ForbiddenAddress(OSError):
    """The host has no address that may be connected to. address: one that it has; why: what that is."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(errno.EACCES, f"{address} is {why}, which is not allowed")
        self.address, self.why = address, why


def why_not_public(address: str) -> str:
    """What the address is, if it is none of the internet; else empty.

    address: as getaddrinfo(3) gives it. What is none, or none that is known, is refused.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "no IP address"
    if isinstance(found, ipaddress.IPv4Address):
        return next((words for net, words in _RULES4 if found in net), "")
    if any(found in net for net in _HOLDS_IPV4):
        return why_not_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    if found not in _INTERNET:
        return next((words for net, words in _RULES_OUTSIDE if found in net), "reserved")
    return next((words for net, words in _RULES6 if found in net), "")


def any_address(address: str) -> str:
    """Allows all."""
    return ""
