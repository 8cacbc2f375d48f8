"""Many targets at 1 s on loopback: import, listing, lateness, memory, CPU, restart.

Run as root: `.venv/bin/python -m benchmarks.scale [TARGETS]`. CPU is user + system of the daemon.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.lab import Lab, Pingmon, until
from tests.test_real import states

from benchmarks.first import cpu_seconds


def timed(what: str, act: Callable[[], Any]) -> None:
    began = time.monotonic()
    act()
    print(f"{what}: {time.monotonic() - began:.2f} s", flush=True)


def late(pingmon: Pingmon) -> float:
    """Of the latest 2,000 probes: how late they left, 99th percentile, ms."""
    status = json.loads(pingmon.ctl("status", "-o", "json").stdout)
    return float(status["scheduling"]["late_p99_ms"])


def measure(pingmon: Pingmon, file: Path, targets: int) -> None:
    def all_up() -> None:
        until(lambda: states(pingmon)["up"] == targets, 120)

    pingmon.start()
    timed(f"import of {targets}", lambda: pingmon.ctl("import", str(file)))
    timed("until all are up", all_up)
    time.sleep(15)
    assert pingmon.daemon is not None
    pid = pingmon.daemon.pid
    before = cpu_seconds(pid)
    time.sleep(10)
    print(f"CPU: {(cpu_seconds(pid) - before) / 10 / targets * 1e6:.0f} µs per ping")
    print(f"late (p99): {late(pingmon):.1f} ms")
    for _ in range(3):
        timed("list-mon", lambda: pingmon.ctl("list-mon"))
        print(f"late (p99) after it: {late(pingmon):.1f} ms")
    resident = int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])
    print(f"memory: {resident / targets:.1f} KiB per target, all included")
    timed("stop", pingmon.stop)
    timed("start until it answers", pingmon.start)
    timed("until all are up", all_up)


def main() -> None:
    targets = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    lab = Lab()
    with tempfile.TemporaryDirectory() as directory:
        pingmon = Pingmon(lab, Path(directory))
        file = Path(directory) / "devices.csv"
        rows = (f"127.{1 + n // 62500}.{n // 250 % 250}.{n % 250 + 1},1001,1" for n in range(targets))
        file.write_text("ip_address,chat_id,interval\n" + "\n".join(rows) + "\n")
        try:
            measure(pingmon, file, targets)
        finally:
            pingmon.close()
            lab.close()


if __name__ == "__main__":
    main()
