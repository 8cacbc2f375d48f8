"""The socket server: a thread per connection, none of which can harm the others."""

import logging
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from pingmon.api.connection_state import ConnectionState
from pingmon.api.dispatcher import error_line
from pingmon.api.method import Caller
from pingmon.api.protocol import (
    INTERNAL,
    INVALID_REQUEST,
    MAX_LINE,
    PARSE_ERROR,
    LineReader,
    LineTooLong,
)

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 256  # beyond it the one that was idle longest is closed
IDLE_TIMEOUT = 300.0  # s
SEND_TIMEOUT = 30.0  # s; a client that does not read its answers is closed

Dispatch = Callable[[str, Caller], str]


class Server:
    """Serves JSON-RPC lines on a listening Unix socket until stopped."""

    def __init__(self, listener: socket.socket, dispatch: Dispatch) -> None:
        self.heartbeat = time.monotonic()
        self._listener, self._dispatch = listener, dispatch
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, float] = {}  # idle since; inf while it is served
        self._stop = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._accept, name="api", daemon=True)

    def start(self) -> None:
        self._listener.setblocking(False)
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting and end idle connections; requests under way get a moment to finish."""
        self._stop = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            with self._lock:
                busy = any(since == float("inf") for since in self._connections.values())
            if not busy:
                break
            time.sleep(0.01)
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        poller = select.poll()
        poller.register(self._listener, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        while not self._stop:
            self.heartbeat = time.monotonic()
            poller.poll(1000)
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                continue
            except OSError as error:
                log.warning("could not accept a connection: %s", error.strerror)
                time.sleep(0.1)
                continue
            self._make_room()
            with self._lock:
                self._connections[connection] = time.monotonic()
            try:
                threading.Thread(
                    target=self._serve, args=(connection,), name="api-client", daemon=True
                ).start()
            except RuntimeError:  # no more threads
                self._close(connection)

    def _make_room(self) -> None:
        with self._lock:
            if len(self._connections) < MAX_CONNECTIONS:
                return
            idle = min(self._connections, key=lambda one: self._connections[one])
            del self._connections[idle]
        with suppress(OSError):
            idle.shutdown(socket.SHUT_RDWR)

    def _serve(self, connection: socket.socket) -> None:
        state = ConnectionState()
        try:
            pid, uid, _ = struct.unpack(
                "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            )
            reader = LineReader(connection)
            while not self._stop:
                self._mark(connection, time.monotonic())
                connection.settimeout(IDLE_TIMEOUT)
                try:
                    line = reader.read()
                except LineTooLong:
                    self._refuse(connection, f"a request is one line of at most {MAX_LINE} bytes")
                    return
                if line is None:
                    return
                if not line.strip():
                    continue
                self._mark(connection, float("inf"))
                answer = self._answer(line, Caller(uid, pid, state))
                if answer:
                    connection.settimeout(SEND_TIMEOUT)
                    connection.sendall(answer.encode() + b"\n")
        except OSError:
            pass  # the client went away, stalled or was closed for another
        finally:
            state.close()
            self._close(connection)

    def _answer(self, line: bytes, caller: Caller) -> str:
        try:
            return self._dispatch(line.decode(), caller)
        except UnicodeDecodeError:
            return error_line(PARSE_ERROR, "Parse error: not UTF-8")
        except Exception:  # the connection lives on, whatever this was
            log.exception("a request could not be answered")
            return error_line(INTERNAL, "Internal error", "internal")

    def _refuse(self, connection: socket.socket, words: str) -> None:
        connection.settimeout(SEND_TIMEOUT)
        connection.sendall(error_line(INVALID_REQUEST, words).encode() + b"\n")
        connection.shutdown(socket.SHUT_WR)
        # Closing with unread input would reset the connection and lose the answer.
        connection.settimeout(1.0)
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline and connection.recv(65536):
            pass

    def _mark(self, connection: socket.socket, since: float) -> None:
        with self._lock:
            if connection in self._connections:
                self._connections[connection] = since

    def _close(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.pop(connection, None)
        connection.close()
