"""A deletion is undone: the same monitor, what was known of it, and what was behind it."""

import time

import pytest

from pingmon.daemon.application import Application
from pingmon.model.alarm_state import Known
from pingmon.model.detector_state import DetectorState, State, Transition
from pingmon.model.errors import Conflict
from pingmon.model.monitor import Monitor
from pingmon.operations import undo as operation
from pingmon.operations.undo import delete_undoably, forget_expired_undos, undo_deletion
from pingmon.storage.journal import Wanted
from pingmon.storage.sqlite.transactions import reading
from pingmon.storage.state_changes import Decision
from pingmon.storage.tables import outbox
from tests.operations.test_import_plan import Client, row
from tests.support.bot_api import BotApi
from tests.support.lab import until

ANNA = "Anna (@anna, user 42) in chat 1001"


def added(application: Application, number: int, **more: object) -> Monitor:
    client = Client(application)
    made = client("add_mon", **row(number, verify=False, **more))
    return application.worker_pool.find_monitor(made["id"])


def go_down(application: Application, monitor: Monitor) -> None:
    """As if its worker had concluded so."""
    at = time.time()
    state = DetectorState(State.DOWN, at, told=State.DOWN, told_since=at)
    change = Transition(State.UP, State.DOWN, at, at, "no reply", 1.0, True)
    application.context.store.save_decisions([Decision(monitor, state, change)])
    worker = application.worker_pool.worker_of(monitor.address)
    assert worker
    worker._change([monitor.id], lambda _: state)


def waiting(application: Application, monitor: Monitor) -> list[str]:
    with reading(application.context.store._engine) as connection:
        rows = connection.execute(outbox.select().order_by(outbox.c.id)).all()
    return [one.event.get("kind", "change") for one in rows if one.monitor_id == monitor.id]


def test_the_same_monitor_is_watched_again_and_people_know_what_they_knew(
    application: Application, api: BotApi
) -> None:
    context, api.always = application.context, "502"
    monitor = added(application, 2, name="printer", interval=5)
    go_down(application, monitor)
    before = context.store.alarms.of(monitor.id)
    deleted = delete_undoably(context, ANNA, monitor)
    assert waiting(application, monitor) == ["change", "closed"]
    assert not Client(application)("list_mon")["monitors"]
    assert undo_deletion(context, ANNA, deleted.key) == monitor
    assert application.worker_pool.find_monitor("printer") == monitor
    assert context.store.alarms.of(monitor.id) == before
    assert before[monitor.channel.id].told is Known.DOWN
    assert waiting(application, monitor) == ["change"]  # that no more comes was not said yet
    state = application.worker_pool.state_of(monitor.id)
    assert state and state.told is State.DOWN and not state.blind_reason
    assert [(one, its.id) for one, its in [(1, context.store.load()[0][0])]] == [(1, monitor.id)]
    actions = [entry.action for _, entry in context.store.journal.entries(Wanted())]
    assert actions[:2] == ["undo_del_mon", "del_mon"]
    depth = context.store.outbox.depth()[0]
    context.store.outbox._known = None
    assert depth == context.store.outbox.depth()[0] == 1


def test_a_deletion_is_undone_once_and_not_too_late(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, monitor = application.context, added(application, 2)
    key = delete_undoably(context, ANNA, monitor).key
    with pytest.raises(Conflict):
        undo_deletion(context, ANNA, key[:-1] + "~")
    undo_deletion(context, ANNA, key)
    with pytest.raises(Conflict):
        undo_deletion(context, ANNA, key)
    monkeypatch.setattr(operation, "UNDO_LASTS", -1.0)
    key = delete_undoably(context, ANNA, monitor).key
    with pytest.raises(Conflict):
        undo_deletion(context, ANNA, key)
    with pytest.raises(Conflict):
        delete_undoably(context, ANNA, monitor)
    forget_expired_undos(context, time.time())
    assert not context.store.forget_expired_undos(time.time() + 1000)


def test_messages_that_nobody_can_get_are_dropped_when_it_is_too_late(
    application: Application, api: BotApi
) -> None:
    context, monitor = application.context, added(application, 2)
    api.blocked.add(1001)
    go_down(application, monitor)
    context.sender_pool.wake(None)
    until(lambda: context.store.outbox.is_suspended(monitor.channel.id), what="the chat to refuse")
    delete_undoably(context, ANNA, monitor)
    assert waiting(application, monitor) == ["change", "closed"]
    forget_expired_undos(context, time.time())
    assert waiting(application, monitor) == ["change", "closed"]
    forget_expired_undos(context, time.time() + operation.UNDO_LASTS + 1)
    assert waiting(application, monitor) == [] and context.store.outbox.depth()[0] == 0


def test_children_are_behind_it_again_unless_they_were_put_elsewhere(application: Application) -> None:
    router, other = added(application, 1, name="router"), added(application, 9, name="other")
    children = [added(application, number, parent="router") for number in (2, 3, 4)]
    client, context = Client(application), application.context
    deleted = delete_undoably(context, ANNA, router)
    assert deleted.children == 3
    client("edit_mon", id=children[1].id, parent="other")
    client("del_mon", id=children[2].id)
    undo_deletion(context, ANNA, deleted.key)
    stored = {one.id: one.options.parent for one, _ in context.store.load()}
    assert stored == {
        router.id: None,
        other.id: None,
        children[0].id: router.id,
        children[1].id: other.id,
    }
    assert {one.id: one.options.parent for one in application.worker_pool.monitors.all()} == stored


def test_no_monitor_is_behind_itself_or_behind_one_that_is_gone(application: Application) -> None:
    context, client = application.context, Client(application)
    core = added(application, 1, name="core")
    router = added(application, 2, name="router", parent="core")
    printer = added(application, 3, name="printer", parent="router")
    deleted = delete_undoably(context, ANNA, router)
    client("edit_mon", id=core.id, parent="printer")
    undo_deletion(context, ANNA, deleted.key)
    parents = {one.name: one.options.parent for one in application.worker_pool.monitors.all()}
    assert parents == {"core": printer.id, "router": core.id, "printer": None}
    deleted = delete_undoably(context, ANNA, application.worker_pool.find_monitor("router"))
    client("del_mon", id=core.id)
    assert undo_deletion(context, ANNA, deleted.key).options.parent is None


def test_what_was_added_anew_meanwhile_stays_alone(application: Application) -> None:
    context, monitor = application.context, added(application, 2)
    key = delete_undoably(context, ANNA, monitor).key
    anew = added(application, 2)
    assert anew.id != monitor.id
    with pytest.raises(Conflict, match=anew.id):
        undo_deletion(context, ANNA, key)
    assert [one.id for one in application.worker_pool.monitors.all()] == [anew.id]
    assert [one.id for one, _ in context.store.load()] == [anew.id]


def test_a_paused_monitor_is_paused_when_it_comes_back(application: Application) -> None:
    context, monitor = application.context, added(application, 2)
    Client(application)("pause_mon", id=monitor.id)
    undo_deletion(context, ANNA, delete_undoably(context, ANNA, monitor).key)
    state = application.worker_pool.state_of(monitor.id)
    assert state and state.blind_reason == "paused"


def test_a_deletion_and_its_undo_are_what_is_written_first(application: Application) -> None:
    context, monitor = application.context, added(application, 2)
    written = list[str]()
    with context.store.along(lambda _: written.append("once")) as companion:
        deleted = delete_undoably(context, ANNA, monitor)
        assert companion.is_written
    with context.store.along(lambda _: written.append("twice")):
        undo_deletion(context, ANNA, deleted.key)
    assert written == ["once", "twice"]
