"""The pinger: one thread and one socket for all targets of an IP version.

Basic algorithm, one turn of the loop: take commands, drain the socket, expire what is overdue,
send what is due, sleep until the next of these. The socket is always drained before anything is
called lost, so that our own lateness never becomes a device's loss.
"""

import errno
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

from pingmon.model.interval_stretch import Backpressure
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.prober_protocols import Pace
from pingmon.probes.icmp.icmp_socket import IcmpSocket
from pingmon.probes.icmp.in_flight import ProbesInFlight
from pingmon.probes.icmp.target import EchoTarget, Probe

log = logging.getLogger(__name__)

CONFIRM_INTERVAL = 1.0  # s; losses less than 1 s apart are correlated
PROBE_NOW_SPACING = 0.2  # s
FIRST_SPACING = 0.01  # s; new targets are started at this distance, within their interval
# From one wake-up to the next. It bounds them to 100/s and the lateness to about this; round-trip
# times do not suffer, as the kernel stamps replies.
NAP_MS, NAP_LEAST_MS = 10, 2
LONGEST_NAP = 1.1  # s; when nothing is due
BURST = 250  # probes between two looks at the socket, whose receive queue must not overflow
SUSPENDED = 0.5  # s that CLOCK_BOOTTIME gained on CLOCK_MONOTONIC
STALL = 2.0  # s; a loop that slept longer than this may have lost packets by itself


def _slept() -> float:
    """Seconds that the machine has been suspended since it booted (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


class PingScheduler:
    """Measures; says nothing about up or down. All methods may be called from any thread."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.socket = IcmpSocket(version)
        self.heartbeat = time.monotonic()
        self.backpressure = Backpressure()
        self._in_flight = ProbesInFlight(self.socket)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._commands: deque[Callable[[], None]] = deque()
        self._woken = False
        self._schedule: list[tuple[float, int, EchoTarget]] = []
        self._tickets = itertools.count(1)
        self._quiet: deque[Probe] = deque()  # of settled targets, until they are a second old
        self._next_start = 0.0
        self._dropped = 0
        self._slept = _slept()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name=f"pinger-v{version}", daemon=True)

    @property
    def sent(self) -> int:
        return self._in_flight.sent

    @property
    def replies(self) -> int:
        """Those that came in time, so far."""
        return self._in_flight.replies

    @property
    def late_now(self) -> float:
        """Seconds: of the latest probe, or since the loop should have turned again."""
        try:
            latest = self.backpressure.lateness[-1]
        except IndexError:
            latest = 0.0
        return max(latest, time.monotonic() - self.heartbeat - LONGEST_NAP)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._do(lambda: setattr(self, "_stop", True))
        if self._thread.is_alive():
            self._thread.join()
        self.socket.close()
        os.close(self._wake)

    def add(self, target: EchoTarget) -> None:
        self._do(lambda: self._start_target(target))

    def remove(self, target: EchoTarget) -> None:
        target.removed = True
        self._do(lambda: self._in_flight.discard(target))

    def set_pace(self, target: EchoTarget, pace: Pace) -> None:
        self._do(lambda: self._change_pace(target, pace))

    def probe_now(self, target: EchoTarget) -> None:
        """Probe now, not at its next turn, and hand the result over at once."""
        self._do(lambda: self._probe_now(target))

    def flush_replies(self) -> None:
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
                ready = poller.poll(self._pause_ms())
                woke = time.monotonic()
                if any(one == self._wake for one, _ in ready):
                    self._take_back_wake_up()
                while self.run_once():
                    pass
                # Replies carry the kernel's time: many of them share a wake-up and lose nothing.
                napper.poll(max(NAP_LEAST_MS, NAP_MS - (time.monotonic() - woke) * 1000))
            except Exception:
                log.exception("an error in the pinger; it goes on")
                time.sleep(0.1)

    def run_once(self) -> bool:
        """One turn of the loop; never blocks. Whether there is more to do at once."""
        before, self.heartbeat = self.heartbeat, time.monotonic()
        drained = self._in_flight.receive()
        dropped, self._dropped = self.socket.dropped != self._dropped, self.socket.dropped
        now = time.monotonic()
        slept, self._slept = self._slept, _slept()
        suspended = abs(self._slept - slept) > SUSPENDED
        if drained:
            stalled = now - before > STALL
            self._in_flight.expire_overdue(now, blind=dropped or suspended or stalled)
        if suspended:
            log.warning("the machine was suspended; probes of before do not count")
            self._in_flight.mark_local_error("the machine was suspended")
        self._run_commands()
        self._probe_silent_targets(now)
        if words := self.backpressure.adjust(now):
            log.warning("IPv%d: %s", self.version, words)
        return self._send_due(now) or not drained

    def _pause_ms(self) -> float:
        """Until the next send or timeout."""
        deadline = min(time.monotonic() + 1.0, self._in_flight.next_timeout())
        if self._schedule:
            deadline = min(deadline, self._schedule[0][0])
        if self._quiet:
            deadline = min(deadline, self._quiet[0].sent_mono + CONFIRM_INTERVAL)
        return max(0.0, (deadline - time.monotonic()) * 1000)

    def _take_back_wake_up(self) -> None:
        # Also one that was written after its command was found: nobody else would take it back, and a
        # wake-up that is never over keeps a processor busy.
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)

    def _run_commands(self) -> None:
        self._woken = False
        while self._commands:
            try:
                self._commands.popleft()()
            except Exception:
                log.exception("a command to the pinger failed; the others go on")

    def _start_target(self, target: EchoTarget) -> None:
        now = time.monotonic()
        ahead = max(self._next_start, now) - now
        self._next_start = now + ahead + min(FIRST_SPACING, target.interval / 2)
        self._schedule_at(target, now + ahead % target.interval)

    def _change_pace(self, target: EchoTarget, pace: Pace) -> None:
        if target.removed or target.pace is pace:
            return
        target.pace = pace
        now = time.monotonic()
        if pace is Pace.CONFIRMING:
            self._schedule_at(target, min(target.due, max(now, target.last_sent + CONFIRM_INTERVAL)))
        elif target.started:
            self._schedule_at(target, self._regular(target, now))

    def _probe_now(self, target: EchoTarget) -> None:
        if target.removed or target.result_wanted:
            return
        target.result_wanted = True
        is_confirming = target.pace is Pace.CONFIRMING or target.outstanding
        spacing = CONFIRM_INTERVAL if is_confirming else PROBE_NOW_SPACING
        soonest = max(time.monotonic(), target.last_sent + spacing)
        if soonest < target.due:
            self._schedule_at(target, soonest)

    def _flush(self, done: threading.Event) -> None:
        for _, _, target in self._schedule:
            if not target.removed:
                self._in_flight.deliver_collected(target)
        done.set()

    def _regular(self, target: EchoTarget, now: float) -> float:
        """The next point on the target's own grid: spread over the interval, stable for ever."""
        interval = target.interval * self.backpressure.stretch
        gap = interval - (now - target.phase * interval) % interval
        return now + (gap if gap > 1e-6 else gap + interval)

    def _schedule_at(self, target: EchoTarget, due: float) -> None:
        target.due, target.ticket = due, next(self._tickets)
        heapq.heappush(self._schedule, (due, target.ticket, target))

    def _probe_silent_targets(self, now: float) -> None:
        """A settled target that is silent for a second is probed again, before its timeout."""
        quiet, old = self._quiet, now - CONFIRM_INTERVAL
        while quiet and (quiet[0].answered or quiet[0].sent_mono <= old):
            probe = quiet.popleft()
            target = probe.target
            silent = probe.result is None and not (probe.answered or target.removed)
            if silent and target.pace is Pace.SETTLED and target.due > now:
                self._schedule_at(target, now)

    def _send_due(self, now: float) -> bool:
        """Send what is due, so many at a time; whether more is due."""
        schedule, left, late = self._schedule, BURST, self.backpressure.lateness.append
        while schedule and schedule[0][0] <= now:
            due, ticket, target = schedule[0]
            if target.removed or ticket != target.ticket:
                heapq.heappop(schedule)
                continue
            if not left:
                return True
            left -= 1
            settled = target.pace is Pace.SETTLED
            # Silence of a settled target: hold back until it is old enough to confirm, whoever asks.
            if settled and target.outstanding:
                earliest = target.last_sent + CONFIRM_INTERVAL
                if now < earliest:
                    self._reschedule(target, earliest)
                    continue
            late(now - due)
            self._send(target, now)
            confirming = target.pace is Pace.CONFIRMING
            self._reschedule(target, now + CONFIRM_INTERVAL if confirming else self._regular(target, now))
        return False

    def _reschedule(self, target: EchoTarget, due: float) -> None:
        """As _schedule_at, for the target at the head of the schedule."""
        target.due, target.ticket = due, next(self._tickets)
        heapq.heapreplace(self._schedule, (due, target.ticket, target))

    def _send(self, target: EchoTarget, now: float) -> None:
        target.last_sent = now
        try:
            if target.destination is None:
                target.destination = self.socket.resolve(target.address, target.options)
            probe = self._in_flight.send(target, target.destination, now)
        except OSError as error:
            target.destination = None
            words = f"could not send: {error.strerror or error}"
            kind = errno.errorcode.get(error.errno or 0, "EIO")
            self._in_flight.record_send_failure(
                target, ProbeResult(Outcome.LOCAL_ERROR, time.time(), None, words, kind)
            )
            return
        if target.pace is Pace.SETTLED and target.interval > CONFIRM_INTERVAL:
            self._quiet.append(probe)
