"""A TCP connection within an event loop, and what it means that there is none.

asyncio's own connect does not tell an error that this machine gave at once (there is no route) from one
that came back over the network (a router says that there is none).
"""

import asyncio
import errno
import os
import socket
import struct
from typing import Any, NamedTuple

from pingmon.model.probe_result import Outcome
from pingmon.probes.paced.answer import Answer

# The other side, or a machine on the way to it, said so; none of them is raised by this machine alone
# once the connection is on its way.
_THEIRS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "the connection was reset",
    errno.ECONNABORTED: "the connection was reset",
    errno.EPIPE: "the connection was reset",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
    errno.EACCES: "administratively prohibited",
    errno.ENOPROTOOPT: "protocol unreachable",
    errno.EHOSTDOWN: "host is down",
}

_ANSWERS = (errno.ECONNREFUSED, errno.ECONNRESET)
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH)
# Of struct tcp_info (linux/tcp.h): its size up to tcpi_total_retrans, and of it tcpi_state,
# tcpi_retrans, tcpi_total_retrans.
INFO_BYTES, _INFO = 104, struct.Struct("@B35xI60xI")
SYN_SENT = 2  # tcpi_state
_IP_BIND_ADDRESS_NO_PORT = 24  # ip(7); the socket module names it from Python 3.12 on


class NotSent(Exception):
    """This machine refused before anything left. The cause says why."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or str(error))
        self.error = error


class Endpoint(NamedTuple):
    """Where a connection goes, and from where. to: as Python's sockets have it.

    source: an address of this machine, or an interface; empty: as the kernel likes.
    """

    family: int
    to: tuple[Any, ...]
    source: str = ""


def endpoint(address: str, port: int, source: str = "") -> Endpoint:
    """Raises OSError when there is no such interface."""
    if ":" not in address:
        return Endpoint(socket.AF_INET, (address, port), source)
    plain, _, zone = address.partition("%")
    return Endpoint(socket.AF_INET6, (plain, port, 0, _scope(zone) if zone else 0), source)


def begun(to: Endpoint, kind: int = socket.SOCK_STREAM) -> tuple[socket.socket, bool]:
    """A socket whose connection is under way, and whether it is there already.

    Raises NotSent, or OSError for what came back at once, as from this machine or one beside it.
    """
    try:
        sock = socket.socket(to.family, kind | socket.SOCK_NONBLOCK)
    except OSError as error:
        raise NotSent(error) from None
    try:
        if to.source:
            _bind(sock, to)
        code = sock.connect_ex(to.to)
        if code in (0, errno.EINPROGRESS):
            return sock, code == 0
        raise OSError(code, os.strerror(code))
    except OSError as error:
        sock.close()
        came_back = error.errno in _ANSWERS or (error.errno in _UNREACHABLE and _has_route(to))
        raise (error if came_back else NotSent(error)) from None


async def connect(
    address: str, port: int, kind: int = socket.SOCK_STREAM, source: str = ""
) -> socket.socket:
    """Raises NotSent, or OSError for what came back. Cancelled, it leaves nothing open.

    Cancelled while this machine drops what it sends, it raises NotSent. source: see Endpoint.
    """
    try:
        to = endpoint(address, port, source)
    except OSError as error:
        raise NotSent(error) from None
    sock, is_there = begun(to, kind)
    try:
        if not is_there:
            await _writable(sock)
            if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, os.strerror(code))
    except asyncio.CancelledError:
        dropped = kind == socket.SOCK_STREAM and is_dropped_here(sock)
        sock.close()
        if dropped:
            raise NotSent(dropped_here()) from None
        raise
    except BaseException:
        sock.close()
        raise
    return sock


def is_dropped_here(sock: socket.socket) -> bool:
    """Whether this machine drops the SYNs of a connection that is under way: as its own firewall does.

    Linux hides that from connect(2). But a SYN is sent again after a second, and then one that did not
    leave is counted as an attempt (tcpi_total_retrans), not as one under way (tcpi_retrans).
    """
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_BYTES)
        state, under_way, attempts = _INFO.unpack_from(info)
    except (OSError, struct.error):
        return False
    return bool(state == SYN_SENT and attempts and not under_way)


def dropped_here() -> OSError:
    """As the kernel says it of other packets that its firewall drops."""
    return OSError(errno.EPERM, os.strerror(errno.EPERM))


def refused(error: OSError) -> Answer:
    """What an error of a connection means."""
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return Answer(Outcome.TIMEOUT, detail="no answer")
    code = error.errno or 0
    if code in _THEIRS:
        return Answer(Outcome.ERROR, detail=_THEIRS[code])
    return not_sent(error)


def not_sent(error: OSError) -> Answer:
    """This machine could not ask."""
    name = errno.errorcode.get(error.errno or 0, "")
    words = f"could not send: {error.strerror or error}"  # as of ping: people and translations know it
    return Answer(Outcome.LOCAL_ERROR, detail=words, kind=name)


def _bind(sock: socket.socket, to: Endpoint) -> None:
    plain, _, zone = to.source.partition("%")
    try:
        socket.inet_pton(to.family, plain)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, to.source.encode())
        return
    # The port is chosen when it connects: one port serves many destinations, else 28,000 are all.
    sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
    scope = _scope(zone) if zone else 0
    sock.bind((plain, 0) if to.family == socket.AF_INET else (plain, 0, 0, scope))


def _has_route(to: Endpoint) -> bool:
    """Whether this machine would send: then it was another one that said unreachable. Nothing is sent."""
    with socket.socket(to.family, socket.SOCK_DGRAM) as probe:
        try:
            if to.source:
                _bind(probe, to)
            probe.connect(to.to)
        except OSError:
            return False
    return True


def _scope(zone: str) -> int:
    if zone.isdecimal():
        return int(zone)
    try:
        return socket.if_nametoindex(zone)
    except OSError:
        raise OSError(errno.ENODEV, f"{os.strerror(errno.ENODEV)} ({zone})") from None


async def _writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    loop.add_writer(sock, _set, done)
    try:
        await done
    finally:
        loop.remove_writer(sock)


def _set(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)
