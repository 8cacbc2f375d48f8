"""1,000 targets at 1 s on loopback for a minute: CPU, memory and losses of pingmond, beside fping.

Run as root: `.venv/bin/python -m benchmarks.first [TARGETS] [SECONDS]`. CPU is user + system of
the whole process; loopback work in the kernel is charged to the sender.
"""

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.lab import Lab, Pingmon, until
from tests.test_real import add_many, states


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    targets = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    addresses = [f"127.0.{2 + n // 250}.{n % 250 + 1}" for n in range(targets)]
    lab = Lab()
    with tempfile.TemporaryDirectory() as directory:
        pingmon = Pingmon(lab, Path(directory))
        try:
            pingmon.start()
            add_many(pingmon, addresses)
            until(lambda: states(pingmon)["up"] == targets, 60)
            time.sleep(5)
            assert pingmon.daemon is not None
            pid = pingmon.daemon.pid
            before = cpu_seconds(pid)
            time.sleep(seconds)
            used = cpu_seconds(pid) - before
            status = Path(f"/proc/{pid}/status").read_text()
            resident = int(status.split("VmRSS:")[1].split()[0]) / 1024
            late = json.loads(pingmon.ctl("status", "-o", "json").stdout)["scheduling"]
            pingmon.stop()
            database = sqlite3.connect(Path(directory) / "state" / "pingmon.db")
            probes, losses = database.execute("SELECT sum(probes), sum(losses) FROM minutes").fetchone()
            per_ping = used / seconds / targets * 1e6
            print(f"pingmond: {used / seconds:.1%} of a core, {per_ping:.0f} µs per ping,", end=" ")
            print(f"{resident:.0f} MiB, {probes} probes, {losses} lost, late {late}")
            fping(lab, addresses, seconds, targets)
        finally:
            pingmon.close()
            lab.close()


def fping(lab: Lab, addresses: list[str], seconds: int, targets: int) -> None:
    command = ["ip", "netns", "exec", lab.here, "fping", "-q", "-i", "1", "-p", "1000"]
    command += ["-c", str(seconds), *addresses]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"fping:    {used / seconds:.1%} of a core, {used / seconds / targets * 1e6:.0f} µs per ping")


if __name__ == "__main__":
    main()
