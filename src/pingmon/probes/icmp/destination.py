"""Where echo requests go, from where they leave, and who may answer them."""

import errno
import os
import socket
import struct
from contextlib import suppress
from typing import Any, NamedTuple

from pingmon.probes.icmp.batch_socket import sockaddr
from pingmon.probes.icmp.options import EchoOptions

_IP_PKTINFO, _IPV6_PKTINFO = 8, 50  # Linux constants that the socket module does not name


class Envelope(NamedTuple):
    """Where a packet goes, as Python's sockets have it; and from where, as control messages (ip(7))."""

    to: tuple[Any, ...]
    control: list[tuple[int, int, bytes]]
    source: str


class Destination(NamedTuple):
    """packed: the address, scope: its zone (0: none), to: what the socket's `send` takes.

    other: address and zone from which replies count, too; empty and 0 for none.
    """

    packed: bytes
    scope: int
    to: bytes | Envelope
    other: tuple[bytes, int] = (b"", 0)


def resolve(address: str, options: EchoOptions, as_sockaddr: bool) -> Destination:
    """as_sockaddr: the socket takes such bytes. Raises OSError when there is no such interface."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed, scope = _packed(family, address)
    other = _packed(family, options.accept_from) if options.accept_from else (b"", 0)
    if as_sockaddr and not options.source:
        return Destination(packed, scope, sockaddr(family, packed, scope), other)
    plain = address.partition("%")[0]
    to = (plain, 0) if family == socket.AF_INET else (plain, 0, 0, scope)
    envelope = Envelope(to, _sent_from(family, options.source), options.source)
    return Destination(packed, scope, envelope, other)


def _packed(family: int, address: str) -> tuple[bytes, int]:
    """Address and zone."""
    plain, _, zone = address.partition("%")
    packed, scope = socket.inet_pton(family, plain), 0
    if zone:
        with suppress(ValueError):
            scope = int(zone)
        scope = scope or _index(zone)
    return packed, scope


def _sent_from(family: int, source: str) -> list[tuple[int, int, bytes]]:
    """Control messages: struct in_pktinfo (ip(7)) or in6_pktinfo (RFC 3542)."""
    if not source:
        return []
    size = 4 if family == socket.AF_INET else 16
    try:  # eth0.5 is an interface, too
        socket.inet_pton(family, source.partition("%")[0])
        is_address = True
    except OSError:
        is_address = False
    packed, index = _packed(family, source) if is_address else (bytes(size), _index(source))
    if family == socket.AF_INET:
        return [(socket.IPPROTO_IP, _IP_PKTINFO, struct.pack("=i4s4x", index, packed))]
    return [(socket.IPPROTO_IPV6, _IPV6_PKTINFO, struct.pack("=16si", packed, index))]


def _index(interface: str) -> int:
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        raise OSError(errno.ENODEV, f"{os.strerror(errno.ENODEV)} ({interface})") from None
