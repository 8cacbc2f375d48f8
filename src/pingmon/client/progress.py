"""A bar that shows how far long work is, on a terminal; nothing where nobody looks."""

import os
import sys
import time
from contextlib import suppress
from typing import Any

MANY = 500  # monitors; of so many the bar is shown at once
SOON = 0.5  # s; of fewer, when they take longer than this
FORMAT = "{desc} [{bar:30}] {n_fmt}/{total_fmt}{postfix}"


class Progress:
    """`with Progress("checked", 10_000) as progress: progress.show(5_000)`."""

    def __init__(self, words: str, total: int) -> None:
        self._words, self._total = words, total
        self._began = time.monotonic()
        self._bar: Any = None
        self._is_seen = total > 0 and sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, done: int, note: str = "") -> None:
        """note: what is being waited for."""
        late = time.monotonic() - self._began > SOON
        if self._bar is None and self._is_seen and (self._total > MANY or late):
            self._bar = self._open()
        if self._bar is not None:
            self._bar.n = done
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.refresh()

    def _open(self) -> Any:
        with suppress(ImportError):
            from tqdm import tqdm  # slow to import

            tqdm.monitor_interval = 0  # no thread of its own
            return tqdm(
                desc=self._words,
                total=self._total,
                bar_format=FORMAT,
                ascii=" #",
                file=sys.stderr,
                # A terminal may not know its width.
                **({"dynamic_ncols": True} if _has_width() else {"ncols": 80, "nrows": 24}),
            )
        self._is_seen = False
        return None


def _has_width() -> bool:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except OSError:
        return False
