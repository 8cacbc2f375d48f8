"""What systemd gives and wants: sockets, notifications, log priorities. All works without it too."""

import json
import logging
import os
import socket
import time
from contextlib import suppress

import sdnotify

from pingmon.api.protocol import NOT_STARTED

_FIRST_FD = 3
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
ANSWER_WITHIN = 2.0  # s, all waiting clients together
READ_WITHIN = 0.2  # s; a client sends its request as soon as it is connected


class Notifier:
    """sd_notify(3). Without systemd nothing happens."""

    def __init__(self) -> None:
        self._systemd = sdnotify.SystemdNotifier()

    def ready(self) -> None:
        self._systemd.notify("READY=1")

    def alive(self) -> None:
        """To be called more often than WatchdogSec=, or systemd restarts the service."""
        self._systemd.notify("WATCHDOG=1")

    def stopping(self) -> None:
        self._systemd.notify("STOPPING=1")

    def status(self, words: str) -> None:
        """One line, shown by `systemctl status`."""
        self._systemd.notify(f"STATUS={words}")


def inherited_socket() -> socket.socket | None:
    """The listening socket that systemd passed (sd_listen_fds(3)), if any."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        return None
    return socket.socket(fileno=_FIRST_FD)


def stderr_is_journal() -> bool:
    """Whether standard error is the journal's stream that JOURNAL_STREAM names (systemd.exec(5))."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(2)
    except OSError:
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))


def priority_prefix(level: int) -> str:
    """What sd-daemon(3) wants before a line of this logging level, for example "<3>" for an error."""
    return f"<{_PRIORITY.get(level, 6)}>"


def say_error(words: str) -> None:
    """One message on standard error before there is a log; at level error where that is the journal."""
    prefix = priority_prefix(logging.ERROR) if stderr_is_journal() else ""
    os.write(2, "".join(f"{prefix}{line}\n" for line in words.splitlines()).encode(errors="replace"))


def refuse_waiting_clients(words: str) -> None:
    """Tell those who wait in the inherited socket's queue why there will be no daemon.

    Otherwise they wait for their own timeout, and systemd, which sees that the socket is readable, starts
    the service again and again.
    """
    listener = inherited_socket()
    if listener is None:
        return
    error = {"code": NOT_STARTED, "message": words, "data": {"kind": "not_started"}}
    line = json.dumps({"jsonrpc": "2.0", "error": error, "id": None}).encode() + b"\n"
    deadline = time.monotonic() + ANSWER_WITHIN
    with listener, suppress(OSError):
        listener.setblocking(False)
        while time.monotonic() < deadline:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.settimeout(READ_WITHIN)
                connection.sendall(line)
                connection.recv(1 << 16)  # closing with unread input would be an error to the client
