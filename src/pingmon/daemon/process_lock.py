"""One process per state directory and per socket."""

import errno
import fcntl
import grp
import os
import pwd
import socket
import stat
import struct
from contextlib import suppress
from pathlib import Path

from pingmon.api.protocol import GROUP

ANSWER_WITHIN = 5.0  # s; a daemon whose queue is full is alive


class AlreadyRunning(Exception):
    """Another instance holds the state directory or the socket; the message names its process."""


class SocketFile:
    """A listening Unix socket at a path; the file is removed at the end, unless it is another one's."""

    def __init__(self, path: str) -> None:
        """Raises AlreadyRunning when somebody answers there, OSError when a file is in the way."""
        self._path = path
        self.listener = listen(path)
        self._own = _identity(path)

    def __enter__(self) -> socket.socket:
        return self.listener

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        # Open it keeps the number of its file, so no other file can have that.
        if self._own is not None and _identity(self._path) == self._own:
            Path(self._path).unlink(missing_ok=True)
        self.listener.close()


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
    """A listening socket at `path`. Only the file of a dead socket is replaced.

    Raises AlreadyRunning when somebody answers there, OSError when another file is in the way.
    """
    _remove_dead_socket(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        listener.bind(path)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"can't listen: {error.strerror or error}", path) from None
    finally:
        os.umask(before)
    with suppress(KeyError, PermissionError):
        os.chown(path, -1, grp.getgrnam(GROUP).gr_gid)
    listener.listen(1024)
    return listener


def _remove_dead_socket(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(
            errno.EEXIST, "it is not a socket, so it is left alone; give another path", path
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(ANSWER_WITHIN)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()  # its owner is gone
            return
        except OSError as error:
            if error.errno != errno.EPROTOTYPE and not isinstance(error, TimeoutError | BlockingIOError):
                raise
            raise AlreadyRunning(f"another program serves {path} already") from None
        credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid = struct.unpack("3i", credentials)[0]
        raise AlreadyRunning(f"process {pid} serves {path} already")


def _identity(path: str) -> tuple[int, int] | None:
    """What tells the file from any other, None when there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
