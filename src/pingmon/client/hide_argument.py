"""Hides a token that was given on the command line from `ps`, as soon as we run."""

import ctypes
from contextlib import suppress


def hide_argument(secret: str) -> None:
    """Overwrite `secret` in this process's own argument area (proc(5): stat, arg_start)."""
    with suppress(OSError, ValueError, IndexError), open("/proc/self/stat") as stat:  # noqa: PTH123
        fields = stat.read().rpartition(")")[2].split()
        start, end = int(fields[45]), int(fields[46])
        arguments = ctypes.string_at(start, end - start)
        hidden = secret.encode()
        # Up to its end: another one may begin so. It may be there twice.
        position = arguments.find(hidden + b"\0")
        while hidden and position >= 0:
            ctypes.memset(start + position, ord("*"), len(hidden))
            position = arguments.find(hidden + b"\0", position + len(hidden))
