"""A line goes to the daemon's socket and another comes back, or words why none does."""

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pingmon.api.protocol import DEFAULT_SOCKET, GROUP, LineReader

if TYPE_CHECKING:
    from pingmon.client.service_state import ServiceState

LOOK_AFTER = 6.0  # s without an answer; a crash is over by then (RestartSec= of pingmon.service)
LONGEST = 1e6  # s; what the system takes for a socket
LOOK_AGAIN = 5.0  # s
PROBE = 2.0  # s for the answer to a second question, to which any daemon that is not frozen has one
PROBE_LEAST = 0.5  # s; what does not answer sooner need not be frozen
SHARE = 0.7  # of the time that the caller gives; the rest is for the second question
SETTLED_AFTER = 2.0  # s; so long a service may take to fail
QUEUE_FULL = 0.05  # s until the next attempt to connect
_QUESTION = b'{"jsonrpc": "2.0", "method": "status", "id": 1}\n'
MAYBE = "; what was asked for may have happened"


class CannotReach(Exception):
    """The daemon does not answer; the message says what to do."""


def exchange(path: str, line: bytes, seconds: float) -> bytes | None:
    """On a connection of its own; see Wire.exchange."""
    wire = Wire(path)
    try:
        return wire.exchange(line, seconds)
    finally:
        wire.close()


class Wire:
    """A connection to the daemon, made when the first line goes."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._reader: LineReader | None = None

    def close(self) -> None:
        if self._socket:
            self._socket.close()

    def exchange(self, line: bytes, seconds: float) -> bytes | None:
        """The answer's line, None when the connection was closed instead. Raises CannotReach.

        seconds: for all of it. When waiting is in vain this is said sooner, after ten seconds at most.
        """
        path, seconds = self._path, min(max(seconds, 0.0), LONGEST)
        try:
            answer = self._exchange(line, seconds)
            if not answer:
                _say_why_it_hung_up(path)
            return answer
        except PermissionError:
            raise CannotReach(
                f"access to {path} is denied: join the group {GROUP} "
                f"(sudo usermod -aG {GROUP} $USER, then log in again)"
            ) from None
        except (FileNotFoundError, ConnectionRefusedError):
            words = f"pingmond is not running: nothing listens at {path} (systemctl start pingmon)"
            state = _state(path)
            raise CannotReach(state.words if state else words) from None
        except TimeoutError:
            state = _state(path)
            why = f"; {state.words}" if state else ""
            raise CannotReach(
                f"pingmond at {path} gave no answer within {seconds:g} s{why}; "
                f"--wait SECONDS waits longer{MAYBE}"
            ) from None
        except ConnectionResetError as error:
            _say_why_it_hung_up(path)
            raise CannotReach(f"pingmond does not answer at {path}: {error}") from None
        except (OSError, ValueError) as error:  # ValueError: a path that can't be
            raise CannotReach(f"pingmond does not answer at {path}: {error}") from None

    def late_answer(self, seconds: float) -> bytes | None:
        """To a line that went already. Raises OSError."""
        if self._socket is None or self._reader is None:
            return None
        self._socket.settimeout(seconds)
        return self._reader.read()

    def _exchange(self, line: bytes, seconds: float) -> bytes | None:
        """Raises OSError, TimeoutError among them, ValueError, CannotReach."""
        end = time.monotonic() + seconds
        look_at = time.monotonic() + min(LOOK_AFTER, SHARE * seconds)
        sock, reader = self._connected(seconds)
        left = memoryview(line)
        while True:
            try:
                sock.settimeout(max(0.001, min(look_at, end) - time.monotonic()))
                if not left:
                    return reader.read()
                left = left[sock.send(left) :]
            except TimeoutError:
                if time.monotonic() >= end:
                    raise
            except (BrokenPipeError, ConnectionResetError):
                if not left:
                    raise
                left = left[:0]  # it does not read on, and may have said why
            if time.monotonic() < look_at:
                continue
            _refuse_to_wait_in_vain(self._path, min(PROBE, (1 - SHARE) * seconds))
            look_at = time.monotonic() + LOOK_AGAIN

    def _connected(self, seconds: float) -> tuple[socket.socket, LineReader]:
        if self._socket is None or self._reader is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(seconds)
            _connect(self._socket, self._path, time.monotonic() + seconds)
            self._reader = LineReader(self._socket, limit=None)
        return self._socket, self._reader


def _connect(sock: socket.socket, path: str, end: float) -> None:
    """Waits while the queue of those who want to connect is full. Raises OSError, ValueError."""
    while True:
        try:
            return sock.connect(path)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise TimeoutError from None
        time.sleep(QUEUE_FULL)


def _refuse_to_wait_in_vain(path: str, seconds: float) -> None:
    """Raises CannotReach if no answer will come, as far as that can be found out in `seconds`."""
    from pingmon.client.service_state import LOOK, Phase

    state = _state(path)
    if state and state.phase is Phase.PASSES:
        return
    if state and state.phase is Phase.GONE:
        raise CannotReach(state.words)
    if seconds >= PROBE_LEAST and not _answers(path, seconds):
        where = f"; {LOOK}" if state else ""
        raise CannotReach(f"pingmond at {path} is frozen: it does not even say its status{where}")


def _say_why_it_hung_up(path: str) -> None:
    """Raises CannotReach with what systemd says of the service, once that is clear."""
    from pingmon.client.service_state import Phase

    end = time.monotonic() + SETTLED_AFTER
    while (state := _state(path)) and state.phase is Phase.PASSES and time.monotonic() < end:
        time.sleep(QUEUE_FULL)
    if state and state.phase is Phase.GONE:
        raise CannotReach(state.words)


def _answers(path: str, seconds: float) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(seconds)
        sock.connect(path)
        sock.sendall(_QUESTION)
        return sock.recv(1) != b""
    return False


def _state(path: str) -> "ServiceState | None":
    """What systemd says of the service; None for another socket than the service's."""
    if path != DEFAULT_SOCKET:
        return None
    from pingmon.client.service_state import service_state  # subprocess is slow to import

    return service_state()
