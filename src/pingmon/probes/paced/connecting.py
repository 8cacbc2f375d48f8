"""A TCP connection within an event loop, and what it means that there is none.

asyncio's own connect does not tell an error that this machine gave at once (there is no route) from one
that came back over the network (a router says that there is none).
"""

import asyncio
import errno
import os
import socket

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
    errno.EPERM: "administratively prohibited",
    errno.ENOPROTOOPT: "protocol unreachable",
    errno.EHOSTDOWN: "host is down",
}


class NotSent(Exception):
    """This machine refused before anything left. The cause says why."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or str(error))
        self.error = error


async def connect(address: str, port: int, kind: int = socket.SOCK_STREAM) -> socket.socket:
    """Raises NotSent, or OSError for what came back. Cancelled, it leaves nothing open."""
    try:
        sock = _begun(address, port, kind)
    except OSError as error:
        raise error if error.errno == errno.ECONNREFUSED else NotSent(error) from None
    try:
        if kind == socket.SOCK_STREAM:
            await _writable(sock)
            if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, os.strerror(code))
    except BaseException:
        sock.close()
        raise
    return sock


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
    return Answer(Outcome.LOCAL_ERROR, detail=error.strerror or str(error), kind=name)


def _begun(address: str, port: int, kind: int) -> socket.socket:
    plain, _, zone = address.partition("%")
    family = socket.AF_INET6 if ":" in plain else socket.AF_INET
    scope = _scope(zone) if zone else 0
    to = (plain, port, 0, scope) if family == socket.AF_INET6 else (plain, port)
    sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    try:
        sock.connect(to)
    except BlockingIOError:
        pass
    except OSError:
        sock.close()
        raise
    return sock


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
