"""Round-trip times against the kernel's truth, while 20,000 targets are probed once a second.

250 of the targets answer after random, known times out of a TUN device; the kernel answers for the
others. A packet capture on the sender's device gives each probe's true round trip: the kernel's time
of the reply less the kernel's time of the request. `list-mon` tells the latest round-trip time of a
target without telling of which probe it is, so it is compared with the target's probes of the last
15 s and the nearest counts: random answers between 1 and 200 ms are some 13 ms apart, thousands of
times the error that is looked for, so that the nearest is the right one.
"""

import time

from tests.support.devices import Devices

from benchmarks.capture import Capture
from benchmarks.fleet import Field, field, ipv4
from benchmarks.report import Options, goals, quantile

# The daemon is asked once in BEHIND seconds, for the sample alone: a list must not be a load here.
NET, SAMPLE = "10.1.0.0/24", 250
ROUNDS = 8
BEHIND = 15.0  # s that a told round-trip time may be old


def truth(options: Options) -> str:
    sample = [f"10.1.0.{n + 1}" for n in range(options.targets(SAMPLE))]
    others = ipv4(options.targets(20_000 - SAMPLE))
    told: list[tuple[str, float, float]] = []
    with field(others) as made, Devices(made.lab, NET) as devices:
        devices.tell("delay", "*", 100.5, 99.5)
        made.add(sample)
        made.wait("up", len(sample) + len(others), 120)
        before = cursor(made, set(sample))
        with Capture(made.lab, NET, made.directory) as capture:
            time.sleep(BEHIND)
            for _ in range(1 if options.quick else ROUNDS):
                at = time.time()
                page = made.call("list_mon", after=before, limit=SAMPLE)["monitors"]
                told += [
                    (one["ip_address"], at, one["last_rtt_ms"] / 1000)
                    for one in page
                    if one["ip_address"] in sample and one["last_rtt_ms"] is not None
                ]
                time.sleep(options.span(BEHIND))
            late = made.late_ms()
        trips = capture.round_trips()
    errors = []
    for address, at, rtt in told:
        near = [rtt - true for sent, true in trips[address] if at - BEHIND <= sent <= at + 0.5]
        if near:
            errors.append(min(near, key=abs) * 1e6)
    sizes = [abs(error) for error in errors]
    what = f"RTT error, {len(sample) + len(others):,} targets at 1 s, {len(sizes):,} probes compared"
    signed = ", ".join(f"{quantile(errors, share):+.0f}" for share in (0.01, 0.5, 0.99))
    most = f"{max(sizes, default=0):.0f} µs"
    return goals(
        [
            (f"{what}: p50", "≤ 20 µs", f"{quantile(sizes, 0.5):.1f} µs"),
            ("the same: p99", "≤ 100 µs", f"{quantile(sizes, 0.99):.1f} µs, the greatest {most}"),
            ("the same, with its sign: p1, p50, p99", "-", f"{signed} µs"),
            ("late meanwhile, p99, as status says", "≤ 20 ms", f"{late:.1f} ms"),
        ]
    )


def cursor(made: Field, sample: set[str]) -> str | None:
    """The ID before the sample's first one: lists are in the order in which monitors were added."""
    before = None
    for monitor in made.monitors():
        if monitor["ip_address"] in sample:
            break
        before = monitor["id"]
    return before
