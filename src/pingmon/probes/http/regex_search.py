"""Regular expressions that can't hold up pingmond, whatever the expression and the text.

Python's `re` can't be interrupted and holds the interpreter's lock: one expression would stop every
probe. The library `regex` has a time limit and lets others run, but for some expressions it takes all
memory. RE2 needs neither time nor memory without bounds, but Debian 12 does not have it for Python. So
`re` works in one process of its own, with limits that the kernel keeps.
"""

import asyncio
import re
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from pingmon.model.errors import InvalidValue
from pingmon.probes.http import regex_child

LONGEST_PATTERN = 1000  # characters


def check_pattern(pattern: str) -> str:
    """The same. Raises InvalidValue."""
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidValue(f"expect_regex: longer than {LONGEST_PATTERN} characters", "expect_regex")
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise InvalidValue(f"expect_regex: {error}", "expect_regex") from None
    except RecursionError:
        raise InvalidValue("expect_regex: nested too deeply", "expect_regex") from None
    return pattern


class Searcher:
    """Of one event loop. Its process is started by the first search, and again after one was too long."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def why_not(self, pattern: str, text: str, where: str) -> str:
        """Empty if it is found. where: what the text is, in words. Raises OSError: no process."""
        raw, encoded = pattern.encode(), text.encode("utf-8", "replace")
        async with self._turn:
            if self._process is None:
                await self._start()
            try:
                self._writer.write(struct.pack("!II", len(raw), len(encoded)) + raw + encoded)
                answer = await self._reader.read(1)
            except OSError:
                answer = b""
            except BaseException:  # the answer would be that of the next one
                self.stop()
                raise
            if not answer:
                self.stop()
        if answer == regex_child.FOUND:
            return ""
        if answer == regex_child.NOT_FOUND:
            return f"the regular expression was not found in {where}"
        if answer == regex_child.TOO_LARGE:
            return f"the regular expression takes too much memory on {where}"
        return f"the regular expression takes longer than {regex_child.WORK} s on {where}"

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(Path(regex_child.__file__))],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # what is typed at a terminal is for pingmond
                )
            except OSError:
                ours.close()
                raise
        self._reader, self._writer = await asyncio.open_connection(sock=ours)

    def stop(self) -> None:
        """A search that is under way ends with it."""
        if self._process:
            with suppress(RuntimeError):  # the loop is closed
                self._writer.transport.abort()
            self._process.kill()
            self._process.wait()
            self._process = None
