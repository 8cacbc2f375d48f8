"""What each µs of a ping is: the parts of the hot path, one by one, in this process.

The whole is measured elsewhere (growth); here the same code runs piece by piece, on loopback where
the kernel takes part. Medians of rounds of thousands of calls.
"""

import heapq
import itertools
import socket
import statistics
import time
from array import array
from collections.abc import Callable
from typing import Any, cast

from benchmarks.report import Options, table
from pingmon.engine.group_decisions import GroupDecisions
from pingmon.engine.probers import Probers
from pingmon.engine.worker import Worker
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState
from pingmon.model.monitor import Channel, Monitor
from pingmon.model.probe_result import ReplyBatch
from pingmon.model.prober_protocols import Pace
from pingmon.model.visibility import Verdict
from pingmon.probes.icmp.codec import EchoTemplate, Received, build_echo, parse_v4
from pingmon.probes.icmp.icmp_socket import IcmpSocket
from pingmon.probes.icmp.in_flight import ProbesInFlight
from pingmon.probes.icmp.target import EchoTarget

CALLS, ROUNDS = 3000, 7
ADDRESS = "127.1.2.3"


def each(act: Callable[[], Any], calls: int = CALLS, before: Callable[[], Any] | None = None) -> float:
    """µs of one call, in the median round."""
    rounds = []
    for _ in range(ROUNDS):
        if before:
            before()
        began = time.perf_counter()
        for _ in range(calls):
            act()
        rounds.append((time.perf_counter() - began) / calls * 1e6)
    return statistics.median(rounds)


class Silent:
    """A socket whose packets come to nothing, for what is ours alone."""

    version, raw, dropped = 4, True, 0

    def send(self, packet: bytes, to: Any, is_settled: bool) -> None:
        pass


def kernel() -> dict[str, float]:
    """Sending to a device on loopback and taking its reply, by both ways of calling the kernel."""
    icmp = IcmpSocket(4)
    to = icmp.resolve(ADDRESS)
    packet = build_echo(4, 4711, 1, bytes(8))

    def many() -> None:
        for _ in range(CALLS):
            icmp.send(packet, to.to, True)

    def drain() -> None:
        try:
            while True:
                icmp.receive()
        except BlockingIOError:
            pass

    found = {"send": each(lambda: icmp.send(packet, to.to, True), before=drain)}
    found["receive"] = each(drain, 1, many) / CALLS
    found["python send"] = each(lambda: icmp.socket.sendto(packet, (ADDRESS, 0)), before=drain)

    def singly() -> None:
        try:
            while True:
                icmp.socket.recvmsg(2048, 256)
        except BlockingIOError:
            pass

    found["python receive"] = each(singly, 1, many) / CALLS
    icmp.close()
    return found


def bookkeeping() -> tuple[float, float]:
    """µs of launching a probe and of matching its reply, without the kernel."""
    flights = ProbesInFlight(cast(Any, Silent()))
    target = EchoTarget(ADDRESS, 1.0, 1.0, lambda _: None, cast(Any, None), Pace.SETTLED)
    packed = socket.inet_aton(ADDRESS)
    destination = cast(Any, type("To", (), {"packed": packed, "scope": 0, "to": b""}))
    target.destination = destination
    launched: list[float] = []
    matched: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        probes = [flights.send(target, destination, 0.0) for _ in range(CALLS)]
        launched.append((time.perf_counter() - began) / CALLS * 1e6)
        target.outstanding.clear()
        arrived = [
            Received(one.key >> 16, one.key & 0xFFFF, one.nonce, packed, 0, one.sent_ns + 1)
            for one in probes
        ]
        began = time.perf_counter()
        for one in probes:  # as in life: one is under way at a time
            target.outstanding.append(one)
            flights.reply(one, 1e-4)
        matched.append((time.perf_counter() - began) / CALLS * 1e6)
        for one in probes:
            one.answered = False
        began = time.perf_counter()
        for received, one in zip(arrived, probes, strict=True):
            flights._is_answer(one, received)
        matched[-1] += (time.perf_counter() - began) / CALLS * 1e6
        flights.expire_overdue(time.monotonic() + 2, blind=False)
    return statistics.median(launched), statistics.median(matched)


class SilentProber:
    """Targets that are never probed."""

    def new_target(self, address: str, _: Any, interval: float, timeout: float, deliver: Any) -> Any:
        pinger = type("P", (), {"add": lambda *_: None, "set_pace": lambda *_: None})()
        return EchoTarget(address, interval, timeout, deliver, pinger)


class NoDoubt:
    """Never asked: every probe is answered."""

    def check(self, monitor: Monitor, since: float, overdue: bool) -> Verdict:
        return Verdict.TELL

    def on_first_loss(self, monitor: Monitor) -> None: ...
    def on_silence(self, monitor: Monitor, sent_at: float) -> None: ...
    def on_reply(self, monitor: Monitor) -> None: ...
    def on_sight_changed(self, monitor: Monitor, state: DetectorState) -> None: ...

    def words_of(self, monitor: Monitor, verdict: Verdict) -> str:
        return ""


def worker(batch: int) -> float:
    """µs of one reply in a batch of so many, in the worker, without waking it."""
    prober = cast(Any, SilentProber())
    made = Worker(ADDRESS, Probers({"ping": prober}), GroupDecisions(lambda *_: None, NoDoubt()))
    monitor = Monitor(
        "1", ADDRESS, "ping", Channel(1, "telegram", 1, "b", "1", None), DetectionSettings(interval=1)
    )
    made.add(monitor, DetectorState())
    (group,) = made.groups
    now = time.time()
    pairs = array("d", itertools.chain.from_iterable((now + n, 1e-4) for n in range(batch)))

    def step() -> None:
        group.target.deliver(ReplyBatch(pairs))
        made.run_once()

    return each(step, 1000) / batch


def schedule(targets: int) -> float:
    """µs of taking the next of so many targets and putting it back."""
    heap: list[tuple[float, int, object]] = [(n / targets, n, None) for n in range(targets)]
    heapq.heapify(heap)
    tickets = itertools.count(targets)

    def turn() -> None:
        due, _, target = heap[0]
        heapq.heapreplace(heap, (due + 1.0, next(tickets), target))

    return each(turn)


def costs(_options: Options) -> str:
    """The hot path in parts."""
    found, (launched, matched) = kernel(), bookkeeping()
    template = EchoTemplate(4, bytes(8))
    patched = each(lambda: template.packet(4711, 1))
    built = each(lambda: build_echo(4, 4711, 1, bytes(8)))
    reply = bytes([0x45]) + bytes(8) + b"\x01" + bytes(10) + bytes(2) + build_echo(4, 1, 1, bytes(8))[2:]
    parsed = each(lambda: parse_v4(reply))
    clocks = each(lambda: (time.monotonic(), time.time_ns()))
    rows = [
        ["the schedule (heap of 10,000)", f"{schedule(10_000):.1f}", ""],
        ["the echo request, patched", f"{patched:.1f}", f"built by pythonping: {built:.1f}"],
        ["clocks", f"{clocks:.1f}", ""],
        ["keeping the probe", f"{launched - patched - clocks:.1f}", ""],
        ["sendto, with the kernel's way to the device and back", f"{found['send']:.1f}",
         f"by Python's socket: {found['python send']:.1f}"],
        ["recvmmsg of 64 and parsing", f"{found['receive']:.1f}",
         f"recvmsg alone: {found['python receive']:.1f}, pythonping's parsing: {parsed:.1f}"],
        ["matching and collecting the reply", f"{matched:.1f}", ""],
        ["the worker, a batch of 30", f"{worker(30):.1f}",
         f"one by one: {worker(1):.1f} and a wake-up each"],
    ]  # fmt: skip
    total = sum(float(row[1]) for row in rows)
    rows.append(["sum", f"{total:.1f}", ""])
    return table(["part of a ping", "µs", "what it replaced"], rows)
