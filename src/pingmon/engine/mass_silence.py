"""Finds out whether many targets that go silent together are down, or our own way out is."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from math import inf

from pingmon.engine.channel_question import ChannelQuestion
from pingmon.model.mass_silence import (
    AGAIN,
    MASS,
    WINDOW,
    answering_share,
    find_mass_silence,
    mass_silence_verdict,
)
from pingmon.model.monitor import Monitor
from pingmon.model.visibility import Verdict

log = logging.getLogger(__name__)

LOOK_EVERY = 0.2  # s; at least, between two looks
COUNTS_KEPT = 65.0  # s; a loss may be heard of a timeout later
RECOUNT = 10.0  # s


class MassSilence:
    """Workers report silence and ask, the recorder calls run_once; requests have their own threads.

    replies: how many probes were answered so far, of all targets. can_reach_anybody: whether
    a service of a channel answers; may block. explained: whether a monitor's silence is another one's
    (its parent's). intervals: of the targets that were up, as they were told.
    """

    def __init__(
        self,
        replies: Callable[[], int],
        can_reach_anybody: Callable[[], bool],
        explained: Callable[[Monitor], bool],
        intervals: Callable[[], Counter[float]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.since: float | None = None  # steady clock; None when there is no mass silence
        self._replies, self._explained = replies, explained
        self._question = ChannelQuestion(can_reach_anybody, clock, _log_answer)
        self._intervals, self._clock = intervals, clock
        self._lost: dict[str, tuple[float, float, Monitor]] = {}  # address → sent, heard
        self._counts = deque([(clock(), replies())])
        self._targets: Mapping[float, int] = {}
        self._counted = self._looked = -inf
        self._said_blind = False
        self._lock = threading.Lock()

    def on_silence(self, monitor: Monitor, age: float) -> None:
        """A target that was up lost a probe that was sent `age` seconds ago."""
        now = self._clock()
        with self._lock:
            self._lost[monitor.watched_at] = (now - max(0.0, age), now, monitor)

    def on_reply(self, monitor: Monitor) -> None:
        """It answers again: one lost probe of a bad path is no silence."""
        with self._lock:
            self._lost.pop(monitor.watched_at, None)

    def check(self) -> Verdict:
        with self._lock:
            now = self._clock()
            if len(self._lost) >= MASS and now - self._looked >= LOOK_EVERY:
                self._update(now)
            verdict = self._verdict()
            self._said_blind |= verdict is Verdict.BLIND
            return verdict

    def run_once(self) -> Verdict:
        """To be called once a second."""
        with self._lock:
            now = self._clock()
            self._update(now)
            said, self._said_blind = self._said_blind, False
            return Verdict.BLIND if said else self._verdict()

    def _verdict(self) -> Verdict:
        return mass_silence_verdict(self.since, self._question.reached, self._question.failed)

    def _update(self, now: float) -> None:
        self._looked = now
        self._counts.append((now, self._replies()))
        while self._counts[0][0] < now - COUNTS_KEPT:
            self._counts.popleft()
        old = [one for one, (_, heard, _) in self._lost.items() if heard < now - WINDOW]
        for address in old:
            del self._lost[address]
        found = self._find(now)
        if self.since is None and found is not None:
            log.warning("%d addresses went silent together: asking whether it is us", len(self._lost))
            self.since = found
        elif self.since is not None and found is None and self._is_over(self.since, now):
            log.warning("the mass silence is over after %.0f s", now - self.since)
            self.since = None
        if self.since is not None:
            self._question.ask()

    def _find(self, now: float) -> float | None:
        if len(self._lost) < MASS:
            return None
        if self.since is None and now - self._counted > RECOUNT:
            self._counted, self._targets = now, self._intervals()
        lost = [sent for sent, _, monitor in self._lost.values() if not self._explained(monitor)]
        return find_mass_silence(lost, list(self._counts), self._targets)

    def _is_over(self, since: float, now: float) -> bool:
        """Once our way out is proved it is the devices' silence, and ends with the last news of it."""
        if self._verdict() is Verdict.TELL:
            return True
        return answering_share(list(self._counts), since, now, self._targets) > 1 - AGAIN


def _log_answer(works: bool) -> None:
    log.warning("our way out %s", "works" if works else "does not work")
