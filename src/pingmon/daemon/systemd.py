"""What systemd gives and wants: sockets, notifications, log priorities. All works without it too."""

import fcntl
import grp
import logging
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

import sdnotify

from pingmon.api.protocol import GROUP
from pingmon.model.redaction import RedactingFormatter

_FIRST_FD = 3
_PRIORITY = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}


class AlreadyRunning(Exception):
    """Another instance holds the state directory or the socket; the message says who."""


def notifier() -> sdnotify.SystemdNotifier:
    return sdnotify.SystemdNotifier()


def inherited_socket() -> socket.socket | None:
    """The listening socket that systemd passed (sd_listen_fds(3)), if any."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        return None
    return socket.socket(fileno=_FIRST_FD)


def listen(path: str) -> socket.socket:
    """A listening socket at `path`. Raises AlreadyRunning when somebody answers there."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if Path(path).exists():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(path)
            except ConnectionRefusedError:
                Path(path).unlink()  # stale: its owner is gone
            else:
                credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                pid = struct.unpack("3i", credentials)[0]
                raise AlreadyRunning(f"process {pid} serves {path} already")
    before = os.umask(0o117)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    with suppress(KeyError, PermissionError):
        os.chown(path, -1, grp.getgrnam(GROUP).gr_gid)
    listener.listen(1024)
    return listener


def lock_state(directory: Path) -> int:
    """Held as long as the process lives. Raises AlreadyRunning with the holder's process id."""
    handle = os.open(directory / "pingmond.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        raise AlreadyRunning(f"process {holder} uses {directory} already") from None
    os.truncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


class _PriorityFormatter(RedactingFormatter):
    """sd-daemon(3) prefixes, on every line of a traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        prefix = f"<{_PRIORITY.get(record.levelname, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).split("\n"))


def configure_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if sys.stderr.isatty():
        handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(message)s"))
    else:
        handler.setFormatter(_PriorityFormatter("%(message)s"))
    # No line names its thread; looking that up keeps an object for every worker that ever logged.
    logging.logThreads = False
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("jsonrpcserver", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
