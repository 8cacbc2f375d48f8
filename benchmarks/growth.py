"""Growth curves of all peers, and pingmond against fping in turn: tables and docs/growth.svg."""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.support.lab import Lab

from benchmarks.competitor_run import Peer, Result, measure
from benchmarks.competitors import PEERS, Fping, Pingmond
from benchmarks.fleet import ipv4
from benchmarks.packages import ROOT
from benchmarks.plot import draw
from benchmarks.report import Options, spread, table

SIZES = (100, 300, 1_000, 3_000, 10_000, 20_000)
SECONDS = 20.0  # of each measurement
PICTURE = ROOT / "docs" / "growth.svg"
Runs = dict[tuple[str, int], list[Result]]


def one(kind: type[Peer], targets: int, seconds: float, options: Options) -> Result:
    """A run in namespaces of its own."""
    lab, seconds = Lab(), options.span(seconds)
    try:
        with tempfile.TemporaryDirectory(prefix="pingmon-bench-") as directory:
            result = measure(kind, lab, Path(directory), ipv4(targets), seconds, options.quick)
    finally:
        lab.close()
    print(f"  {targets} targets, {line(result)}", flush=True)
    return result


def line(result: Result) -> str:
    end = f"collapsed: {result.collapsed}" if result.collapsed else result.told.note
    return f"{result.peer}: {result.cpu_us:.0f} µs per ping, {result.cores:.2f} cores, {end}"


def growth(options: Options) -> str:
    """Every peer at every size, in turn; one that collapses is not tried at greater sizes."""
    sizes = (20,) if options.quick else SIZES
    peers: list[type[Peer]] = list(PEERS)
    runs: Runs = defaultdict(list)
    for targets in sizes:
        for _ in range(options.times):
            for kind in list(peers):
                result = one(kind, targets, SECONDS, options)
                runs[kind.name, targets].append(result)
                # A single bad run may be the machine's fault; two in a row are the peer's.
                bad = [bool(run.collapsed) for run in runs[kind.name, targets][-2:]]
                if all(bad) and (len(bad) == 2 or options.times == 1):
                    peers.remove(kind)
        print(f"{targets} targets: done", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        draw(runs, Path(directory) / PICTURE.name if options.quick else PICTURE)
    return text(runs, sizes, options)


def ended(results: Sequence[Result]) -> str:
    """Why a peer was stopped at this size, else empty."""
    reasons = [result.collapsed for result in results[-2:]]
    return reasons[-1] if all(reasons) else ""


def middle(values: Sequence[float | None], digits: int = 0) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):,.{digits}f}" if known else "-"


def text(runs: Runs, sizes: Sequence[int], options: Options) -> str:
    head = (
        "targets",
        "tool",
        "CPU µs per ping",
        "cores",
        "KiB per target",
        "lost",
        "sent",
        "RTT p50 / p99 ms",
    )
    rows = []
    for targets in sizes:
        for kind in PEERS:
            if not (results := runs.get((kind.name, targets))):
                continue
            told = [result.told for result in results]
            rtt = [middle(values, 3) for values in ([t.rtt_p50 for t in told], [t.rtt_p99 for t in told])]
            stop = ended(results)
            lost = [t.lost * 100 for t in told if t.lost is not None]
            rows.append(
                (
                    f"{targets:,}",
                    kind.name,
                    middle([r.cpu_us for r in results]),
                    middle([r.cores for r in results], 2),
                    middle([r.memory for r in results]),
                    f"**stopped: {stop}**" if stop else middle(lost, 2) + " %",
                    middle([r.sent * 100 for r in results], 1) + " %",
                    " / ".join(rtt),
                )
            )
    names = ", ".join(
        f"{kind.name} {kind.version()}" for kind in PEERS if any(kind.name == k for k, _ in runs)
    )
    lasting = f"{options.span(SECONDS):.0f} s each (pingmond {options.span(Pingmond.least):.0f} s)"
    runs_of = f"Medians of {options.times} runs" if options.times > 1 else "One run"
    about = f"{runs_of} of {lasting}. {names}."
    picture = f"![CPU per ping and memory against the number of targets]({PICTURE.name})"
    return f"{about}\n\n{table(head, rows)}\n\n{picture}"


def ratio(options: Options) -> str:
    """pingmond and fping in turn on the same addresses: ratio of CPU per ping."""
    rows = []
    for targets, goal in ((1_000, 1.5), (5_000, 1.2)):
        targets = options.targets(targets)
        pairs = [
            [one(kind, targets, 60, options) for kind in (Pingmond, Fping)] for _ in range(options.times)
        ]
        good = [pair for pair in pairs if all(result.cpu_us and not result.collapsed for result in pair)]
        seen = [
            spread([pair[0].cpu_us for pair in good], 1) if good else "-",
            spread([pair[1].cpu_us for pair in good], 1) if good else "-",
            spread([pair[0].cpu_us / pair[1].cpu_us for pair in good]) if good else "-",
        ]
        rows.append((f"{targets:,}", *seen, f"≤ {goal}", f"{len(good)} of {len(pairs)}"))
    head = (
        "targets",
        "pingmond, µs per ping",
        "fping, µs per ping",
        "ratio of each pair",
        "goal",
        "pairs",
    )
    return table(head, rows)
