"""What starting pingmonctl costs, against a bare interpreter with argparse, json and socket.

Run: `.venv/bin/python -m benchmarks.client`. Pairs in turn, medians; wall and CPU of the process.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 25
BARE = [sys.executable, "-c", "import argparse, json, socket"]
CLIENT = [str(Path(sys.executable).parent / "pingmonctl"), "--version"]


def cost(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


def main() -> None:
    pairs = [(cost(CLIENT), cost(BARE)) for _ in range(RUNS)]
    for index, name in enumerate(("wall", "CPU")):
        mine = statistics.median(client[index] for client, _ in pairs)
        bare = statistics.median(bare[index] for _, bare in pairs)
        ratio = statistics.median(client[index] / bare[index] for client, bare in pairs)
        print(f"{name}: pingmonctl {mine * 1000:.0f} ms, bare {bare * 1000:.0f} ms, {ratio:.2f} times")


if __name__ == "__main__":
    main()
