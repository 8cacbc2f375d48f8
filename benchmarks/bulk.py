"""Many monitors at once, as files have them: how long the whole client takes, and who waits for it.

While a file is imported or applied a device dies every second: its alarm has to be in the outbox soon,
and the probes of the others have to leave in time.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from benchmarks import process
from benchmarks.capture import Capture
from benchmarks.fleet import Field, field, ipv4
from benchmarks.report import Options, goals, spread
from benchmarks.scale import SETTLE, lateness, latest

VICTIMS = 60  # devices that may die while files are applied
EVERY = 1.0  # s; between two deaths
LOOK = 0.02  # s; between two looks at the outbox
# These are in every file: 10.0.0.0/24, whose probes are captured, and those that die.
SAMPLED = [f"10.0.0.{number}" for number in range(1, 201)]
DYING = [f"10.0.255.{number}" for number in range(1, VICTIMS + 1)]


class Alarms:
    """Devices die one by one while this goes on; `delays`: seconds from decisions to the outbox."""

    def __init__(self, made: Field) -> None:
        self._made, self._left = made, list(DYING)
        self._newest = self.dead = 0
        self.delays: list[float] = []

    @contextmanager
    def going_on(self) -> Iterator[None]:
        enough, end = threading.Event(), threading.Event()
        killer = threading.Thread(target=self._kill, args=(enough,))
        looker = threading.Thread(target=self._look, args=(end,))
        killer.start()
        looker.start()
        try:
            yield
            enough.set()
            killer.join()
            time.sleep(8)  # until the last of them is decided
        finally:
            enough.set()
            end.set()
            looker.join()

    def _kill(self, stop: threading.Event) -> None:
        while not stop.wait(EVERY):
            if self._left:
                self._made.lab.unplug(self._left.pop())
                self.dead += 1

    def _look(self, stop: threading.Event) -> None:
        path = f"file:{self._made.directory}/state/pingmon.db?mode=ro"
        with closing(sqlite3.connect(path, uri=True, isolation_level=None)) as database:
            while not stop.wait(LOOK):
                query = "SELECT id, event FROM outbox WHERE id > ? ORDER BY id"
                rows, now = database.execute(query, (self._newest,)).fetchall(), time.time()
                for number, event in rows:
                    self._newest = number
                    self.delays.append(now - json.loads(event)["decided_at"])


class Files:
    """Files that are given to the client, one after the other, while devices die."""

    def __init__(self, made: Field, alarms: Alarms) -> None:
        self._made, self._alarms = made, alarms
        self.spans: list[tuple[float, float]] = []  # seconds since the epoch
        self.said = ""

    def __call__(self, rows: dict[str, str], *arguments: str) -> str:
        """How long it took. rows: address → name; those of every file come with them."""
        file = self._written(rows)
        with self._alarms.going_on():
            at, began, used = time.time(), time.monotonic(), process.cpu(self._made.pid)
            self.said = self._made.pingmon.ctl(arguments[0], file, *arguments[1:]).stdout
            took, used = time.monotonic() - began, process.cpu(self._made.pid) - used
        self.spans.append((at, at + took))
        return f"{took:.1f} s, pingmond {used:.1f} s of CPU"

    def begin(self) -> None:
        """Those of every file are watched."""
        self._made.pingmon.ctl("import", self._written({}))
        self._made.wait("up", len(SAMPLED) + len(DYING), 60)

    def _written(self, rows: dict[str, str]) -> str:
        lines = [f"{address},1001,,1,," for address in SAMPLED]
        lines += [f"{address},1001,,1,0.5,2" for address in DYING]
        lines += [f"{address},1001,{name},1,," for address, name in rows.items()]
        file = self._made.directory / "devices.csv"
        head = "ip_address,chat_id,name,interval,timeout,down_after"
        file.write_text("\n".join([head, *lines, ""]))
        return str(file)

    def late(self, capture: Capture) -> list[float]:
        """How late (ms) captured probes left meanwhile."""
        return [one for begin, end in self.spans for one in latest(capture, begin, end)]


def bulk(options: Options) -> str:
    """10,000 imported; then 10,000 changes of all three kinds; then 5,000 deleted."""
    count = options.targets(10_000)
    third = count // 3
    addresses = ipv4(250 + count + third)[250:]
    old, new = addresses[:count], addresses[count:]
    mixed = dict.fromkeys(old[third : 2 * third], "changed") | dict.fromkeys(old[2 * third :] + new, "")
    with field() as made:
        alarms = Alarms(made)
        apply = Files(made, alarms)
        apply.begin()
        with Capture(made.lab, "10.0.0.0/24", made.directory) as capture:
            imported = apply(dict.fromkeys(old, ""), "import")
            made.wait("up", count + len(SAMPLED) + len(DYING) - alarms.dead, 120)
            time.sleep(options.span(SETTLE))
            quiet = time.time() - options.span(10), time.time()
            changed = apply(mixed, "apply", "--yes")
            said = apply.said
            time.sleep(options.span(SETTLE))
            deleted = apply(dict(list(mixed.items())[: count // 2]), "apply", "--yes")
            time.sleep(0.2)
        before, during = latest(capture, *quiet), apply.late(capture)
    assert f"{third} added, {third} changed, {third} deleted" in said, said[-100:]
    delays = spread(alarms.delays) if alarms.delays else "none"
    return goals(
        [
            (f"import of {count:,}, whole client", "≤ 6 s", imported),
            (f"apply of {3 * third:,} changes: a third each added, changed, deleted", "≤ 10 s", changed),
            (f"apply that deletes {count - count // 2:,}", "≤ 5 s", deleted),
            (
                f"from a decision to the outbox meanwhile, {len(alarms.delays)} alarms",
                "≤ 1 s",
                f"{delays} s",
            ),
            ("probes late meanwhile, p99 / most", "as when quiet", lateness(during)),
            (f"when nothing else is done, {count:,} targets", "-", lateness(before)),
        ]
    )
