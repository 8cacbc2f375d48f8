"""A TCP server that a test scripts, to do what networks do and no HTTP library would."""

import ctypes
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_CLONE_NEWNET = 0x40000000


class RawServer:
    """Calls `serve` with each connection, in a thread of its own. `requests` holds what each one sent."""

    def __init__(
        self, serve: Callable[["RawServer", socket.socket], None], host: str = "127.0.0.1"
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.requests: list[bytes] = []
        self.closed = 0  # connections
        self.stopped = threading.Event()
        self._serve = serve
        self._listener = socket.create_server((host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "RawServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._serve(self, connection)
        self.closed += 1

    def read(self, connection: socket.socket) -> bytes:
        """A request, whole; empty when the client closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return b""
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]):
                    body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]


def answering(data: bytes) -> Callable[[RawServer, socket.socket], None]:
    """Each request gets these bytes; then the connection is closed."""

    def serve(server: RawServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(data)

    return serve


def trickling(data: bytes, pause: float) -> Callable[[RawServer, socket.socket], None]:
    """Each request gets these bytes, one at a time, and for ever the last of them."""

    def serve(server: RawServer, connection: socket.socket) -> None:
        server.read(connection)
        for number in range(10_000_000):
            connection.sendall(data[min(number, len(data) - 1) :][:1])
            if server.stopped.wait(pause):
                return

    return serve


def http(status: str, body: bytes, *headers: str) -> bytes:
    """An answer whose end is told by its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def in_namespace(name: str, function: Callable[[], Any]) -> Any:
    """What `function` returns or raises, when its thread makes its sockets in that network namespace."""
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/run/netns/{name}") as file:  # noqa: PTH123  # its descriptor is needed
                if libc.setns(file.fileno(), _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns, and how many seconds it took."""
    began = time.monotonic()
    result = function()
    return result, time.monotonic() - began
