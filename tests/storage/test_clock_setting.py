"""What is stored moves along when the clock was set, also while pingmond did not run; and only once."""

import sqlite3
import time
from pathlib import Path

import pytest

from pingmon.model.alarm_state import Known
from pingmon.model.blindness import Episode
from pingmon.model.clock_jumps import ClockSet
from pingmon.model.detector_state import DetectorState, State, Transition
from pingmon.model.monitor import Monitor
from pingmon.storage.clock_setting import boot, restate_floods, wall_offset
from pingmon.storage.episodes import EpisodeChange
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.sqlite.transactions import writing
from pingmon.storage.state_changes import Decision
from pingmon.storage.store import Store
from tests.storage.test_store import add

DAY = 86_400.0


def opened(directory: Path) -> Store:
    store = Store(open_database(directory / "pingmon.db"))
    store.begin_time()
    return store


def change(directory: Path, statement: str) -> None:
    with sqlite3.connect(directory / "pingmon.db") as database:
        database.execute(statement)
    database.close()


def written(directory: Path, at: float) -> Monitor:
    """A message waits, an alarm knows of it, a chat was told that it can't be seen: all since then."""
    store = opened(directory)
    monitor = add(store)
    for before, after in ((State.UNKNOWN, State.UP), (State.UP, State.DOWN)):
        conclusion = Transition(before, after, at, at, "no reply", 1.0, after is State.DOWN)
        state = DetectorState(after, at, told=after, told_since=at, seen=at)
        store.save_decisions([Decision(monitor, state, conclusion)])
    episode = Episode(began=at, told=frozenset({monitor.id}))
    store.episodes.save([EpisodeChange(monitor.channel.id, episode, None)])
    store.outbox.set_flood(monitor.channel.account_id, "1", 100.0)
    store.close()
    return monitor


def moments(directory: Path, monitor: Monitor) -> list[float]:
    """Of the message, the state, the alarm and the episode."""
    store = opened(directory)
    (message,) = store.outbox.waiting(monitor.channel.id)
    ((_, state),) = store.load()
    alarm = store.alarms.of(monitor.id)[monitor.channel.id]
    assert alarm.known is Known.DOWN
    episode = store.episodes.load()[monitor.channel.id]
    left = store.outbox.floods(monitor.channel.account_id)
    assert left.keys() == {"1"} and 60 < left["1"] <= 100
    store.close()
    return [message.event["at"], state.since, state.seen, alarm.at, episode.began]


def test_what_was_written_by_a_clock_that_was_a_day_fast_moves_back_once(tmp_path: Path) -> None:
    happened = time.time() - 10
    monitor = written(tmp_path, happened + DAY)
    # As if it had been written so: the clock is set back while pingmond does not run.
    change(tmp_path, f"UPDATE clock SET ahead = ahead + {DAY}")
    change(tmp_path, f"UPDATE channels SET flood_until = flood_until + {DAY}")
    for _ in range(3):  # a restart again moves nothing
        assert moments(tmp_path, monitor) == pytest.approx([happened] * 5, abs=1.0)


def test_what_was_written_in_another_boot_stays(tmp_path: Path) -> None:
    happened = time.time() - 10
    monitor = written(tmp_path, happened)
    change(tmp_path, f"UPDATE clock SET ahead = ahead + {DAY}, boot = 'another'")
    assert moments(tmp_path, monitor) == pytest.approx([happened] * 5, abs=0.01)
    with sqlite3.connect(tmp_path / "pingmon.db") as database:
        ((which, ahead),) = database.execute("SELECT boot, ahead FROM clock").fetchall()
    database.close()
    assert which == boot() and ahead == pytest.approx(wall_offset(), abs=1.0)


@pytest.mark.parametrize("seconds", [-DAY, DAY, 40 * 365 * DAY])
def test_a_chat_is_left_alone_as_long_as_was_said_whatever_the_clock_does(
    tmp_path: Path, seconds: float
) -> None:
    store = opened(tmp_path)
    monitor = add(store)
    store.outbox.set_flood(monitor.channel.account_id, "1", 3600.0)
    with writing(store.channels._engine) as connection:
        restate_floods(connection, ClockSet(seconds, 0.0, time.time()))
    store.close()
    with sqlite3.connect(tmp_path / "pingmon.db") as database:
        (until,) = database.execute("SELECT flood_until FROM channels").fetchone()
    database.close()
    assert until - time.time() == pytest.approx(seconds + 3600.0, abs=60.0)
