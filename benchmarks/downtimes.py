"""What repeating downtimes cost: a day of them, by the code that begins and ends windows."""

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from tests.support.bot_api import TOKEN

from benchmarks.report import Options, goals
from pingmon.daemon import config as configuration
from pingmon.daemon.application import Application
from pingmon.engine.alarm_clock import EVERY, AlarmClock
from pingmon.engine.probers import open_probers
from pingmon.engine.system_clock import Clock
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detection_settings import Options as MonitorOptions
from pingmon.model.downtime import Downtime
from pingmon.model.monitor import ChannelRequest, MonitorRequest
from pingmon.model.when import DAY, HOUR
from pingmon.operations.downtimes import add_downtime, next_window
from pingmon.probes.registry import PROBERS
from pingmon.storage.downtimes import PlannedDowntime, add
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store

DOWNTIMES, MONITORS, TAGS = 1000, 1000, 100  # ten monitors of each tag, ten downtimes
IDLE_LOOKS = 300  # seconds in which nothing is due
ME = "benchmark (uid 0)"


@contextmanager
def daemon(monitors: int) -> Iterator[Application]:
    """Nothing is probed."""
    with tempfile.TemporaryDirectory(prefix="pingmon-bench-") as folder:
        probers, store = open_probers(PROBERS), Store(open_database(Path(folder) / "pingmon.db"))
        made = Application(
            store, probers, configuration.load([f"--state-dir={folder}", "--config=/dev/null"])
        )
        channel = ChannelRequest("telegram", TOKEN, "bot", "1001")
        wanted = [
            MonitorRequest(
                f"10.0.{n // 250}.{n % 250 + 1}",
                "ping",
                channel,
                DetectionSettings(),
                options=MonitorOptions(tags=(f"site=t{n % TAGS}",)),
            )
            for n in range(monitors)
        ]
        try:
            made.worker_pool.add(wanted, lambda *_: None)
            yield made
        finally:
            for worker in made.worker_pool.workers():
                worker.stop()
            probers.stop()
            store.close()


def plan(made: Application, count: int, now: float) -> None:
    """Each an hour a day, since a year, spread over the day."""
    begun = datetime.fromtimestamp(now - 365 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    for n in range(count):
        start = begun + timedelta(seconds=DAY / count * n)
        one = Downtime(start, timedelta(seconds=HOUR), "Europe/Berlin", "FREQ=DAILY")
        window = next_window(one, now)
        assert window is not None
        row = PlannedDowntime(
            str(uuid.uuid4()), one, [("tag", f"site=t{n % TAGS}")], ME, "", now, due=window.start
        )
        made.context.store.alarms.happen((), also=partial(add, one=row))


class VirtualClock(Clock):
    def __init__(self, now: float) -> None:
        self.now = now

    def wall(self) -> float:
        return self.now

    def steady(self) -> float:
        return self.now


class Day:
    """seconds: of CPU, of looks at which something was due."""

    def __init__(self, made: Application, now: float) -> None:
        self._clock, self.seconds = VirtualClock(now), 0.0
        store = made.context.store
        self._due_times = store.due_times
        self._alarm_clock = AlarmClock(
            store.alarms,
            store.due_times.is_due,
            made.worker_pool.monitors,
            store.outbox.is_suspended,
            made._run_plans,
            self._clock,
        )
        self._alarm_clock.start()

    def play(self, until: float) -> None:
        while (due := self._due_times.soonest()) <= until:
            self._clock.now = max(self._clock.now + EVERY, due)
            began = time.thread_time()
            self._alarm_clock.run_once()
            self.seconds += time.thread_time() - began

    def idle(self) -> float:
        """Seconds of CPU of a look when nothing is due."""
        began = time.thread_time()
        for _ in range(IDLE_LOOKS):
            self._clock.now += EVERY
            self._alarm_clock.run_once()
        return (time.thread_time() - began) / IDLE_LOOKS


def downtimes(options: Options) -> str:
    """A day of many repeating downtimes, and how long one more takes to be added."""
    count, now = options.targets(DOWNTIMES), time.time()
    with daemon(options.targets(MONITORS)) as made:
        plan(made, count - 1, now)
        began = time.thread_time()
        add_downtime(made.context, ME, {"tag": "site=t1", "for": "1h", "rrule": "FREQ=WEEKLY"})
        added = time.thread_time() - began
        day = Day(made, now)
        day.play(now + DAY)
        idle = day.idle() * DAY
    share = (day.seconds + idle) / DAY
    rows = [
        (
            f"{count} downtimes of an hour each day, since a year, ten monitors each: a day of them",
            "≤ 0.1 % of a core",
            f"{share:.2%} ({day.seconds:.0f} s for begins and ends, {idle:.0f} s for looks at the clock)",
        ),
        ("one more is added, and compared with all others", "≤ 1 s of CPU", f"{added:.2f} s"),
    ]
    return goals(rows)
