"""A target of the kind `tcp`, and what became of an attempt to connect to it."""

import errno
import os
import socket
import struct
from collections.abc import Mapping
from typing import Any

from pingmon.kinds.tcp import TCP
from pingmon.model.probe_result import Outcome
from pingmon.probes.paced.answer import Answer
from pingmon.probes.paced.connecting import (
    INFO_BYTES,
    SYN_SENT,
    Endpoint,
    NotSent,
    begun,
    endpoint,
    not_sent,
    refused,
)
from pingmon.probes.scheduled.source import check_source
from pingmon.probes.tcp.connects import ConnectRunner

# Of struct tcp_info (linux/tcp.h): tcpi_rtt, microseconds, and tcpi_total_retrans.
_RTT, _RETRANSMITTED = struct.Struct("@68xI"), struct.Struct("@100xI")
# Connected, and reset at once by the other side, before we looked.
_WAS_CONNECTED = (errno.ECONNRESET, errno.EPIPE)


class TcpProbe:
    """One target. See kinds/tcp.py for its settings. Its connections: ConnectRunner."""

    make_runner = ConnectRunner

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        """Raises InvalidValue."""
        given = TCP.filled(options)
        self.closed_is_up: bool = given["closed_is_up"]
        self._address, self._port, self._source = address, given["port"], given["source"]
        check_source(address, self._source)
        self._to: Endpoint | None = None

    def begin(self) -> tuple[socket.socket, bool] | Answer:
        """A socket whose connection is under way, and whether it is there; or why there is none."""
        try:
            if self._to is None:
                self._to = endpoint(self._address, self._port, self._source)
            return begun(self._to)
        except NotSent as error:
            self._to = None  # an interface may have come back with another number
            return not_sent(error.error)
        except OSError as error:
            return self.failed(error.errno or 0, 0.0)

    def answer(self, sock: socket.socket, code: int, elapsed: float) -> Answer | None:
        """What became of it; None: nothing yet. code: SO_ERROR of the socket. elapsed: seconds so far."""
        if code and code not in _WAS_CONNECTED:
            return self.failed(code, elapsed)
        rtt = handshake_time(sock, elapsed)
        return None if rtt is None else Answer(Outcome.REPLY, rtt)

    def failed(self, code: int, elapsed: float) -> Answer:
        """code: as in errno(3), as the kernel gave it for the connection. elapsed: seconds."""
        if code == errno.ECONNREFUSED and self.closed_is_up:
            return Answer(Outcome.REPLY, elapsed)
        return refused(OSError(code, os.strerror(code)))


def handshake_time(sock: socket.socket, elapsed: float) -> float | None:
    """Seconds from SYN to SYN-ACK, as the kernel measured it however late we look; None: no SYN-ACK yet.

    elapsed: as we see it, for when the kernel can't say: a SYN was lost and sent again.
    """
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_BYTES)
        (rtt,), (again,) = _RTT.unpack_from(info), _RETRANSMITTED.unpack_from(info)
    except (OSError, struct.error):
        return elapsed
    if info[0] == SYN_SENT:
        return None
    return min(elapsed, rtt / 1e6) if rtt and not again else elapsed
