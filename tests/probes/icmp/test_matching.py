"""Whose reply is it? Any packets, in any order: a target is credited with its own replies only."""

import socket
import time
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import Pace
from pingmon.probes.icmp.codec import Received
from pingmon.probes.icmp.destination import Destination
from pingmon.probes.icmp.in_flight import ProbesInFlight
from pingmon.probes.icmp.odd_answers import HABIT
from pingmon.probes.icmp.options import DEFAULT
from pingmon.probes.icmp.target import EchoTarget, Probe

A, B, C = (socket.inet_aton(f"10.0.0.{number}") for number in (1, 2, 3))
OTHER_NONCE = b"abcdefgh"


class Arrivals:
    """In place of a raw socket of IPv4: what arrives is what a test put there."""

    version, raw, dropped, may_have_more = 4, True, 0, True

    def __init__(self) -> None:
        self.waiting: list[Received] = []

    def send(self, packet: bytes, to: Any, is_settled: bool) -> None:
        pass

    def receive(self) -> list[Received]:
        if not self.waiting:
            raise BlockingIOError
        waiting, self.waiting = self.waiting, []
        return waiting


@dataclass
class Bench:
    """Two targets, A and B, of which B's replies may also come from C."""

    icmp: Arrivals = field(default_factory=Arrivals)
    results: dict[bytes, list[ProbeResult]] = field(default_factory=lambda: {A: [], B: []})
    sent: dict[bytes, list[Probe]] = field(default_factory=lambda: {A: [], B: []})

    def __post_init__(self) -> None:
        self.flights = ProbesInFlight(cast(Any, self.icmp))
        self.targets = {
            A: self._target(A, (b"", 0)),
            B: self._target(B, (C, 0)),
        }

    def _target(self, packed: bytes, other: tuple[bytes, int]) -> EchoTarget:
        def deliver(results: ReplyBatch | list[ProbeResult]) -> None:
            self.results[packed] += results.results() if isinstance(results, ReplyBatch) else results

        target = EchoTarget("", 1.0, 5.0, deliver, cast(Any, None), Pace.CONFIRMING, options=DEFAULT)
        target.destination = Destination(packed, 0, b"", other)
        return target

    def send(self, who: bytes) -> Probe:
        target = self.targets[who]
        assert target.destination is not None
        probe = self.flights.send(target, target.destination, time.monotonic())
        self.sent[who].append(probe)
        return probe

    def arrive(self, probe: Probe, source: bytes, nonce: bytes, shift: int = 0) -> None:
        key = probe.key + shift
        received = Received(key >> 16 & 0xFFFF, key & 0xFFFF, nonce, source, 0, time.time_ns())
        self.icmp.waiting.append(received)
        self.flights.receive()

    def replies(self, who: bytes) -> int:
        return sum(probe.answered for probe in self.sent[who])


ANSWERS = st.lists(
    st.tuples(
        st.sampled_from([A, B]),  # who is asked
        st.sampled_from([A, B, C]),  # who answers
        st.sampled_from(["ours", "other", "stale"]),
        st.sampled_from([0, 0, 0, 1, -1, 1 << 16]),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(ANSWERS)
def test_a_target_is_credited_with_its_own_replies_only(
    answers: list[tuple[bytes, bytes, str, int]],
) -> None:
    """And with those without our payload only from itself, when that is its habit."""
    bench, run, accepted = Bench(), dict[bytes, list[Probe]]({A: [], B: []}), {A: {A}, B: {B, C}}
    previous = b""
    for who, source, payload, shift in answers:
        probe = bench.send(who)
        nonce = {"ours": probe.nonce, "other": OTHER_NONCE, "stale": previous}[payload]
        previous = probe.nonce[::-1]
        asked = {one.key: (owner, one) for owner, probes in bench.sent.items() for one in probes}
        owner, hit = asked.get(probe.key + shift, (who, None))
        before = {one for probes in bench.sent.values() for one in probes if one.answered}
        bench.arrive(probe, source, nonce, shift)
        gained = {one for probes in bench.sent.values() for one in probes if one.answered} - before
        if hit is None or hit in before:
            assert not gained
        elif nonce == hit.nonce:
            assert gained == ({hit} if source in accepted[owner] else set())
            if gained:
                run[owner].clear()
        elif source == owner:
            if hit not in run[owner]:
                run[owner].append(hit)
            assert gained == ({*run[owner]} - before if len(run[owner]) >= HABIT else set())
        else:
            assert not gained


def test_a_habit_takes_requests_in_a_row_and_ends_with_one_echo() -> None:
    bench = Bench()
    for _ in range(HABIT - 1):
        probe = bench.send(A)
        bench.arrive(probe, A, OTHER_NONCE)
        bench.arrive(probe, A, OTHER_NONCE)  # twice the same is no habit
    assert bench.replies(A) == 0
    bench.arrive(bench.send(A), A, OTHER_NONCE)
    assert bench.replies(A) == HABIT  # also those that still waited
    bench.arrive(bench.send(A), B, OTHER_NONCE)  # from elsewhere it never counts
    assert bench.replies(A) == HABIT
    echoed = bench.send(A)
    bench.arrive(echoed, A, echoed.nonce)
    bench.arrive(bench.send(A), A, OTHER_NONCE)
    assert bench.targets[A].counts()["other_payload"] == 2 * HABIT
    assert bench.targets[A].note == "answers with another payload"
    answered = [probe.answered for probe in bench.targets[A].outstanding]
    assert answered == [False, True, False]


def test_another_payload_from_an_accepted_address_never_becomes_a_habit() -> None:
    bench = Bench()
    for _ in range(3 * HABIT):
        bench.arrive(bench.send(B), C, OTHER_NONCE)
    assert bench.replies(B) == 0 and bench.targets[B].counts()["other_payload"] == 0


def test_what_is_lost_says_what_came_instead() -> None:
    bench = Bench()
    bench.arrive(probe := bench.send(A), C, probe.nonce)
    bench.send(A)
    bench.flights.expire_overdue(time.monotonic() + 6, blind=False)
    details = [(one.outcome, one.detail) for one in bench.results[A]]
    assert details == [(Outcome.TIMEOUT, "answers come from 10.0.0.3"), (Outcome.TIMEOUT, "")]
    assert bench.targets[A].note == ""
