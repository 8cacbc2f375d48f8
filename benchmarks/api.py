"""Small requests to the daemon while it probes 5,000 targets at 1 s."""

import json
import subprocess
import sys
import time

from benchmarks import process
from benchmarks.capture import Capture
from benchmarks.fleet import Field, field, ipv4
from benchmarks.packages import ROOT
from benchmarks.report import Options, goals, spread
from benchmarks.scale import SAMPLE, SETTLE, lateness, latest

WAYS = ((1, 1), (4, 1), (4, 4), (8, 8))  # connections, requests under way on each


def api(options: Options) -> str:
    targets = options.targets(5_000)
    rows = []
    with field(ipv4(targets)) as made:
        time.sleep(options.span(SETTLE))
        begin = time.time()
        with Capture(made.lab, SAMPLE, made.directory) as capture:
            for connections, depth in WAYS:
                runs = [ask(made, connections, depth, options.span(5)) for _ in range(options.times)]
                goal = "≥ 3,000/s, p99 ≤ 20 ms" if (connections, depth) == (4, 4) else "-"
                what = f"{connections} connections, {depth} under way on each"
                rate = f"{spread([run['rate'] for run in runs], 0)}/s"
                seen = f"{rate}, p50 {spread([run['p50'] for run in runs], 1)} ms"
                rows.append((what, goal, f"{seen}, p99 {spread([run['p99'] for run in runs], 1)} ms"))
        late = lateness(latest(capture, begin, time.time()))
        cores = process.cpu(made.pid) / made.status()["uptime_s"]
    rows.append(("probes late meanwhile, p99 / most", "-", late))
    rows.append(("the daemon's CPU, all of its life", "-", f"{cores:.2f} cores"))
    return f"list_mon of one monitor, {targets:,} targets at 1 s:\n\n{goals(rows)}"


def ask(made: Field, connections: int, depth: int, seconds: float) -> dict[str, float]:
    words = [str(made.pingmon.socket), str(connections), str(depth), str(seconds)]
    command = [sys.executable, "-m", "benchmarks.requester", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer
