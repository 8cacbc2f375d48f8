"""What the client and the daemon share: paths, limits, framing, error codes. Imports nothing heavy."""

import socket

DEFAULT_SOCKET = "/run/pingmon.sock"
GROUP = "pingmon"
MAX_LINE = 1 << 20  # bytes of one request, the newline not counted
PAGE_MAX = 1000

NOT_STARTED = -32000  # there will be no daemon, the message says why; data.kind is "not_started"
NOT_FOUND = -32001
CONFLICT = -32002
REFUSED = -32003
UNREACHABLE = -32004
LIMIT = -32005
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
INTERNAL = -32603


class LineTooLong(Exception):
    """The other side sent more than MAX_LINE bytes without a newline."""


class LineReader:
    """Splits a stream socket into lines; the last one may be ended by half-close."""

    def __init__(self, sock: socket.socket, limit: int | None = MAX_LINE) -> None:
        self._socket, self._limit = sock, limit
        self._buffer = bytearray()
        self._ended = False

    def read(self) -> bytes | None:
        """The next line without its newline, None at the end. Raises OSError, LineTooLong."""
        start = 0
        while True:
            end = self._buffer.find(b"\n", start)
            if self._limit is not None and (end if end >= 0 else len(self._buffer)) > self._limit:
                raise LineTooLong
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                return line
            if self._ended:
                line = bytes(self._buffer)
                self._buffer.clear()
                return line or None
            start = len(self._buffer)
            chunk = self._socket.recv(65536)
            self._ended = not chunk
            self._buffer += chunk


def socket_path(address: str) -> str:
    """The path in `unix:/run/pingmon.sock` or a bare path."""
    return address.removeprefix("unix:")
