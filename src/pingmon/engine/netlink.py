"""Reads network devices and routes from the kernel: a small part of rtnetlink(7).

Own code instead of pyroute2: three requests and no more; see docs/dependencies.md.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

_HEADER, _ERROR = struct.Struct("=IHHII"), struct.Struct("=i")
_ROUTE, _LINK, _ATTRIBUTE = struct.Struct("=BBBBBBBBI"), struct.Struct("=BxHiII"), struct.Struct("=HH")
_REQUEST, _DUMP = 0x1, 0x300
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NEW_LINK, _GET_LINK, _NEW_ROUTE, _GET_ROUTE = 16, 18, 24, 26
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_MULTIPATH = 1, 2, 4, 5, 6, 9
_IFLA_IFNAME = 3
_IFF_UP, _IFF_LOOPBACK, _IFF_LOWER_UP = 0x1, 0x8, 0x10000
_NEXT_HOP = struct.Struct("=HBBi")
# Links, addresses and routes of both IP versions (linux/rtnetlink.h).
_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
_MAIN_TABLE, _UNICAST = 254, 1
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_SIZE = 1 << 18


class Link(NamedTuple):
    """A network device. is_up: somebody set it up. has_carrier: the cable is in, the peer is there."""

    name: str
    is_up: bool
    has_carrier: bool


class Route(NamedTuple):
    """device: its name. gateway: empty for what is on the link."""

    device: str
    gateway: str


class Netlink:
    """Asks the kernel. Not thread-safe. Raises OSError where the sandbox allows no netlink."""

    def __init__(self) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
        self._news = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
        self._socket.settimeout(1.0)
        self._news.setblocking(False)
        self._news.bind((0, _GROUPS))
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()
        self._news.close()

    def has_news(self) -> bool:
        """Whether a link, an address or a route changed since the last call."""
        news = False
        while True:
            try:
                self._news.recv(_SIZE)
                news = True
            except BlockingIOError:
                return news
            except OSError as error:  # ENOBUFS: so much changed that some of it is lost
                if error.errno != errno.ENOBUFS:
                    raise
                news = True

    def links(self) -> dict[int, Link]:
        """By index."""
        found = {}
        for _, payload in self._ask(_GET_LINK, _LINK.pack(0, 0, 0, 0, 0), dump=True):
            _, _, index, flags, _ = _LINK.unpack_from(payload)
            name = _attributes(payload, _LINK.size).get(_IFLA_IFNAME, b"").rstrip(b"\0").decode()
            up, loopback = bool(flags & _IFF_UP), bool(flags & _IFF_LOOPBACK)
            found[index] = Link(name, up, loopback or bool(flags & _IFF_LOWER_UP))
        return found

    def route(self, address: str, links: dict[int, Link], source: str = "") -> Route:
        """By which packets to an address leave. Raises OSError with the kernel's word if by none.

        source: one of our addresses, or an interface, from which they leave; empty: as the kernel likes.
        """
        plain, _, zone = address.partition("%")
        version = 6 if ":" in plain else 4
        family = _FAMILIES[version]
        packed = socket.inet_pton(family, plain)
        from_address, interface = _source(family, source)
        request = _ROUTE.pack(family, len(packed) * 8, len(from_address) * 8, 0, 0, 0, 0, 0, 0)
        request += _attribute(_RTA_DST, packed)
        request += _attribute(_RTA_SRC, from_address) if from_address else b""
        if zone := zone or interface:
            index = next((number for number, one in links.items() if one.name == zone), 0)
            index = index or (int(zone) if zone.isdigit() else 0)
            if not index:
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            request += _attribute(_RTA_OIF, struct.pack("=I", index))
        for _, payload in self._ask(_GET_ROUTE, request):
            found = _attributes(payload, _ROUTE.size)
            return _route(found, links, version)
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    def default_routes(self, links: dict[int, Link]) -> list[Route]:
        """Of both IP versions, through a gateway; those of the best metric come first."""
        found: list[tuple[int, Route]] = []
        for version, family in _FAMILIES.items():
            request = _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)
            for _, payload in self._ask(_GET_ROUTE, request, dump=True):
                _, length, _, _, table, _, _, kind, _ = _ROUTE.unpack_from(payload)
                if length or table != _MAIN_TABLE or kind != _UNICAST:
                    continue
                attributes = _attributes(payload, _ROUTE.size)
                metric = struct.unpack("=I", attributes.get(_RTA_PRIORITY, bytes(4)))[0]
                hops = [attributes, *_hops(attributes.get(_RTA_MULTIPATH, b""))]
                routes = (_route(hop, links, version) for hop in hops)
                found += [(metric, route) for route in routes if route.gateway]
        return [route for _, route in sorted(found, key=lambda one: one[0])]

    def _ask(self, kind: int, body: bytes, dump: bool = False) -> Iterator[tuple[int, bytes]]:
        self._sequence += 1
        flags = _REQUEST | (_DUMP if dump else 0)
        size = _HEADER.size + len(body)
        self._socket.send(_HEADER.pack(size, kind, flags, self._sequence, 0) + body)
        while True:
            data, at = self._socket.recv(_SIZE), 0
            while at + _HEADER.size <= len(data):
                length, kind, _, sequence, _ = _HEADER.unpack_from(data, at)
                payload, at = data[at + _HEADER.size : at + length], at + (length + 3 & ~3)
                if sequence != self._sequence:
                    continue  # of an earlier question that timed out
                if kind == _NLMSG_DONE:
                    return
                if kind == _NLMSG_ERROR:
                    (code,) = _ERROR.unpack_from(payload)
                    raise OSError(-code, os.strerror(-code))
                yield kind, payload
                if not dump:
                    return


def _source(family: int, source: str) -> tuple[bytes, str]:
    """Our address, packed, and the interface; either may be empty."""
    plain, _, zone = source.partition("%")
    try:
        return (socket.inet_pton(family, plain), zone) if source else (b"", "")
    except OSError:
        return b"", source


def _attribute(kind: int, value: bytes) -> bytes:
    size = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(size, kind) + value + bytes(-size % 4)


def _attributes(payload: bytes, at: int) -> dict[int, bytes]:
    found = {}
    while at + _ATTRIBUTE.size <= len(payload):
        size, kind = _ATTRIBUTE.unpack_from(payload, at)
        if size < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = payload[at + _ATTRIBUTE.size : at + size]
        at += size + 3 & ~3
    return found


def _hops(multipath: bytes) -> Iterator[dict[int, bytes]]:
    at = 0
    while at + _NEXT_HOP.size <= len(multipath):
        size, _, _, index = _NEXT_HOP.unpack_from(multipath, at)
        hop = _attributes(multipath[at : at + size], _NEXT_HOP.size)
        yield hop | {_RTA_OIF: struct.pack("=i", index)}
        at += size + 3 & ~3


def _route(attributes: dict[int, bytes], links: dict[int, Link], version: int) -> Route:
    index = struct.unpack("=i", attributes.get(_RTA_OIF, bytes(4)))[0]
    device = links[index].name if index in links else str(index)
    packed = attributes.get(_RTA_GATEWAY)
    if packed is None or len(packed) != (4 if version == 4 else 16):
        return Route(device, "")
    gateway = socket.inet_ntop(_FAMILIES[version], packed)
    return Route(device, f"{gateway}%{device}" if gateway.startswith("fe80") else gateway)
