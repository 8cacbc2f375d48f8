"""What the clock brings next: known without a query, whoever writes it."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, insert, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.alarm_chat import Chat
from pingmon.storage.due_times import DueTimes
from pingmon.storage.sqlite.transactions import writing
from pingmon.storage.store import Store
from pingmon.storage.tables import alarm_chats, alarms, chat_undos, downtimes
from tests.storage.test_store import add
from tests.support.fresh_database import fresh_database

DUE = 5_000.0


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return fresh_database(tmp_path / "pingmon.db")


def alarm_due(connection: Connection, monitor: str) -> None:
    row = {"monitor_id": monitor, "channel_id": 1, "alarm": {}, "due": DUE}
    connection.execute(insert(alarms).values(row))


def downtime_due(connection: Connection, _: str) -> None:
    texts = {"id": "a", "plan": {}, "selector": [], "by": "", "comment": ""}
    connection.execute(insert(downtimes).values(texts | {"created_at": 1.0, "due": DUE}))


def undo_expires(connection: Connection, monitor: str) -> None:
    row = {"key": "k", "monitor_id": monitor, "expires": DUE, "record": {}}
    connection.execute(insert(chat_undos).values(row))


def chat_is_owed(connection: Connection, _: str) -> None:
    chat = replace(Chat(), owed=({"kind": "blind"},)).to_json()
    connection.execute(insert(alarm_chats).values(channel_id=1, chat=chat))


@pytest.mark.parametrize("write", [alarm_due, downtime_due, undo_expires])
def test_what_is_stored_is_due_at_its_time(
    engine: Engine, write: Callable[[Connection, str], None]
) -> None:
    monitor, times = add(Store(engine)), DueTimes(engine)
    assert not times.is_due(1e15)
    with writing(engine) as connection:
        write(connection, monitor.id)
    assert not times.is_due(DUE - 0.001)
    assert times.is_due(DUE)


def test_what_a_chat_is_owed_may_be_due_at_any_time(engine: Engine) -> None:
    monitor, times = add(Store(engine)), DueTimes(engine)
    assert not times.is_due(1e15)
    with writing(engine) as connection:
        chat_is_owed(connection, monitor.id)
    assert times.is_due(0.0)
    with writing(engine) as connection:
        connection.execute(update(alarm_chats).values(chat=Chat().to_json()))
    assert not times.is_due(1e15)


def test_looks_cost_no_query_until_something_is_written(engine: Engine) -> None:
    monitor, times = add(Store(engine)), DueTimes(engine)
    times.is_due(time.time())
    queries: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    for _ in range(5):
        assert not times.is_due(time.time())
    assert queries == []
    with writing(engine) as connection:
        alarm_due(connection, monitor.id)
    queries.clear()
    assert times.is_due(time.time()) and queries


def test_what_is_written_while_it_is_read_is_read_the_next_time(engine: Engine) -> None:
    """The look has its answer from before; another thread commits before it says so."""
    monitor, times = add(Store(engine)), DueTimes(engine)
    read = times._read

    def slowly() -> float:
        found = read()
        times._read = read  # type: ignore[method-assign]
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        return found

    def write() -> None:
        with writing(engine) as connection:
            alarm_due(connection, monitor.id)

    times._read = slowly  # type: ignore[method-assign]
    assert not times.is_due(DUE)
    assert times.is_due(DUE)


def test_a_transaction_that_is_rolled_back_or_changes_nothing_causes_no_query(engine: Engine) -> None:
    monitor, times = add(Store(engine)), DueTimes(engine)
    times.is_due(0.0)
    queries: list[str] = []
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        alarm_due(connection, monitor.id)
        raise ZeroDivisionError
    with writing(engine):
        pass
    event.listen(engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    assert not times.is_due(1e15) and queries == []
