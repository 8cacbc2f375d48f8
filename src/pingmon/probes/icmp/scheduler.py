"""The pinger: one thread and one socket for all targets of an IP version.

Basic algorithm, one turn of the loop: take commands, drain the socket, expire what is overdue,
send what is due, sleep until the next of these. The socket is always drained before anything is
called lost, so that our own lateness never becomes a device's loss.
"""

import errno
import logging
import os
import select
import threading
import time
from contextlib import suppress

from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.prober_protocols import Pace
from pingmon.probes.icmp.icmp_socket import IcmpSocket
from pingmon.probes.icmp.in_flight import ProbesInFlight
from pingmon.probes.icmp.target import EchoTarget, Probe
from pingmon.probes.scheduled.commands import Commands, Sleep
from pingmon.probes.scheduled.schedule import Schedule

log = logging.getLogger(__name__)

# From one wake-up to the next. It bounds them to 100/s and the lateness to about this; round-trip
# times do not suffer, as the kernel stamps replies.
NAP_MS, NAP_LEAST_MS = 10, 2
LONGEST_NAP = 1.1  # s; when nothing is due
STALL = 2.0  # s; a loop that slept longer than this may have lost packets by itself


class PingScheduler:
    """Measures; says nothing about up or down. All methods may be called from any thread."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.socket = IcmpSocket(version)
        self.heartbeat = time.monotonic()
        self._schedule: Schedule[EchoTarget] = Schedule(self._send)
        self.backpressure = self._schedule.backpressure
        self._in_flight = ProbesInFlight(self.socket)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._commands = Commands(lambda: os.eventfd_write(self._wake, 1))
        self._dropped = 0
        self._sleep = Sleep()
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
        return self._schedule.late_now(self.heartbeat + LONGEST_NAP, time.monotonic())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._commands.give(lambda: setattr(self, "_stop", True))
        if self._thread.is_alive():
            self._thread.join()
        self.socket.close()
        os.close(self._wake)

    def add(self, target: EchoTarget) -> None:
        self._commands.give(lambda: self._schedule.start(target, time.monotonic()))

    def remove(self, target: EchoTarget) -> None:
        target.removed = True
        self._commands.give(lambda: self._in_flight.discard(target))

    def set_pace(self, target: EchoTarget, pace: Pace) -> None:
        self._commands.give(lambda: self._schedule.change_pace(target, pace, time.monotonic()))

    def probe_now(self, target: EchoTarget) -> None:
        """Probe now, not at its next turn, and hand the result over at once."""
        self._commands.give(lambda: self._schedule.probe_now(target, time.monotonic()))

    def flush_replies(self) -> None:
        """Have all replies that were collected handed over; returns when that was done (2 s at most)."""
        done = threading.Event()
        self._commands.give(lambda: self._flush(done))
        done.wait(2.0)

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
        suspended = self._sleep.was_suspended()
        if drained:
            stalled = now - before > STALL
            self._in_flight.expire_overdue(now, blind=dropped or suspended or stalled)
        if suspended:
            log.warning("the machine was suspended; probes of before do not count")
            self._in_flight.mark_local_error("the machine was suspended")
        self._commands.run()
        self._schedule.probe_silent_targets(now)
        if words := self.backpressure.adjust(now):
            log.warning("IPv%d: %s", self.version, words)
        return self._schedule.send_due(now) or not drained

    def _pause_ms(self) -> float:
        """Until the next send or timeout."""
        now = time.monotonic()
        deadline = min(now + 1.0, self._in_flight.next_timeout(), self._schedule.next_due())
        return max(0.0, (deadline - now) * 1000)

    def _take_back_wake_up(self) -> None:
        # Also one that was written after its command was found: nobody else would take it back, and a
        # wake-up that is never over keeps a processor busy.
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)

    def _flush(self, done: threading.Event) -> None:
        for target in self._schedule.targets():
            self._in_flight.deliver_collected(target)
        done.set()

    def _send(self, target: EchoTarget, now: float) -> Probe | None:
        try:
            if target.destination is None:
                target.destination = self.socket.resolve(target.address, target.options)
            return self._in_flight.send(target, target.destination, now)
        except OSError as error:
            target.destination = None
            words = f"could not send: {error.strerror or error}"
            kind = errno.errorcode.get(error.errno or 0, "EIO")
            self._in_flight.record_send_failure(
                target, ProbeResult(Outcome.LOCAL_ERROR, time.time(), None, words, kind)
            )
            return None
