"""TCP connections to a host with several addresses: one that is dead costs a quarter of a second.

As RFC 8305 (Happy Eyeballs) says: families take turns, attempts overlap, the first connection wins. The
family that won is tried first the next time.
"""

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable
from itertools import chain, zip_longest

from pingmon.channels.public_addresses import Allows, ForbiddenAddress, any_address

STAGGER = 0.25  # s between attempts; RFC 8305, section 8
_MOST_HOSTS = 16  # that are remembered
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EALREADY)

Address = tuple[socket.AddressFamily, tuple[object, ...]]
_families: dict[str, socket.AddressFamily] = {}  # host → the one that worked last


def dial(host: str, port: int, timeout: float | None, why_not: Allows = any_address) -> socket.socket:
    """A connected socket with this timeout. timeout: seconds for all addresses together; None: no end.

    why_not: of an address, empty if it may be connected to: asked of the very addresses that are
    connected to, so that a name which means something else a moment later changes nothing.
    Raises socket.gaierror, TimeoutError, OSError (of the attempt that failed last), UnicodeError for a
    name that can't be one, ForbiddenAddress when it has no other addresses.
    """
    host = host.strip("[]")
    found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    known = [(family, address) for family, _, _, _, address in found if not why_not(str(address[0]))]
    if found and not known:
        refused = str(found[0][4][0])
        raise ForbiddenAddress(refused, why_not(refused))
    sock = _race(_in_turns(known, _families.get(host)), timeout)
    if len({family for family, _ in known}) > 1:
        if len(_families) >= _MOST_HOSTS:
            _families.clear()
        _families[host] = socket.AddressFamily(sock.family)
    sock.settimeout(timeout)
    return sock


def _in_turns(known: Iterable[Address], first: socket.AddressFamily | None) -> list[Address]:
    """The resolver's order within a family; families alternate, beginning with `first` if it is there."""
    families: dict[socket.AddressFamily, list[Address]] = {}
    for one in known:
        families.setdefault(one[0], []).append(one)
    lists = sorted(families.items(), key=lambda item: item[0] != first)
    turns = zip_longest(*(addresses for _, addresses in lists))
    return [one for one in chain.from_iterable(turns) if one is not None]


def _race(addresses: Iterable[Address], timeout: float | None) -> socket.socket:
    """The first that is connected; the others are closed. Raises TimeoutError, OSError."""
    left, error = deque(addresses), OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    ends = float("inf") if timeout is None else time.monotonic() + timeout
    next_start, won = 0.0, None
    with selectors.DefaultSelector() as selector:
        try:
            while left or selector.get_map():
                now = time.monotonic()
                if now >= ends:
                    raise TimeoutError("timed out")
                if left and (now >= next_start or not selector.get_map()):
                    next_start = now + STAGGER
                    try:
                        sock = _begin(left.popleft())
                        selector.register(sock, selectors.EVENT_WRITE)
                    except OSError as failed:
                        error, next_start = failed, 0.0
                    continue
                until = min(ends, next_start) if left else ends
                for key, _ in selector.select(None if until == float("inf") else until - now):
                    sock = _socket(key)
                    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    selector.unregister(sock)
                    if not number:
                        won = sock
                        return won
                    sock.close()
                    error, next_start = OSError(number, os.strerror(number)), 0.0
        finally:
            for key in list(selector.get_map().values()):
                if key.fileobj is not won:
                    _socket(key).close()
    raise error


def _begin(address: Address) -> socket.socket:
    """An attempt under way. Raises OSError."""
    family, where = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    number = sock.connect_ex(where)
    if number not in _UNDER_WAY:
        sock.close()
        raise OSError(number, os.strerror(number))
    return sock


def _socket(key: selectors.SelectorKey) -> socket.socket:
    assert isinstance(key.fileobj, socket.socket)
    return key.fileobj
