"""HTTP requests that end in time, and of which is known afterwards whether they were sent.

requests and urllib3 give a timeout to each read, so that an answer of a byte every ten seconds takes for
ever, and don't tell whether a request that failed had left. Here connections have both: `Exchange` holds
what is known of the request that this thread makes.
"""

import http.client
import io
import math
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from pingmon.channels.dial import dial
from pingmon.channels.public_addresses import Allows, any_address

# Whether the other side is still there is asked while an answer is waited for (tcp(7)): routers forget
# connections that rest, and a long poll rests for a minute.
_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),  # s
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),  # s
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
USER_TIMEOUT = 5.0  # s; what is not acknowledged for so long is not arriving (tcp(7), TCP_USER_TIMEOUT)
_BYTES_ACKED = struct.Struct("=Q")  # at this offset in struct tcp_info of <linux/tcp.h>, since Linux 4.1
_BYTES_ACKED_AT = 120


@dataclass(slots=True)
class Exchange:
    """One request. deadline: monotonic seconds. most: bytes of an answer.

    was_sent: some of it was handed to a connection. was_acknowledged: the other side may have some of it.
    is_fresh: the connection was made for it. why_not: see `dial`; a proxy knows nothing of it.
    """

    deadline: float
    why_not: Allows = any_address
    most: float = math.inf
    was_sent: bool = False
    was_acknowledged: bool = True
    is_fresh: bool = False
    is_connecting: bool = False


EXCHANGE: ContextVar[Exchange] = ContextVar("EXCHANGE")


@contextmanager
def one_exchange(
    deadline: float, why_not: Allows = any_address, most: float = math.inf
) -> Iterator[Exchange]:
    """What a session with a `BoundedAdapter` asks within is one exchange. See Exchange."""
    exchange = Exchange(deadline, why_not, most)
    token = EXCHANGE.set(exchange)
    try:
        yield exchange
    finally:
        EXCHANGE.reset(token)


def use_bounds(session: requests.Session) -> None:
    for scheme in ("http://", "https://"):
        session.mount(scheme, BoundedAdapter())


class _Reader(io.RawIOBase):
    """What a socket gives, until the deadline, and no more than that."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, exchange: Exchange) -> None:
        super().__init__()
        self._raw, self._sock, self._deadline = raw, sock, exchange.deadline
        self._left = exchange.most
        self._timeout = sock.gettimeout()  # of one read

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left if self._timeout is None else min(left, self._timeout))
        count = cast("int | None", cast(Any, self._raw).readinto(buffer))
        self._left -= count or 0
        if self._left < 0:
            raise OSError("the answer has no end")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """Also of a proxy's answer to CONNECT."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        exchange = EXCHANGE.get(None)
        if exchange:
            raw = cast(Any, self.fp).detach()
            self.fp = io.BufferedReader(_Reader(raw, sock, exchange))


class _Bounded:
    """Of a urllib3 connection: it keeps to the deadline, and knows what it sent."""

    response_class: Any = _Response
    sock: Any
    _dial: Callable[[], socket.socket]
    _acknowledged = 0

    def _new_conn(self) -> socket.socket:
        sock = self._dial()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # not every kernel has it
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(USER_TIMEOUT * 1000))
        for level, name, value in _KEEP_ALIVE:
            with suppress(OSError):
                sock.setsockopt(level, name, value)
        return sock

    def connect(self) -> None:
        exchange = EXCHANGE.get()
        exchange.is_fresh = exchange.is_connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            exchange.is_connecting = False

    def send(self, data: Any) -> None:
        exchange = EXCHANGE.get()
        if self.sock is None:
            self.connect()
        if exchange.is_connecting or exchange.was_sent:  # to a proxy, or the rest
            super().send(data)  # type: ignore[misc]
            return
        exchange.was_sent, exchange.was_acknowledged = True, False
        self._acknowledged = _acknowledged(self.sock)
        try:
            super().send(data)  # type: ignore[misc]
        except OSError:
            exchange.was_acknowledged = self._has_progressed()
            raise

    def getresponse(self, *args: Any, **more: Any) -> Any:
        exchange = EXCHANGE.get()
        try:
            answer = super().getresponse(*args, **more)  # type: ignore[misc]
        except Exception:
            exchange.was_acknowledged = self._has_progressed()
            raise
        exchange.was_acknowledged = True
        return answer

    def _has_progressed(self) -> bool:
        now = _acknowledged(self.sock)
        return now < 0 or now > self._acknowledged


def _acknowledged(sock: Any) -> int:
    """Bytes that the other side has acknowledged; -1 if that can't be known."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED_AT + _BYTES_ACKED.size)
        return int(_BYTES_ACKED.unpack_from(info, _BYTES_ACKED_AT)[0])
    except (OSError, AttributeError, struct.error):
        return -1


class _Direct(_Bounded):
    """To the server, or to an HTTP proxy."""

    def _dial(self) -> socket.socket:
        this = cast(Any, self)
        try:
            return dial(this._dns_host, this.port, this.timeout, EXCHANGE.get().why_not)
        except TimeoutError as error:
            raise ConnectTimeoutError(this, "timed out") from error
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(this, f"not connected: {error}") from error


class _Http(_Direct, HTTPConnection):
    pass


class _Https(_Direct, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class BoundedAdapter(requests.adapters.HTTPAdapter):
    """Every request has to be made within `one_exchange`."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def proxy_manager_for(self, proxy: Any, **more: Any) -> Any:
        manager = cast(Any, super().proxy_manager_for(proxy, **more))
        if str(proxy).lower().startswith("socks"):
            manager.pool_classes_by_scheme = _socks_pools()
        else:
            manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager


def _socks_pools() -> dict[str, Any]:
    """PySocks is loaded by those who have such a proxy only."""
    from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection

    class Socks(_Bounded, SOCKSConnection):
        def _dial(self) -> socket.socket:
            return cast(socket.socket, SOCKSConnection._new_conn(self))

    class SocksTls(_Bounded, SOCKSHTTPSConnection):
        def _dial(self) -> socket.socket:
            return cast(socket.socket, SOCKSConnection._new_conn(self))

    class SocksPool(HTTPConnectionPool):
        ConnectionCls = Socks

    class SocksTlsPool(HTTPSConnectionPool):
        ConnectionCls = SocksTls

    return {"http": SocksPool, "https": SocksTlsPool}
