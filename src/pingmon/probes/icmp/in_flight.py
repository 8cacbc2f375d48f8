"""Probes under way: launching them, matching what comes back, and giving up what is overdue.

How results are handed over: probes/scheduled/results.py.
"""

import os
import random
import time
from collections import deque

from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.prober_protocols import Pace
from pingmon.probes.icmp.batch_socket import SLOTS
from pingmon.probes.icmp.codec import NONCE_BYTES, EchoTemplate, Received
from pingmon.probes.icmp.destination import Destination
from pingmon.probes.icmp.icmp_socket import IcmpSocket, error_words
from pingmon.probes.icmp.odd_answers import count_error, set_believed, take_odd
from pingmon.probes.icmp.target import EchoTarget, Probe
from pingmon.probes.scheduled.results import ResultsInOrder

LATE_WINDOW = 60.0  # s; how long a late reply is still recognised
IDENTIFIER_LIFE = 600.0  # s; firewalls pin a constant identifier
NONCE_LIFE = 600.0  # s; nobody can guess a nonce
DRAIN_MOST = 5000  # packets in a row, lest a flood keeps us from everything else


class ProbesInFlight(ResultsInOrder):
    """All probes of one socket. Not thread-safe."""

    def __init__(self, icmp: IcmpSocket) -> None:
        super().__init__()
        self.sent = 0
        self._socket = icmp
        self._by_key: dict[int, Probe] = {}
        self._timeouts: dict[float, deque[Probe]] = {}
        self._lost: deque[tuple[float, Probe]] = deque()
        self._identifier, self._sequence, self._identifier_until = 0, 0, 0.0
        self._random = b""

    def send(self, target: EchoTarget, to: Destination, now: float) -> Probe:
        """Send an echo request. Raises OSError: a local failure, which says nothing about the device."""
        self._sequence = sequence = self._sequence % 0xFFFF + 1
        if now >= self._identifier_until or sequence == 1:
            self._identifier = random.getrandbits(16)
            self._identifier_until = now + IDENTIFIER_LIFE
        template = target.template
        if template is None or now >= target.template_until:
            size = target.options.payload_size
            template = target.template = EchoTemplate(self._socket.version, self._nonce(), size)
            target.template_until = now + NONCE_LIFE
        packet = template.packet(self._identifier, sequence)
        sent_mono, sent_ns = time.monotonic(), time.time_ns()
        self._socket.send(packet, to.to, target.pace is Pace.SETTLED)
        self.sent += 1
        probe = Probe(target, self._key(self._identifier, sequence), template.nonce, sent_ns, sent_mono)
        self._by_key[probe.key] = probe
        target.outstanding.append(probe)
        queue = self._timeouts.get(target.timeout)
        if queue is None:
            queue = self._timeouts[target.timeout] = deque()
        queue.append(probe)
        return probe

    def record_send_failure(self, target: EchoTarget, result: ProbeResult) -> None:
        """A probe that could not be sent."""
        probe = Probe(target, -1, b"", int(result.sent_at * 1e9), time.monotonic())
        target.outstanding.append(probe)
        self.finish(probe, result)

    def discard(self, target: EchoTarget) -> None:
        """A target that was removed: nothing is delivered, and no cycle keeps it in memory."""
        target.odd = None
        for probe in target.outstanding:
            self._by_key.pop(probe.key, None)
        self.let_go(target)

    def receive(self) -> bool:
        """Take what the socket has; False when there may be more."""
        by_key, raw, left = self._by_key, self._socket.raw, DRAIN_MOST
        while left > 0:
            try:
                arrived = self._socket.receive()
            except BlockingIOError:
                return True
            left -= SLOTS
            for received in arrived:
                key = received.identifier << 16 | received.sequence if raw else received.sequence
                probe = by_key.get(key)
                if probe is not None:
                    if self._is_answer(probe, received):
                        self._match(probe, received)
                    elif received.error is None:
                        self._take_odd(probe, received)
            if not self._socket.may_have_more:
                return True
        return False

    def next_timeout(self) -> float:
        """When the next probe is overdue, monotonic seconds; infinite when none is under way."""
        first = (queue[0].sent_mono + timeout for timeout, queue in self._timeouts.items() if queue)
        return min(first, default=float("inf"))

    def expire_overdue(self, now: float, blind: bool) -> None:
        """What is overdue is lost. Until then a key is kept for duplicates, after it for late replies."""
        for timeout, queue in self._timeouts.items():
            overdue = now - timeout
            while queue and queue[0].sent_mono <= overdue:
                probe = queue.popleft()
                if probe.answered or probe.result or probe.target.removed:
                    self._drop_key(probe)
                    continue
                self._lost.append((now + LATE_WINDOW, probe))
                if blind:
                    words = "pingmon was late or lost packets itself"
                    result = ProbeResult(Outcome.LOCAL_ERROR, probe.sent_at, None, words)
                else:
                    words = probe.target.odd.why(probe) if probe.target.odd else ""
                    result = ProbeResult(Outcome.TIMEOUT, probe.sent_at, None, words)
                self.finish(probe, result)
        while self._lost and self._lost[0][0] <= now:
            self._drop_key(self._lost.popleft()[1])

    def mark_local_error(self, words: str) -> None:
        """What is under way says nothing about any device."""
        waiting = [one for queue in self._timeouts.values() for one in queue]
        for probe in waiting:
            if not (probe.answered or probe.result or probe.target.removed):
                self.finish(probe, ProbeResult(Outcome.LOCAL_ERROR, probe.sent_at, None, words))

    def _nonce(self) -> bytes:
        """From the kernel, many at a time: thousands of targets start together."""
        if not self._random:
            self._random = os.urandom(512 * NONCE_BYTES)
        nonce, self._random = self._random[:NONCE_BYTES], self._random[NONCE_BYTES:]
        return nonce

    def _key(self, identifier: int, sequence: int) -> int:
        """A datagram socket's identifier is the kernel's choice; the nonce tells probes apart."""
        return identifier << 16 | sequence if self._socket.raw else sequence

    def _drop_key(self, probe: Probe) -> None:
        if self._by_key.get(probe.key) is probe:  # sequence numbers come round again
            del self._by_key[probe.key]

    def _is_answer(self, probe: Probe, received: Received) -> bool:
        """By source, identifier, sequence and nonce; an error by the destination that it quotes."""
        asked = probe.target.destination
        if asked is None:
            return False
        if received.error is None:
            same_zone = not asked.scope or asked.scope == received.scope
            return received.nonce == probe.nonce and received.source == asked.packed and same_zone
        quoted = received.nonce  # routers may quote 8 bytes only
        return received.about == asked.packed and probe.nonce[: len(quoted)] == quoted

    def _take_odd(self, probe: Probe, received: Received) -> None:
        for one in take_odd(probe, received):
            self._match(*one)
            set_believed(probe.target)

    def _match(self, probe: Probe, received: Received) -> None:
        target = probe.target
        if probe.answered or probe.result is not None:
            if received.error is not None:
                count_error(target, received, self._socket.version)
            elif probe.answered:
                target.duplicates += 1
            else:
                self._late(probe)
            return
        elapsed = time.monotonic() - probe.sent_mono
        rtt = (received.at_ns - probe.sent_ns) / 1e9 if received.at_ns else elapsed
        if not 0 <= rtt <= elapsed + 0.001:  # the wall clock was set in between
            rtt = elapsed
        if received.error is not None:
            count_error(target, received, self._socket.version)
            words = error_words(self._socket.version, received)
            self.finish(probe, ProbeResult(Outcome.ICMP_ERROR, probe.sent_at, None, words))
        elif rtt <= target.timeout:
            self.reply(probe, rtt)
        else:
            self.finish(probe, ProbeResult(Outcome.TIMEOUT, probe.sent_at))
            self._late(probe)

    def _late(self, probe: Probe) -> None:
        """Reported as lost already; but the device lives."""
        target, probe.answered = probe.target, True
        target.late += 1
        target.last_reply = max(target.last_reply, probe.sent_mono)
        if not target.removed:
            rtt = time.monotonic() - probe.sent_mono
            target.deliver([ProbeResult(Outcome.LATE, probe.sent_at, rtt)])
