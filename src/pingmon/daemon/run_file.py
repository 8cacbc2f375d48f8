"""A file that is there while pingmond runs: whoever starts and finds it knows that the stop was unclean.

Its time of change says when pingmond was last alive. A file of its own, as it must tell of a run that
ended because the database could not be used; and renaming works on a disk that is full.
"""

import json
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from pingmon.model.unclean_stops import UncleanStops, unclean_stops_from_json

log = logging.getLogger(__name__)

RUNNING, STOPPED = "pingmond.running", "pingmond.stopped"


class RunFile:
    """For one thread. What can't be written is logged once and hinders nothing."""

    def __init__(self, state_dir: Path) -> None:
        self._running, self._stopped = state_dir / RUNNING, state_dir / STOPPED
        self._is_broken = False
        self.stops = UncleanStops()

    def begin(self) -> None:
        """pingmond starts."""
        try:
            alive = self._running.stat().st_mtime
        except OSError:
            self._begin_after_clean_stop()
            return
        now = time.time()
        self.stops = self._read(self._running).with_another(alive, now)
        unseen = max(0.0, now - alive)
        log.warning("pingmond was not stopped properly; nothing was seen for %.0f s", unseen)
        self.save(self.stops)

    def _begin_after_clean_stop(self) -> None:
        self.stops = self._read(self._stopped)
        with suppress(OSError):
            self._stopped.rename(self._running)
        self.save(self.stops)

    def keep(self) -> None:
        """pingmond is alive; to be called every few seconds."""
        with suppress(OSError):
            os.utime(self._running)

    def save(self, stops: UncleanStops) -> None:
        """All of the file or nothing of it: the power may go at any moment."""
        self.stops = stops
        fresh = self._running.with_suffix(".new")
        try:
            with fresh.open("w") as file:
                json.dump(stops.to_json(), file)
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(self._running)
        except OSError as error:
            if not self._is_broken:
                log.error("%s can't be written: %s", self._running, error.strerror)
            self._is_broken = True

    def end(self) -> None:
        """pingmond stops as it was asked to."""
        with suppress(OSError):
            self._running.rename(self._stopped)

    def _read(self, path: Path) -> UncleanStops:
        try:
            return unclean_stops_from_json(json.loads(path.read_text()))
        except (OSError, KeyError, ValueError, TypeError):
            return UncleanStops()
