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
from weakref import WeakValueDictionary

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
        # Of each expression one search waits for its turn: one that always takes too long would keep
        # all others waiting.
        self._patterns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._process: subprocess.Popen[bytes] | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def why_not(self, pattern: str, text: str, where: str) -> str:
        """Empty if it is found. where: what the text is, in words. Raises OSError: no process."""
        raw, encoded = pattern.encode(), text.encode("utf-8", "replace")
        async with self._patterns.setdefault(pattern, asyncio.Lock()), self._turn:
            try:
                reader, writer = self._streams or await self._start()
                writer.write(struct.pack("!II", len(raw), len(encoded)) + raw + encoded)
                answer = await reader.read(1)
            except ConnectionError:  # it ended
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

    async def _start(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
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
        try:
            self._streams = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            raise
        return self._streams

    def stop(self) -> None:
        """A search that is under way ends with it."""
        streams, self._streams = self._streams, None
        process, self._process = self._process, None
        if streams:
            with suppress(RuntimeError):  # the loop is closed
                streams[1].transport.abort()
        if process:
            process.kill()
            process.wait()
