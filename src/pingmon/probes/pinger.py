"""The pinger: one thread and one socket for all targets of an IP version.

Basic algorithm, one turn of the loop: take commands, drain the socket, expire what is overdue,
send what is due, sleep until the next of these. The socket is always drained before anything is
called lost, so that our own lateness never becomes a device's loss.
"""

import enum
import heapq
import itertools
import logging
import os
import random
import select
import socket
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pingmon.model.result import Outcome, ProbeResult
from pingmon.probes.icmp import NONCE_BYTES, build_echo
from pingmon.probes.sockets import IcmpSocket, Received, error_words, resolve

log = logging.getLogger(__name__)

CONFIRM_INTERVAL = 1.0  # s; losses less than 1 s apart are correlated
POKE_SPACING = 0.2  # s
BATCH_AGE = 10.0  # s; good results of settled targets wait at most this long
BATCH_MOST = 64  # results
FIRST_SPACING = 0.01  # s; new targets are started at this distance, within their interval
LATE_WINDOW = 60.0  # s; how long a late reply is still recognised
NAP_MS = 5  # ms between turns; bounds the wake-ups to 200/s and the lateness to about this
SUSPENDED = 0.5  # s that CLOCK_BOOTTIME gained on CLOCK_MONOTONIC
STALL = 1.0  # s; a loop that slept longer than this may have lost packets by itself
IDENTIFIER_LIFE = 600.0  # s; firewalls pin a constant identifier


class Pace(enum.Enum):
    """How eagerly a target is probed; the worker sets it, the pinger only obeys."""

    SETTLED = "replies are expected and batched, silence hurries the next probe"
    CONFIRMING = "one probe a second, every result at once"
    SILENT = "no reply is expected: the normal interval, every result at once"


def _slept() -> float:
    """Seconds that the machine has been suspended since it booted (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


Deliver = Callable[[list[ProbeResult]], None]


@dataclass(slots=True, eq=False)
class Probed:
    """A target as the pinger sees it."""

    address: str
    interval: float
    timeout: float
    deliver: Deliver
    pace: Pace = Pace.CONFIRMING
    removed: bool = False
    poked: bool = False  # somebody waits for the next result
    due: float = 0.0
    ticket: int = 0  # only the newest entry in the schedule counts
    started: bool = False
    last_sent: float = float("-inf")
    last_answered: tuple[int, int] | None = None
    sockaddr: tuple[str, int] | tuple[str, int, int, int] | None = None
    outstanding: deque["_Probe"] = field(default_factory=deque)
    batch: list[ProbeResult] = field(default_factory=list)
    batch_since: float = 0.0
    duplicates: int = 0
    late: int = 0


@dataclass(slots=True, eq=False)
class _Probe:
    probed: Probed
    key: tuple[int, int]
    nonce: bytes
    sent_ns: int
    sent_mono: float
    result: ProbeResult | None = None

    @property
    def sent_at(self) -> float:
        return self.sent_ns / 1e9


class Pinger:
    """Measures; says nothing about up or down. All methods may be called from any thread."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.socket = IcmpSocket(version)
        self.heartbeat = time.monotonic()
        self.sent = 0
        self.replies = 0  # in time
        self.lateness: deque[float] = deque(maxlen=2000)  # s, of the latest sends
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._commands: deque[Callable[[], None]] = deque()
        self._schedule: list[tuple[float, int, Probed]] = []
        self._tickets = itertools.count(1)
        self._by_key: dict[tuple[int, int], _Probe] = {}
        self._timeouts: dict[float, deque[_Probe]] = {}
        self._lost: deque[tuple[float, _Probe]] = deque()
        self._identifier, self._sequence, self._identifier_until = 0, 0, 0.0
        self._targets = 0
        self._next_start = 0.0
        self._dropped = 0
        self._slept = _slept()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name=f"pinger-v{version}", daemon=True)

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
        self._do(lambda: self._forget_target(probed))

    def set_pace(self, probed: Probed, pace: Pace) -> None:
        self._do(lambda: self._change_pace(probed, pace))

    def poke(self, probed: Probed) -> None:
        """Probe now, not at its next turn, and hand the result over at once."""
        self._do(lambda: self._poke(probed))

    def _do(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        # Only the first of many has to wake the pinger: it goes on until there are none.
        if len(self._commands) == 1:
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
                self.turn()
                # Replies carry the kernel's time: many of them share a wake-up and lose nothing.
                napper.poll(NAP_MS)
            except Exception:
                log.exception("the pinger stumbled; it goes on")
                time.sleep(0.1)

    def turn(self) -> None:
        """One turn of the loop; never blocks."""
        before, self.heartbeat = self.heartbeat, time.monotonic()
        self._drain()
        dropped, self._dropped = self.socket.dropped != self._dropped, self.socket.dropped
        now = time.monotonic()
        slept, self._slept = _slept(), self._slept
        suspended = abs(slept - self._slept) > SUSPENDED
        self._slept = slept
        self._expire(now, blind=dropped or suspended or now - before > STALL + 1.0)
        if suspended:
            self._forgive()
        self._run_commands()
        self._send_due(now)

    def _pause_ms(self) -> float:
        """Until the next send or timeout."""
        deadline = time.monotonic() + 1.0
        if self._schedule:
            deadline = min(deadline, self._schedule[0][0])
        for queue in self._timeouts.values():
            if queue:
                deadline = min(deadline, queue[0].sent_mono + queue[0].probed.timeout)
        return max(0.0, (deadline - time.monotonic()) * 1000)

    def _run_commands(self) -> None:
        try:
            os.eventfd_read(self._wake)
        except BlockingIOError:
            return
        while self._commands:
            self._commands.popleft()()

    def _start_target(self, probed: Probed) -> None:
        self._targets += 1
        now = time.monotonic()
        ahead = max(self._next_start, now) - now
        self._next_start = now + ahead + FIRST_SPACING
        self._schedule_at(probed, now + ahead % probed.interval)

    def _forget_target(self, probed: Probed) -> None:
        self._targets -= 1
        for probe in probed.outstanding:
            self._by_key.pop(probe.key, None)
        probed.outstanding.clear()

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

    def _regular(self, probed: Probed, now: float) -> float:
        """The next point on the target's own grid: spread over the interval, stable for ever."""
        phase = zlib.crc32(probed.address.encode()) / 2**32 * probed.interval
        gap = probed.interval - (now - phase) % probed.interval
        return now + (gap if gap > 1e-6 else gap + probed.interval)

    def _schedule_at(self, probed: Probed, due: float) -> None:
        probed.due, probed.ticket = due, next(self._tickets)
        heapq.heappush(self._schedule, (due, probed.ticket, probed))

    def _send_due(self, now: float) -> None:
        schedule = self._schedule
        while schedule and schedule[0][0] <= now:
            due, ticket, probed = heapq.heappop(schedule)
            if probed.removed or ticket != probed.ticket:
                continue
            # Silence of a settled target: hold back until it is old enough to confirm.
            waiting = probed.pace is Pace.SETTLED and len(probed.outstanding) > 0 and not probed.poked
            earliest = probed.last_sent + CONFIRM_INTERVAL
            if waiting and now < earliest:
                self._schedule_at(probed, earliest)
                continue
            self.lateness.append(max(0.0, now - due))
            self._send(probed, now)
            self._schedule_at(probed, self._after_send(probed, now))

    def _after_send(self, probed: Probed, now: float) -> float:
        pace = probed.pace
        if pace is Pace.CONFIRMING:
            return now + CONFIRM_INTERVAL
        regular = self._regular(probed, now)
        # Ask again after a second if this one stays unanswered; a reply moves it to the grid.
        if pace is Pace.SETTLED and regular > now + CONFIRM_INTERVAL:
            return now + CONFIRM_INTERVAL
        return regular

    def _send(self, probed: Probed, now: float) -> None:
        probed.started, probed.last_sent = True, now
        self.sent += 1
        self._sequence = sequence = self._sequence % 0xFFFF + 1
        if now >= self._identifier_until or sequence == 1:
            self._identifier = random.getrandbits(16)
            self._identifier_until = now + IDENTIFIER_LIFE
        # A datagram socket's identifier is the kernel's choice; the nonce tells probes apart.
        key = (self._identifier if self.socket.raw else 0, sequence)
        nonce = random.randbytes(NONCE_BYTES)
        packet = build_echo(self.version, self._identifier, sequence, nonce)
        sent_ns = time.time_ns()
        probe = _Probe(probed, key, nonce, sent_ns, time.monotonic())
        self._by_key[key] = probe
        probed.outstanding.append(probe)
        queue = self._timeouts.get(probed.timeout)
        if queue is None:
            queue = self._timeouts[probed.timeout] = deque()
        queue.append(probe)
        try:
            if probed.sockaddr is None:
                probed.sockaddr = resolve(self.version, probed.address)
            self.socket.send(packet, probed.sockaddr)
        except OSError as error:
            probed.sockaddr = None
            words = f"could not send: {error.strerror or error}"
            self._finish(probe, ProbeResult(Outcome.LOCAL_ERROR, probe.sent_at, None, words))

    def _drain(self) -> None:
        while True:
            try:
                received = self.socket.receive()
            except BlockingIOError:
                return
            if received is not None:
                self._match(received)

    def _match(self, received: Received) -> None:
        echo = received.echo
        key = (echo.identifier if self.socket.raw else 0, echo.sequence)
        probe = self._by_key.get(key)
        if probe is None or not self._is_answer(probe, received):
            return
        probed = probe.probed
        if probe.result is not None:
            if echo.error is None and probed.last_answered == key:
                probed.duplicates += 1
            elif echo.error is None:
                self._late(probe, received)
            return
        elapsed = time.monotonic() - probe.sent_mono
        rtt = (received.at_ns - probe.sent_ns) / 1e9 if received.at_ns else elapsed
        if not 0 <= rtt <= elapsed + 0.001:  # the wall clock was set in between
            rtt = elapsed
        if echo.error is not None:
            words = error_words(self.version, received)
            self._finish(probe, ProbeResult(Outcome.ICMP_ERROR, probe.sent_at, None, words))
        elif rtt <= probed.timeout:
            self.replies += 1
            probed.last_answered = key
            self._finish(probe, ProbeResult(Outcome.REPLY, probe.sent_at, rtt))
        else:
            self._finish(probe, ProbeResult(Outcome.TIMEOUT, probe.sent_at))
            self._late(probe, received)

    def _late(self, probe: _Probe, received: Received) -> None:
        """Reported as lost already; but the device lives."""
        probed = probe.probed
        probed.late, probed.last_answered = probed.late + 1, probe.key
        if not probed.removed:
            rtt = time.monotonic() - probe.sent_mono
            probed.deliver([ProbeResult(Outcome.LATE, probe.sent_at, rtt)])

    def _is_answer(self, probe: _Probe, received: Received) -> bool:
        """By source, identifier, sequence and nonce; an error by the destination that it quotes."""
        sockaddr = probe.probed.sockaddr
        if sockaddr is None:
            return False
        if received.echo.error is not None:
            family = socket.AF_INET if self.version == 4 else socket.AF_INET6
            quoted = received.echo.nonce
            return (
                received.about == socket.inet_pton(family, sockaddr[0])
                and probe.nonce[: len(quoted)] == quoted  # routers may quote 8 bytes only
            )
        same_zone = len(sockaddr) < 4 or not sockaddr[3] or sockaddr[3] == received.scope
        return received.source == sockaddr[0] and same_zone and received.echo.nonce == probe.nonce

    def _expire(self, now: float, blind: bool) -> None:
        """What is overdue is lost. Until then a key is kept for duplicates, after it for late replies."""
        for timeout, queue in self._timeouts.items():
            while queue and queue[0].sent_mono + timeout <= now:
                probe = queue.popleft()
                if probe.result or probe.probed.removed:
                    self._drop_key(probe)
                    continue
                self._lost.append((now + LATE_WINDOW, probe))
                if blind:
                    words = "pingmon was late or lost packets itself"
                    result = ProbeResult(Outcome.LOCAL_ERROR, probe.sent_at, None, words)
                else:
                    result = ProbeResult(Outcome.TIMEOUT, probe.sent_at)
                self._finish(probe, result)
        while self._lost and self._lost[0][0] <= now:
            self._drop_key(self._lost.popleft()[1])

    def _forgive(self) -> None:
        """The machine slept: what was under way then says nothing about any device."""
        log.warning("the machine was suspended; probes of before do not count")
        for probe in [one for queue in self._timeouts.values() for one in queue if not one.result]:
            words = "the machine was suspended"
            self._finish(probe, ProbeResult(Outcome.LOCAL_ERROR, probe.sent_at, None, words))

    def _drop_key(self, probe: _Probe) -> None:
        if self._by_key.get(probe.key) is probe:  # sequence numbers come round again
            del self._by_key[probe.key]

    def _finish(self, probe: _Probe, result: ProbeResult) -> None:
        """Hand results over in the order in which the probes were sent."""
        probe.result = result
        probed = probe.probed
        outstanding = probed.outstanding
        news = probed.pace is not Pace.SETTLED or result.outcome is not Outcome.REPLY or probed.poked
        now = probe.sent_mono
        while outstanding and (first := outstanding[0].result) is not None:
            outstanding.popleft()
            if not probed.batch:
                probed.batch_since = now
            probed.batch.append(first)
        if probed.removed or not probed.batch:
            return
        if probed.interval > CONFIRM_INTERVAL and not news and not outstanding:
            regular = self._regular(probed, probed.last_sent)
            if regular > probed.due:
                self._schedule_at(probed, regular)
        if news or now - probed.batch_since >= BATCH_AGE or len(probed.batch) >= BATCH_MOST:
            batch, probed.batch, probed.poked = probed.batch, [], False
            probed.deliver(batch)
