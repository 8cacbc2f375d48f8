"""The pinger: one thread and one socket for all targets of an IP version.

Basic algorithm, one turn of the loop: take commands, drain the socket, expire what is overdue,
send what is due, sleep until the next of these. The socket is always drained before anything is
called lost, so that our own lateness never becomes a device's loss.
"""

import heapq
import itertools
import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from pingmon.model.backpressure import Backpressure
from pingmon.model.result import Outcome, ProbeResult
from pingmon.probes.flights import Flights
from pingmon.probes.probed import Pace, Probe, Probed
from pingmon.probes.sockets import IcmpSocket

log = logging.getLogger(__name__)

CONFIRM_INTERVAL = 1.0  # s; losses less than 1 s apart are correlated
POKE_SPACING = 0.2  # s
FIRST_SPACING = 0.01  # s; new targets are started at this distance, within their interval
# From one wake-up to the next. It bounds them to 100/s and the lateness to about this; round-trip
# times do not suffer, as the kernel stamps replies.
NAP_MS, NAP_LEAST_MS = 10, 2
BURST = 250  # probes between two looks at the socket, whose receive queue must not overflow
SUSPENDED = 0.5  # s that CLOCK_BOOTTIME gained on CLOCK_MONOTONIC
STALL = 2.0  # s; a loop that slept longer than this may have lost packets by itself


def _slept() -> float:
    """Seconds that the machine has been suspended since it booted (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


class Pinger:
    """Measures; says nothing about up or down. All methods may be called from any thread."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.socket = IcmpSocket(version)
        self.heartbeat = time.monotonic()
        self.backpressure = Backpressure()
        self._flights = Flights(self.socket)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._commands: deque[Callable[[], None]] = deque()
        self._woken = False
        self._schedule: list[tuple[float, int, Probed]] = []
        self._tickets = itertools.count(1)
        self._quiet: deque[Probe] = deque()  # of settled targets, until they are a second old
        self._next_start = 0.0
        self._dropped = 0
        self._slept = _slept()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name=f"pinger-v{version}", daemon=True)

    @property
    def sent(self) -> int:
        return self._flights.sent

    @property
    def replies(self) -> int:
        """Those that came in time, so far."""
        return self._flights.replies

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._do(lambda: setattr(self, "_stop", True))
        if self._thread.is_alive():
            self._thread.join()
        self.socket.close()
        os.close(self._wake)

    def add(self, probed: Probed) -> None:
        self._do(lambda: self._start_target(probed))

    def remove(self, probed: Probed) -> None:
        probed.removed = True
        self._do(lambda: self._flights.forget(probed))

    def set_pace(self, probed: Probed, pace: Pace) -> None:
        self._do(lambda: self._change_pace(probed, pace))

    def poke(self, probed: Probed) -> None:
        """Probe now, not at its next turn, and hand the result over at once."""
        self._do(lambda: self._poke(probed))

    def flush(self) -> None:
        """Have all replies that were collected handed over; returns when that was done (2 s at most)."""
        done = threading.Event()
        self._do(lambda: self._flush(done))
        done.wait(2.0)

    def _do(self, command: Callable[[], None]) -> None:
        # Only the first of many has to wake the pinger. It takes `_woken` back before it takes commands,
        # so who finds it set may rely on being heard. No lock: thousands of workers would queue for it.
        self._commands.append(command)
        if not self._woken:
            self._woken = True
            os.eventfd_write(self._wake, 1)

    # Everything below runs in the pinger's own thread.

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self._wake, select.POLLIN)
        poller.register(self.socket, select.POLLIN)
        napper = select.poll()
        napper.register(self._wake, select.POLLIN)
        while not self._stop:
            try:
                poller.poll(self._pause_ms())
                woke = time.monotonic()
                while self.turn():
                    pass
                # Replies carry the kernel's time: many of them share a wake-up and lose nothing.
                napper.poll(max(NAP_LEAST_MS, NAP_MS - (time.monotonic() - woke) * 1000))
            except Exception:
                log.exception("the pinger stumbled; it goes on")
                time.sleep(0.1)

    def turn(self) -> bool:
        """One turn of the loop; never blocks. Whether there is more to do at once."""
        before, self.heartbeat = self.heartbeat, time.monotonic()
        drained = self._flights.drain()
        dropped, self._dropped = self.socket.dropped != self._dropped, self.socket.dropped
        now = time.monotonic()
        slept, self._slept = self._slept, _slept()
        suspended = abs(self._slept - slept) > SUSPENDED
        if drained:
            stalled = now - before > STALL
            self._flights.expire(now, blind=dropped or suspended or stalled)
        if suspended:
            log.warning("the machine was suspended; probes of before do not count")
            self._flights.forgive("the machine was suspended")
        self._run_commands()
        self._hurry(now)
        if words := self.backpressure.turn(now):
            log.warning("IPv%d: %s", self.version, words)
        return self._send_due(now) or not drained

    def _pause_ms(self) -> float:
        """Until the next send or timeout."""
        deadline = min(time.monotonic() + 1.0, self._flights.next_timeout())
        if self._schedule:
            deadline = min(deadline, self._schedule[0][0])
        if self._quiet:
            deadline = min(deadline, self._quiet[0].sent_mono + CONFIRM_INTERVAL)
        return max(0.0, (deadline - time.monotonic()) * 1000)

    def _run_commands(self) -> None:
        # Each turn, as who calls may write after his command was found: nobody else would take it back,
        # and a wake-up that is never over keeps a processor busy.
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        self._woken = False
        while self._commands:
            try:
                self._commands.popleft()()
            except Exception:
                log.exception("a command to the pinger failed; the others go on")

    def _start_target(self, probed: Probed) -> None:
        now = time.monotonic()
        ahead = max(self._next_start, now) - now
        self._next_start = now + ahead + min(FIRST_SPACING, probed.interval / 2)
        self._schedule_at(probed, now + ahead % probed.interval)

    def _change_pace(self, probed: Probed, pace: Pace) -> None:
        if probed.removed or probed.pace is pace:
            return
        probed.pace = pace
        now = time.monotonic()
        if pace is Pace.CONFIRMING:
            self._schedule_at(probed, min(probed.due, max(now, probed.last_sent + CONFIRM_INTERVAL)))
        elif probed.started:
            self._schedule_at(probed, self._regular(probed, now))

    def _poke(self, probed: Probed) -> None:
        if probed.removed or probed.poked:
            return
        probed.poked = True
        soonest = max(time.monotonic(), probed.last_sent + POKE_SPACING)
        if soonest < probed.due:
            self._schedule_at(probed, soonest)

    def _flush(self, done: threading.Event) -> None:
        for _, _, probed in self._schedule:
            if not probed.removed:
                self._flights.hand_over(probed)
        done.set()

    def _regular(self, probed: Probed, now: float) -> float:
        """The next point on the target's own grid: spread over the interval, stable for ever."""
        interval = probed.interval * self.backpressure.stretch
        gap = interval - (now - probed.phase * interval) % interval
        return now + (gap if gap > 1e-6 else gap + interval)

    def _schedule_at(self, probed: Probed, due: float) -> None:
        probed.due, probed.ticket = due, next(self._tickets)
        heapq.heappush(self._schedule, (due, probed.ticket, probed))

    def _hurry(self, now: float) -> None:
        """A settled target that is silent for a second is probed again, before its timeout."""
        quiet, old = self._quiet, now - CONFIRM_INTERVAL
        while quiet and (quiet[0].answered or quiet[0].sent_mono <= old):
            probe = quiet.popleft()
            probed = probe.probed
            silent = probe.result is None and not (probe.answered or probed.removed)
            if silent and probed.pace is Pace.SETTLED and probed.due > now:
                self._schedule_at(probed, now)

    def _send_due(self, now: float) -> bool:
        """Send what is due, so many at a time; whether more is due."""
        schedule, left, late = self._schedule, BURST, self.backpressure.lateness.append
        while schedule and schedule[0][0] <= now:
            due, ticket, probed = schedule[0]
            if probed.removed or ticket != probed.ticket:
                heapq.heappop(schedule)
                continue
            if not left:
                return True
            left -= 1
            settled = probed.pace is Pace.SETTLED
            # Silence of a settled target: hold back until it is old enough to confirm.
            if settled and probed.outstanding and not probed.poked:
                earliest = probed.last_sent + CONFIRM_INTERVAL
                if now < earliest:
                    self._reschedule(probed, earliest)
                    continue
            late(now - due)
            self._send(probed, now)
            confirming = probed.pace is Pace.CONFIRMING
            self._reschedule(probed, now + CONFIRM_INTERVAL if confirming else self._regular(probed, now))
        return False

    def _reschedule(self, probed: Probed, due: float) -> None:
        """As _schedule_at, for the target at the head of the schedule."""
        probed.due, probed.ticket = due, next(self._tickets)
        heapq.heapreplace(self._schedule, (due, probed.ticket, probed))

    def _send(self, probed: Probed, now: float) -> None:
        probed.last_sent = now
        try:
            if probed.destination is None:
                probed.destination = self.socket.resolve(probed.address)
            probe = self._flights.launch(probed, probed.destination, now)
        except OSError as error:
            probed.destination = None
            words = f"could not send: {error.strerror or error}"
            self._flights.fail(probed, ProbeResult(Outcome.LOCAL_ERROR, time.time(), None, words))
            return
        if probed.pace is Pace.SETTLED and probed.interval > CONFIRM_INTERVAL:
            self._quiet.append(probe)
