"""All benchmarks, or those that are named: `python -m benchmarks [--quick] [--runs N] [NAME ...]`.

Run as root. Each writes its part of docs/performance.md as soon as it is done; one that fails does
not keep the others from running. With --quick all run with few targets for a few seconds, and what
they would write is printed.
"""

import argparse
import importlib
import os
import sys
import time
import traceback
from datetime import date

from benchmarks import report
from benchmarks.packages import machine
from benchmarks.report import Options

# name: module and function, in the order in which they run
SECTIONS = {
    "machine": ("benchmarks.__main__", "about"),
    "client": ("benchmarks.client", "client"),
    "ratio": ("benchmarks.growth", "ratio"),
    "ports": ("benchmarks.tcp", "connects"),
    "ports-and-pings": ("benchmarks.tcp", "beside_pings"),
    "web": ("benchmarks.http", "requests"),
    "load": ("benchmarks.scale", "load"),
    "confirming": ("benchmarks.scale", "confirming"),
    "start": ("benchmarks.scale", "start"),
    "listing": ("benchmarks.scale", "listing"),
    "bulk": ("benchmarks.bulk", "bulk"),
    "selected": ("benchmarks.selected", "selected"),
    "downtimes": ("benchmarks.downtimes", "downtimes"),
    "alarms": ("benchmarks.alarm_day", "alarm_day"),
    "api": ("benchmarks.api", "api"),
    "truth": ("benchmarks.rtt_accuracy", "truth"),
    "disk": ("benchmarks.footprint", "disk"),
    "flat": ("benchmarks.footprint", "flat"),
    "costs": ("benchmarks.hot_path", "costs"),
    "chat": ("benchmarks.chat", "speed"),
    "chat-idle": ("benchmarks.chat", "idle"),
    "chat-attack": ("benchmarks.chat", "attack"),
    "chat-kills": ("benchmarks.chat", "kills"),
    "growth": ("benchmarks.growth", "growth"),
}


def about(options: Options) -> str:
    """Where this was measured."""
    return f"{date.today()}: {machine()}."


def run(name: str, options: Options) -> bool:
    """Whether it worked."""
    module, function = SECTIONS[name]
    print(f"== {name}", flush=True)
    began = time.monotonic()
    try:
        text = getattr(importlib.import_module(module), function)(options)
    except Exception:
        traceback.print_exc()
        return False
    print(f"{text}\n({name}: {time.monotonic() - began:.0f} s)", flush=True)
    if not options.quick:
        report.write(name, text)
    return True


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SECTIONS)}; default all")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="of which medians are taken")
    parser.add_argument("--quick", action="store_true", help="try that all of it works; write nothing")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(SECTIONS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if os.geteuid():
        parser.error("needs root, to make network namespaces")
    options = Options(chosen.runs, chosen.quick)
    done = [run(name, options) for name in chosen.names or SECTIONS]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
