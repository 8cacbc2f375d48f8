"""A day of alarms, fifty times as fast: a hundred devices, and all that people do about them, each hour.

The real daemon; what its chats were told is compared with what the pure functions say, line by line. It
is killed and started again every third hour.
"""

import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.support.alarm_oracle import MINUTE
from tests.support.alarm_script import DEVICES, Hour, Script
from tests.support.lab import Lab, Pingmon, until

from benchmarks import process
from benchmarks.report import Options, goals

FASTER, HOURS = 50, 24
CRASH_EVERY = 3  # hours


def alarm_day(options: Options) -> str:
    """Raises AssertionError when a chat was told something else."""
    hours = 1 if options.quick else HOURS
    lab = Lab()
    with tempfile.TemporaryDirectory(prefix="pingmon-bench-") as folder:
        pingmon = Pingmon(lab, Path(folder))
        try:
            script = Script(lab, pingmon, Path(folder), FASTER)
            script.start()
            script.add(DEVICES)
            until(script.all_up, 120, "all to be up")
            first = (script.fast.now() // MINUTE + 2) * MINUTE
            began = time.monotonic()
            for number in range(hours):
                start = first + number * 60 * MINUTE
                Hour(script, number, start, has_crash=number % CRASH_EVERY == 0).play()
                script.wait_until(start + 58 * MINUTE)
            until(script.all_up, 120, "all to be up again")
            told = script.compare()
            took = time.monotonic() - began
            assert pingmon.daemon is not None
            used = process.cpu(pingmon.daemon.pid)
        finally:
            pingmon.close()
            lab.close()
    kinds = Counter(one.kind for one in told)
    shown = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in kinds.most_common())
    what = f"{hours} h of 100 devices, {FASTER} times as fast ({took:.0f} s): lines told otherwise"
    seen = f"0 of {len(told)} lines: {shown}"
    return goals([(what, "0", seen), ("CPU since the last start", "-", f"{used:.0f} s")])
