"""2,000 ports at 1 s: CPU of a connection beside plain loops, and what it does to pings' lateness."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.lab import Lab

from benchmarks.capture import Capture
from benchmarks.competitor_run import Peer, Result, Told, measure
from benchmarks.competitors import BlackboxExporter, Loop, Pingmond
from benchmarks.fleet import Field, field, ipv4
from benchmarks.packages import ROOT
from benchmarks.process import Echoes
from benchmarks.report import Options, goals, quantile, spread, table
from benchmarks.scale import lateness, latest

TARGETS, PINGS = 2_000, 1_000
SECONDS = 30.0
PORT = 80
SAMPLE = "10.0.0.0/24"  # captured pings


@contextmanager
def serving(lab: Lab) -> Iterator[None]:
    """All addresses of the peer take connections."""
    lab.in_peer("sysctl", "-qw", "net.core.somaxconn=4096")
    command = ["ip", "netns", "exec", lab.peer, sys.executable, "-m", "benchmarks.connect_loops"]
    child = subprocess.Popen([*command, "serve", str(PORT)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        yield
    finally:
        child.kill()
        child.communicate()


class PingmondTcp(Pingmond):
    """Deciding, remembering and statistics included."""

    counted = staticmethod(Echoes.connections)

    def launch(self) -> None:
        self.field = Field(self.lab, self.directory)
        self.field.pingmon.start()
        self.field.add(self.addresses, mon_type="tcp", port=PORT, timeout=1)
        self.field.wait("up", len(self.addresses), 30 + len(self.addresses) / 50)


class ConnectLoop(Loop):
    counted = staticmethod(Echoes.connections)
    what = ""

    @classmethod
    def version(cls) -> str:
        return ""

    def launch(self) -> None:
        duration = str(self.warm + self.seconds + 1)
        self.spawn(sys.executable, "-m", "benchmarks.connect_loops", self.what, str(self.file), duration)


class Selectors(ConnectLoop):
    name, what = "plain selectors loop", "selectors"


class Asyncio(ConnectLoop):
    name, what = "plain asyncio loop", "asyncio"


class BlackboxTcp(BlackboxExporter):
    """As Prometheus would ask it."""

    counted = staticmethod(Echoes.connections)
    module = "tcp"

    def ask(self) -> Told:
        told = super().ask()
        return Told(told.lost, told.rtt_p50, told.rtt_p99, "the scraper's CPU is not counted")


PEERS: tuple[type[Peer], ...] = (PingmondTcp, Selectors, Asyncio, BlackboxTcp)


def one(kind: type[Peer], targets: int, seconds: float, quick: bool) -> Result:
    lab = Lab()
    try:
        with tempfile.TemporaryDirectory(prefix="pingmon-bench-") as directory, serving(lab):
            return measure(kind, lab, Path(directory), ipv4(targets), seconds, quick)
    finally:
        lab.close()


def connects(options: Options) -> str:
    """All peers in turn, as often as there are runs."""
    targets, seconds = options.targets(TARGETS), options.span(SECONDS)
    runs: dict[str, list[Result]] = {kind.name: [] for kind in PEERS}
    for _ in range(options.times):
        for kind in PEERS:
            result = one(kind, targets, seconds, options.quick)
            print(f"  {result}", flush=True)
            runs[kind.name].append(result)
    good = {name: [run for run in found if not run.collapsed] for name, found in runs.items()}
    cheapest = min(
        statistics.median(run.cpu_us for run in found)
        for name, found in good.items()
        if found and name != PingmondTcp.name
    )
    rows = []
    for name, found in runs.items():
        some = good[name]
        why = next((run.collapsed for run in found if run.collapsed), "")
        middle = statistics.median(run.cpu_us for run in some) if some else 0.0
        rows.append(
            (
                name,
                spread([run.cpu_us for run in some], 1) if some else f"stopped: {why}",
                f"{middle / cheapest:.2f}" if some else "-",
                spread([run.sent * 100 for run in found], 1) + " %",
                "≤ 2" if name == PingmondTcp.name else "-",
                f"{len(some)} of {len(found)}",
            )
        )
    about = f"{targets:,} ports of as many addresses, one connection per second each, {seconds:.0f} s."
    head = ("tool", "CPU µs per connection", "of the cheapest", "made", "goal", "runs")
    return f"{about}\n\n{table(head, rows)}"


def beside_pings(options: Options) -> str:
    """How late pings leave (captured), without ports and with them, in turn."""
    pings, ports = options.targets(PINGS), options.targets(TARGETS)
    seconds = options.span(SECONDS)
    late: dict[bool, list[list[float]]] = {False: [], True: []}
    for _ in range(options.times):
        for with_ports in (False, True):
            late[with_ports].append(_late(pings, ports if with_ports else 0, seconds))
    p99 = {key: [quantile(one, 0.99) for one in found] for key, found in late.items()}
    more = statistics.median(p99[True]) - statistics.median(p99[False])
    merged = {key: [value for one in found for value in one] for key, found in late.items()}
    return goals(
        [
            (f"{pings:,} pings at 1 s: late, p99 of each run (ms)", "-", spread(p99[False], 1)),
            (f"the same beside {ports:,} ports at 1 s", "-", spread(p99[True], 1)),
            ("more, median against median", "≤ 5 ms", f"{more:+.1f} ms"),
            ("all runs: p99 / most, without and with", "-", " and ".join(map(lateness, merged.values()))),
        ]
    )


def _late(pings: int, ports: int, seconds: float) -> list[float]:
    with field(ipv4(pings)) as made, serving(made.lab):
        if ports:
            made.add(ipv4(ports), mon_type="tcp", port=PORT, timeout=1)
            made.wait("up", pings + ports, 60 + ports / 50)
        time.sleep(min(seconds, 5.0))
        with Capture(made.lab, SAMPLE, made.directory) as capture:
            begin = time.time()
            time.sleep(seconds)
        found = latest(capture, begin, time.time())
    print(f"  {pings} pings, {ports} ports: {lateness(found)}", flush=True)
    return found
