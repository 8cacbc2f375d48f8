"""What the daemon leaves on disk and in memory: growth of the database, fsyncs, leaks."""

import re
import signal
import sqlite3
import statistics
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks import process
from benchmarks.fleet import Field, field, ipv4
from benchmarks.packages import program
from benchmarks.report import Options, goals

DAY, GOAL_TARGETS = 1440, 1_000  # minutes


def size(made: Field) -> int:
    """Bytes of the database's pages in use, wherever they are; the daemon may be running."""
    file = made.directory / "state" / "pingmon.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        names = ("page_count", "freelist_count", "page_size")
        count, free, each = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return int(count - free) * int(each)


def written(pid: int) -> int:
    """Bytes that the process had written to disk so far."""
    text = Path(f"/proc/{pid}/io").read_text()
    return int(text.partition("\nwrite_bytes:")[2].split()[0])


def fsyncs(pid: int, seconds: float) -> float:
    """Per minute. strace looks at every system call meanwhile, so the daemon must not be a busy one."""
    strace = program("strace") if not Path("/usr/bin/strace").exists() else "/usr/bin/strace"
    with tempfile.NamedTemporaryFile("r") as output:
        command = [strace, "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", output.name, "-p", str(pid)]
        child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        child.send_signal(signal.SIGINT)
        child.wait(30)
        counts = re.findall(
            r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) .*f(?:data)?sync$", output.read(), re.MULTILINE
        )
    return sum(map(int, counts)) / seconds * 60


def retained(made: Field) -> float:
    """Days for which minutes are kept, as the daemon's own code has it."""
    from pingmon.storage import retention

    return float(retention.MINUTES_KEPT) / 86400


def disk(options: Options) -> str:
    """1,000 targets for ten minutes, 200 for the count of fsyncs."""
    targets, minutes = options.targets(GOAL_TARGETS), 0 if options.quick else 10
    with field(ipv4(targets)) as made:
        time.sleep(options.span(130))
        before, io, began = size(made), written(made.pid), time.monotonic()
        time.sleep(options.span(minutes * 60) or 1)
        passed = (time.monotonic() - began) / 60
        per_minute = (size(made) - before) / passed
        io = written(made.pid) - io
    with field(ipv4(options.targets(200))) as made:
        time.sleep(options.span(60))
        syncs = fsyncs(made.pid, options.span(120))
        days = retained(made)
    per_day = per_minute * DAY / targets
    total = per_day * days * GOAL_TARGETS / 1e6
    return goals(
        [
            (
                f"{targets:,} targets, {passed:.0f} minutes: the database grows",
                "-",
                f"{per_minute:,.0f} B a minute",
            ),
            ("the same, of one target", "-", f"{per_day / 1000:.1f} kB a day"),
            (f"{GOAL_TARGETS:,} targets, kept for {days:.0f} days", "≤ 100 MB", f"{total:,.0f} MB"),
            ("written to disk", "-", f"{io / passed / 1e6:.2f} MB a minute"),
            ("fsyncs, nothing happening, 200 targets", "batched", f"{syncs:.1f} a minute"),
        ]
    )


CHATS = 30  # with one, messages would pile up: a chat takes one a second
FAST = {"interval": 0.2, "timeout": 0.2, "down_after": 2, "up_after": 1}


def add(made: Field, addresses: list[str]) -> list[str]:
    """The IDs of monitors that react as fast as they may, spread over the chats."""
    chats = [(str(1001 + n), addresses[n::CHATS]) for n in range(CHATS)]
    return [one for chat, some in chats if some for one in made.add(some, **FAST, chat_id=chat)]


def flat(options: Options) -> str:
    """Devices come, go, are lost and found as fast as it goes; memory must not grow."""
    steady, moving = (
        ipv4(options.targets(300)),
        [f"10.0.200.{n + 1}" for n in range(options.targets(200))],
    )
    minutes, changes = options.span(600) / 60, 0
    samples: list[tuple[float, float]] = []  # minutes, MiB
    with field() as made:
        add(made, steady)
        made.wait("up", len(steady), 60)
        began = time.monotonic()
        while (now := (time.monotonic() - began) / 60) < minutes:
            ids = add(made, moving)
            made.lab.unplug(*steady)
            made.wait("down", len(steady), 60)
            made.lab.plug(*steady)
            made.wait("up", len(steady) + len(moving), 60)
            for one in ids:
                made.call("del_mon", id=one)
            changes += 2 * len(steady) + 2 * len(ids)
            samples.append((now, process.resident(made.pid) / 1024))
        waiting = made.status()["outbox"]["waiting"]
    later = [one for one in samples if one[0] >= minutes / 3] or samples
    slope = statistics.linear_regression(*zip(*later, strict=True)).slope if len(later) > 1 else 0.0
    first, last = later[0][1], later[-1][1]
    what = f"{changes:,} changes (added, deleted, lost, found) in {minutes:.0f} minutes"
    return goals(
        [
            (f"{what}: memory after a third and at the end", "flat", f"{first:.1f} and {last:.1f} MiB"),
            ("the same: growth in the last two thirds", "0", f"{slope * 1024:+.0f} KiB a minute"),
            ("the same: messages waiting at the end", "-", str(waiting)),
        ]
    )
