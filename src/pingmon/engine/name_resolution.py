"""Keeps the addresses of watched names right: asks again in time, and has monitors follow a change.

One thread decides, those of engine/name_lookup.py wait for the resolver. Nobody else ever waits for it.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from pingmon.engine.live_monitors import LiveMonitors
from pingmon.engine.name_lookup import THREADS, Key, LookUp, Lookups, look_up
from pingmon.engine.name_queue import NameQueue
from pingmon.engine.system_clock import SYSTEM, Clock
from pingmon.engine.unresolved import UnresolvedTargets
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor, name_key
from pingmon.model.name_schedule import (
    FLOOR,
    NameState,
    Resolved,
    Trust,
    answered,
    asked,
    hurry,
    is_awaited,
)

log = logging.getLogger(__name__)

RATE = 20.0  # questions a second, at most: thousands of names must not flood a resolver
LOOK = 1.0  # s; at most, between two looks at what is due
# How many threads may be busy with names that are trusted so much, or less.
THREADS_FOR = {Trust.NONE: THREADS // 2, Trust.UNKNOWN: THREADS - 2, Trust.FULL: THREADS}

# A name, its family, and the address that it has now → why some can't be probed there, or empty.
Use = Callable[[str, str, str], str]


class NameResolution:
    """`note`, `hurry`, `words` and `is_awaited` may be called from any thread."""

    def __init__(
        self,
        monitors: LiveMonitors,
        unresolved: UnresolvedTargets,
        use: Use,
        look_up: LookUp = look_up,
        clock: Clock = SYSTEM,
    ) -> None:
        """use: raises PingmonError; then it is tried again."""
        self._monitors, self._unresolved, self._use, self._clock = monitors, unresolved, use, clock
        self._lookups = Lookups(self._on_answer, look_up)
        self._names: dict[Key, NameState] = {}
        self._queue = NameQueue(self._names)
        self._asking: dict[Key, Trust] = {}
        self._noted: deque[Key] = deque()  # that are watched, perhaps since now
        self._hurried: deque[Key] = deque()
        self._answers: deque[tuple[Key, Resolved]] = deque()
        self._next_question = 0.0
        self._wake, self._stopped = threading.Event(), False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        unresolved.hurry = self._hurry_named
        monitors.on_named = self.note

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        if self._thread:
            self._thread.join(3.0)

    def note(self, monitor: Monitor) -> None:
        """It is watched by its name."""
        self._noted.append((monitor.host, monitor.family))
        self._wake.set()
        with self._lock:
            if self._thread is None and not self._stopped:
                thread = threading.Thread(target=self._run, name="names", daemon=True)
                try:
                    thread.start()
                    self._thread = thread
                except RuntimeError:  # no room for a thread now: the next name tries again
                    log.error("no thread could be started: %s is not resolved yet", monitor.host)

    def hurry(self, monitor: Monitor) -> None:
        """Its device went silent: perhaps it has another address now."""
        if monitor.host:
            self._hurried.append((monitor.host, monitor.family))
            self._wake.set()

    def is_awaited(self, monitor: Monitor, since: float) -> bool:
        """Whether silence since then, epoch seconds, may be that of an address which it had before."""
        name = self._names.get((monitor.host, monitor.family)) if monitor.host else None
        return name is not None and is_awaited(name, since - self._clock.offset(), self._clock.steady())

    def words(self, monitor: Monitor) -> str:
        """What is wrong with its name, in plain words; empty if nothing is."""
        name = self._names.get((monitor.host, monitor.family)) if monitor.host else None
        return name.problem if name else ""

    # The thread

    def run_once(self) -> float:
        """Seconds until something is due."""
        self._take_notes()
        while self._answers:
            key, answer = self._answers.popleft()
            self._take_answer(key, answer)
        return self._ask()

    def _run(self) -> None:
        while not self._stopped:
            try:
                seconds = self.run_once()
            except Exception:
                log.exception("names could not be looked after; trying again")
                seconds = LOOK
            self._wake.wait(min(seconds, LOOK))
            self._wake.clear()

    def _take_notes(self) -> None:
        now = self._clock.steady()
        while self._noted:
            key = self._noted.popleft()
            watched = self._monitors.of_name(*key)
            if not watched:
                continue
            name = self._names.get(key)
            if name is None:
                used = next((one.address for one in watched if one.address), "")
                name = NameState(in_use=used, due=now)
            self._set(key, self._followed(key, name, name.in_use))
        while self._hurried:
            key = self._hurried.popleft()
            if key in self._names:
                self._set(key, hurry(self._names[key], now))

    def _take_answer(self, key: Key, answer: Resolved) -> None:
        self._asking.pop(key, None)
        before = self._names.get(key)
        if before is None:
            return
        if not self._monitors.of_name(*key):
            del self._names[key]
            return
        name = answered(before, answer, self._clock.steady(), random.random())
        name = self._followed(key, name, before.in_use)
        self._set(key, name)
        if name.problem != before.problem:
            _log(key, name)
        if name.problem:
            self._unresolved.deliver(name_key(*key), name.latest)

    def _followed(self, key: Key, name: NameState, before: str) -> NameState:
        """Monitors move to the address in use. before: what stays in use if that can't be stored."""
        watched = self._monitors.of_name(*key)
        if not name.in_use or all(one.address == name.in_use for one in watched):
            return name
        try:
            words = self._use(*key, name.in_use)
        except PingmonError as error:
            latest = name.latest._replace(problem=str(error), kind=error.kind)
            return replace(name, in_use=before, latest=latest, due=self._clock.steady() + FLOOR)
        if words:  # of some of them
            return replace(name, latest=name.latest._replace(problem=words, kind="EINVAL"))
        return name

    def _ask(self) -> float:
        """Seconds until the next question."""
        now = self._clock.steady()
        while (wait := self._next_question - time.monotonic()) <= 0:
            found = self._queue.pop(now, self._has_room)
            if found is None:
                return max(0.0, self._queue.next_due(self._has_room) - now)
            key, trust = found
            if not self._monitors.of_name(*key):
                del self._names[key]
                continue
            self._next_question = max(time.monotonic(), self._next_question) + 1.0 / RATE
            self._names[key] = asked(self._names[key], now)
            self._asking[key] = trust
            self._lookups.ask(key)
        return wait

    def _set(self, key: Key, name: NameState) -> None:
        self._names[key] = name
        if name.under_way is None:
            self._queue.put(key)

    def _has_room(self, trust: Trust) -> bool:
        """Names that may block a thread for long leave some of them to others."""
        return sum(one <= trust for one in self._asking.values()) < THREADS_FOR[trust]

    def _on_answer(self, key: Key, answer: Resolved) -> None:
        self._answers.append((key, answer))
        self._wake.set()

    def _hurry_named(self, named: str) -> None:
        host, slash, family = named.partition("/")
        self._hurried.append((host, family if slash else "any"))
        self._wake.set()


def _log(key: Key, name: NameState) -> None:
    if not name.problem:
        log.warning("%s resolves again", key[0])
    elif name.in_use:
        log.warning("%s: %s; %s goes on being probed", key[0], name.problem, name.in_use)
    else:
        log.warning("%s: %s", key[0], name.problem)
