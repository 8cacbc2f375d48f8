"""What belongs together is stored together: when its last part fails, nothing of it has happened."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from pingmon.daemon.application import Application
from pingmon.model.detector_state import State, Transition
from pingmon.storage.journal import Wanted
from pingmon.storage.sqlite.transactions import writing
from pingmon.storage.state_changes import Decision
from tests.operations.test_import_plan import NAMED, Client, row
from tests.support.bot_api import BOT_ID, TOKEN, BotApi

NEWER = f"{BOT_ID}:AAHnewerSecret_0123456789abcdefghijklm"


@contextmanager
def refused(application: Application, table: str) -> Iterator[None]:
    """Meanwhile the database takes no new row of that table, and whoever wants one fails."""
    engine = application.context.store.journal._engine
    trigger = f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no more rows'); END"
    with writing(engine) as connection:
        connection.execute(text(trigger))
    with pytest.raises(DatabaseError, match="no more rows"):
        yield
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER no"))


@pytest.fixture
def client(application: Application) -> Client:
    made = Client(application)
    made("add_mon", **row(1), verify=False)
    return made


def held(client: Client) -> list[str]:
    (one,) = client("list_mon")["monitors"]
    return [hold["why"] for hold in one["holds"]]


def actions(application: Application) -> list[str]:
    return [entry.action for _, entry in application.context.store.journal.entries(Wanted())]


@pytest.mark.parametrize("table", ["journal", "alarms", "downtimes"])
def test_a_downtime_is_planned_begun_and_noted_or_nothing(
    application: Application, client: Client, table: str
) -> None:
    wanted: dict[str, Any] = {"all": True, "for": "1h"}
    with refused(application, table):
        client("downtime_add", **wanted)
    assert client("downtime_list")["downtimes"] == [] and held(client) == []
    assert "downtime_add" not in actions(application)
    made = client("downtime_add", **wanted)
    assert held(client) == ["maintenance"] and actions(application)[0] == "downtime_add"
    with refused(application, "journal"):
        client("downtime_delete", id=made["id"])
    assert len(client("downtime_list")["downtimes"]) == 1 and held(client) == ["maintenance"]
    client("downtime_delete", id=made["id"])
    assert client("downtime_list")["downtimes"] == [] and held(client) == []
    assert actions(application)[0] == "downtime_delete"


def test_messages_are_dropped_and_noted_and_states_set_back_or_nothing(
    application: Application, client: Client
) -> None:
    application.sender_pool.stop()  # it is not to send it before it is dropped
    context = application.context
    (monitor,) = application.worker_pool.monitors.all()
    worker = application.worker_pool.worker_of(monitor.address)
    assert worker is not None
    now = time.time()
    for before, after in ((State.UNKNOWN, State.UP), (State.UP, State.DOWN)):
        state = worker.set_told(monitor.id, after, now)
        assert state is not None
        change = Transition(before, after, now, now, "", None, announce=after is State.DOWN)
        context.store.save_decisions([Decision(monitor, state, change)])
    assert context.store.outbox.depth()[0] == 1
    with refused(application, "journal"):
        client("outbox_drop", all=True)
    seen = worker.seen(monitor.id)
    assert context.store.outbox.depth()[0] == 1 and seen is not None and seen[0].told is State.DOWN
    assert client("outbox_drop", all=True)["dropped"] == 1
    seen = worker.seen(monitor.id)
    assert context.store.outbox.depth()[0] == 0 and seen is not None and seen[0].told is State.UP
    assert actions(application)[0] == "outbox_drop"


def test_a_token_is_renewed_and_noted_or_neither(
    application: Application, client: Client, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.bot_api.TOKEN", NEWER)  # what the stand-in accepts from now on

    def secrets() -> list[str]:
        return [one.secret for one in application.context.store.channels.accounts()]

    with refused(application, "journal"):
        client("renew_token", token=NEWER)
    assert secrets() == [TOKEN]
    client("renew_token", token=NEWER)
    assert secrets() == [NEWER] and actions(application)[0] == "renew_token"
    assert "renew_token" in NAMED
