"""Many targets at 1 s: is any probe skipped, lost or late, and how long do the big operations take?

What left and what came back is counted by the kernels at both ends, next to what the daemon says.
"""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.lab import until

from benchmarks import process
from benchmarks.capture import Capture
from benchmarks.fleet import Field, field, ipv4, ipv6
from benchmarks.process import Echoes
from benchmarks.report import Options, goals, quantile, spread

SAMPLE = "10.0.0.0/24"  # whose probes are captured
SETTLE = 20.0  # s after all are up


def skipped(seen: Echoes, targets: int) -> str:
    """Requests and replies of both kernels against targets times seconds."""
    due = targets * seen.at
    off = (due - seen.requests) / due
    unanswered = max(0, seen.requests - seen.replies)  # some may be on their way
    return f"{seen.requests:,} sent of {due:,.0f} due ({off:+.2%} short), {unanswered:,} without a reply"


def latest(capture: Capture, begin: float, end: float) -> list[float]:
    """How late (ms) the captured probes left in a time (s since the epoch)."""
    return [late * 1000 for at, late in capture.lateness() if begin <= at < end]


def load(options: Options) -> str:
    """20,000 targets, IPv4 (10,000 in one /16 behind one route) and IPv6 in turn."""
    half, seconds = options.targets(10_000), options.span(130)  # two whole minutes
    mixed = [one for pair in zip(ipv4(half), ipv6(half), strict=True) for one in pair]
    with field(mixed) as made:
        time.sleep(options.span(SETTLE))
        with Capture(made.lab, SAMPLE, made.directory) as capture:
            used, begin, lates = process.cpu(made.pid), time.time(), []
            before = Echoes.count(made.lab)
            for _ in range(5):
                time.sleep(seconds / 5)
                lates.append(made.late_ms())
            seen, used = Echoes.count(made.lab).since(before), process.cpu(made.pid) - used
        end = time.time()
        late, unanswered = latest(capture, begin, end), capture.unanswered()
        memory = process.resident(made.pid) / len(mixed)
        health = made.status()["health"]
        made.stop()
        probes, losses = made.counted()
        minutes = ", ".join(f"{count:,}" for count in made.full_minutes(begin, end))
    what = f"{len(mixed):,} targets at 1 s, IPv4 and IPv6, {seen.at:.0f} s"
    return goals(
        [
            (f"{what}: probes", "none skipped", skipped(seen, len(mixed))),
            ("the same: losses that it remembers, of all its probes", "0", f"{losses:,} of {probes:,}"),
            (
                "the same: probes of whole minutes that it remembers",
                f"{len(mixed) * 60:,}",
                minutes or "-",
            ),
            ("the same: late, p99, as status says", "≤ 20 ms", spread(lates, 1) + " ms"),
            ("the same, 250 captured targets: late, p99 / most", "≤ 20 ms", lateness(late)),
            (
                "the same: skipped (more than 1.5 s apart), unanswered",
                "0, 0",
                f"{sum(one > 500 for one in late)}, {unanswered}",
            ),
            (
                "the same: CPU",
                "-",
                f"{used / seen.requests * 1e6:.0f} µs per ping, {used / seen.at:.2f} cores",
            ),
            ("the same: memory per target, all included", "≤ 25 KiB", f"{memory:.1f} KiB"),
            ("the same: health", "ok", str(health)),
        ]
    )


def confirming(options: Options) -> str:
    """10,000 targets, of which a tenth goes down at once."""
    targets, seconds = options.targets(10_000), options.span(20)
    addresses = ipv4(targets)
    down = addresses[::10]
    with field(addresses) as made:
        time.sleep(options.span(SETTLE))
        began, before = time.monotonic(), Echoes.count(made.lab)
        made.lab.unplug(*down)
        lates = []
        while time.monotonic() < began + seconds:
            time.sleep(seconds / 10)
            lates.append(made.late_ms())
        # What is dropped in the peer was not seen by its ICMP counters.
        seen = Echoes.count(made.lab).since(before)
        made.wait("down", len(down), 180)
        decided = time.monotonic() - began
        made.stop()
        _, losses = made.counted(*down)
    what = f"{targets:,} targets, {len(down):,} of them going down"
    return goals(
        [
            (
                f"{what}: probes of the others, {seen.at:.0f} s",
                "none skipped",
                skipped(seen, targets - len(down)),
            ),
            ("the same: losses of the others", "0", f"{losses:,}"),
            ("the same: late, p99, as status says", "≤ 20 ms", spread(lates, 1) + " ms"),
            ("the same: until all of them are down", "-", f"{decided:.0f} s"),
        ]
    )


@contextmanager
def readiness() -> Iterator[list[float]]:
    """The monotonic time of READY=1, as systemd is told, once it comes."""
    told: list[float] = []
    with (
        tempfile.TemporaryDirectory() as directory,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
    ):
        sock.bind(f"{directory}/notify")

        def listen() -> None:
            while not told:
                if b"READY=1" in sock.recv(4096):
                    told.append(time.monotonic())

        threading.Thread(target=listen, daemon=True).start()
        os.environ["NOTIFY_SOCKET"] = f"{directory}/notify"
        try:
            yield told
        finally:
            del os.environ["NOTIFY_SOCKET"]


def watch_seen(made: Field) -> None:
    """The kernel counts those who are probed for the first time; asking for a number costs little."""
    made.lab.nft(
        "add set inet lab seen { type ipv4_addr; size 65535; flags dynamic; }\n"
        "add counter inet lab fresh\n"
        "insert rule inet lab input icmp type echo-request ip daddr != @seen"
        " counter name fresh add @seen { ip daddr }\n"
    )


def seen_count(made: Field) -> int:
    """How many addresses have been probed since the watch began, each counted once."""
    told = made.lab.in_peer("nft", "list", "counter", "inet", "lab", "fresh")
    return int(told.partition("packets ")[2].split()[0])


def restart(made: Field, targets: int) -> tuple[float, float]:
    """Seconds from start to READY, and from there until every target was probed."""
    made.lab.nft("flush set inet lab seen\n")
    already = seen_count(made)
    with readiness() as told:
        began = time.monotonic()
        made.pingmon.launch()
        until(lambda: bool(told), 60, "READY")
        until(lambda: seen_count(made) - already == targets, 60, "every target to be probed")
        return told[0] - began, time.monotonic() - told[0]


def start(options: Options) -> str:
    """From the start with 20,000 stored to READY, and until every target was probed."""
    targets = options.targets(20_000)
    with field(ipv4(targets)) as made:
        time.sleep(options.span(SETTLE))
        watch_seen(made)
        ready, covered, stop = [], [], []
        for _ in range(min(3, options.times)):
            began = time.monotonic()
            made.stop()
            stop.append(time.monotonic() - began)
            ready_after, covered_after = restart(made, targets)
            ready.append(ready_after)
            covered.append(covered_after)
    what = f"{targets:,} monitors stored: "
    return goals(
        [
            (what + "start to READY", "≤ 5 s", spread(ready) + " s"),
            ("from READY until every target was probed", "1 s", f"≤ {spread(covered)} s"),
            ("stop", "-", spread(stop) + " s"),
        ]
    )


def listing(options: Options) -> str:
    """Import of 10,000 with the client, then lists of all of them, and what probes make of it."""
    targets = options.targets(10_000)
    with field() as made:
        file = made.directory / "devices.csv"
        rows = [f"{address},1001,1" for address in ipv4(targets)]
        file.write_text("\n".join(["ip_address,chat_id,interval", *rows, ""]))
        began = time.monotonic()
        made.pingmon.ctl("import", str(file))
        imported = time.monotonic() - began
        made.wait("up", targets, 60 + targets / 100)
        time.sleep(options.span(SETTLE))
        with Capture(made.lab, SAMPLE, made.directory) as capture:
            time.sleep(options.span(10))
            quiet = time.time()
            client, api = [], []
            for _ in range(options.times):
                began = time.monotonic()
                listed = made.pingmon.ctl("list-mon").stdout
                client.append(time.monotonic() - began)
                assert listed.count("\n") >= targets
                began = time.monotonic()
                assert len(made.monitors()) == targets
                api.append(time.monotonic() - began)
                time.sleep(1)
            end = time.time()
            time.sleep(0.2)
        before, during = latest(capture, 0, quiet), latest(capture, quiet, end)
    return goals(
        [
            (f"import of {targets:,}, whole client", "≤ 10 s", f"{imported:.1f} s"),
            (f"list-mon of {targets:,} to the last line, whole client", "≤ 0.5 s", spread(client) + " s"),
            ("the same, API alone, page by page", "-", spread(api) + " s"),
            ("probes late while lists are made, p99 / most", "as when quiet", lateness(during)),
            ("when quiet", "-", lateness(before)),
        ]
    )


def lateness(values: list[float]) -> str:
    most = max(values, default=0.0)
    return f"{quantile(values, 0.99):.1f} / {most:.1f} ms of {len(values):,}"
