"""A program on a terminal of its own: keys are typed, and what the screen got is waited for."""

import os
import pty
import re
import select
import subprocess
import time
from contextlib import suppress

_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[=>()][0-9A-Za-z]?)|\r")


class Terminal:
    """Runs `command` on a pseudo-terminal; ends it on exit."""

    def __init__(self, command: list[str]) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self._shown = ""

    def __enter__(self) -> "Terminal":
        return self

    def type(self, keys: str) -> None:
        """Press keys; what was shown before is forgotten."""
        self._shown = ""
        os.write(self._ours, keys.encode())

    def expect(self, pattern: str, timeout: float = 10.0) -> str:
        """What was shown since `type`, without escapes, once `pattern` is in it. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, self.shown()):
            if not select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"{pattern!r} was not shown within {timeout} s, but {self.shown()!r}")
            try:
                self._shown += os.read(self._ours, 65536).decode(errors="replace")
            except OSError:
                raise TimeoutError(f"{pattern!r} was not shown, but {self.shown()!r}, the end") from None
        return self.shown()

    def shown(self) -> str:
        return _ESCAPES.sub("", self._shown)

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            os.close(self._ours)
        self._process.kill()
        self._process.wait(10)
