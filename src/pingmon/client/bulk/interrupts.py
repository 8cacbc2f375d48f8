"""Ctrl-C while something can't be stopped any more: its end is waited for; a second one leaves."""

import os
import signal
from contextlib import suppress
from typing import Any

WORDS = b"\npingmonctl: this can't be stopped any more; waiting for its end (Ctrl-C again leaves)\n"


class Interrupts:
    """`with Interrupts() as interrupts`; `seen` tells whether there was one."""

    def __init__(self) -> None:
        self.seen = False
        self._before: Any = None

    def __enter__(self) -> "Interrupts":
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored
            self._before = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _on_signal(self, *_: object) -> None:
        if self.seen:
            raise KeyboardInterrupt
        self.seen = True
        with suppress(OSError):
            os.write(2, WORDS)  # print may be under way
