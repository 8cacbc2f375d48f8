"""One process per state directory and per socket."""

import fcntl
import grp
import os
import pwd
import socket
import struct
from contextlib import suppress
from pathlib import Path

from pingmon.api.protocol import GROUP


class AlreadyRunning(Exception):
    """Another instance holds the state directory or the socket; the message says who."""


class WrongUser(Exception):
    """Root would leave files in a state directory of another user; the message says what to do."""


def refuse_root(directory: Path) -> None:
    """Raises WrongUser if we are root and `directory` belongs to somebody else.

    A lock, database or journal file that root made there can't be opened by the service afterwards.
    """
    try:
        owner = directory.stat().st_uid
    except FileNotFoundError:
        return
    if os.geteuid() != 0 or owner == 0:
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    raise WrongUser(
        f"{directory} belongs to {name}, and files that root leaves there would stop the service: "
        f"systemctl start pingmon, or setpriv --reuid={name} --regid={name} --init-groups "
        "--inh-caps=+net_raw --ambient-caps=+net_raw pingmond, or another --state-dir"
    )


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
