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
        position = arguments.find(hidden) if hidden else -1
        while position >= 0:  # it may be there twice
            ctypes.memset(start + position, ord("*"), len(hidden))
            position = arguments.find(hidden, position + len(hidden))
