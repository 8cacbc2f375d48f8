"""Edits of several monitors, and what is behind what."""

from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest

from pingmon.daemon.application import Application
from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.errors import InvalidValue, LimitReached, PingmonError
from pingmon.model.visibility import Verdict
from pingmon.operations.import_plan_parents import in_loops
from pingmon.storage.sqlite.transactions import StorageUnavailable
from tests.operations.test_import_plan import Client, row
from tests.support.bot_api import TOKEN


def test_two_edits_at_a_time_make_no_loop_of_parents(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, both_judged = Client(application), Barrier(2)
    ids = [client("add_mon", verify=False, **row(number))["id"] for number in range(1, 5)]
    change, refused = WorkerPool.change, list[PingmonError]()

    def change_later(*arguments: Any) -> Any:
        both_judged.wait(10)
        return change(*arguments)

    def edit(parent: str, *which: str) -> None:
        try:
            Client(application)("edit_mon", id=list(which), parent=parent)
        except PingmonError as error:
            refused.append(error)

    monkeypatch.setattr(WorkerPool, "change", change_later)
    edits = [
        Thread(target=edit, args=one) for one in ((ids[1], ids[0], ids[2]), (ids[0], ids[1], ids[3]))
    ]
    for one in edits:
        one.start()
    for one in edits:
        one.join(20)
    above = {one.id: one.options.parent for one in application.worker_pool.monitors.all()}
    assert not in_loops(above, ids)
    assert [one.kind for one in refused] == ["conflict"]


def test_a_chain_of_parents_may_be_long(application: Application) -> None:
    client, length = Client(application), 1100
    rows = [
        row(1, ip_address=f"10.1.{number // 250}.{number % 250 + 1}", key=f"k{number}")
        | ({"parent": f"k{number - 1}"} if number else {})
        for number in range(length)
    ]
    client.check(*rows)
    client.until_done("plan_commit")
    first = client("list_mon", limit=1)["monitors"][0]["id"]
    assert client("pause_mon", all=True)["changed"] == length
    assert len(client("mute", parent=first, dry_run=True, indefinitely=True)["monitors"]) == length - 1
    assert len(application.worker_pool.monitors.below(first)) == length - 1
    application.context.visibility.on_paused(application.worker_pool.monitors.all()[0])


def test_when_the_journal_can_not_be_written_nothing_was_changed(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StorageUnavailable

    client = Client(application)
    client("add_mon", verify=False, **row(1, name="old"))
    with monkeypatch.context() as patched:
        for room in ("store", "deletion"):
            patched.setattr(f"pingmon.storage.{room}.write", fail)
        for method, params in (
            ("add_mon", row(2) | {"verify": False}),
            ("edit_mon", {"id": "10.0.0.1", "name": "new"}),
            ("del_mon", {"id": "10.0.0.1"}),
        ):
            with pytest.raises(StorageUnavailable):
                client(method, **params)
    assert [(one["ip_address"], one["name"]) for one in client("list_mon")["monitors"]] == [
        ("10.0.0.1", "old")
    ]
    client("edit_mon", id="10.0.0.1", name="new")
    client("del_mon", id="10.0.0.1")
    assert [one["action"] for one in client("log")["entries"]] == ["del_mon", "edit_mon", "add_mon"]


def test_how_many_chats_a_monitor_tells_is_bounded(application: Application) -> None:
    client, many = Client(application), list(range(1001, 1061))
    client("add_mon", verify=False, **row(1))
    with pytest.raises(InvalidValue, match="at most 50"):
        client("edit_mon", id="10.0.0.1", add_chat_id=many)
    with pytest.raises(InvalidValue, match="at most 50"):
        client("add_mon", verify=False, **row(2, chat_id=many))


def test_how_many_downtimes_there_are_is_bounded(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pingmon.operations.downtimes.MOST_DOWNTIMES", 1)
    client, when = Client(application), {"all": True, "for": "1h"}
    client("downtime_add", **when)
    with pytest.raises(LimitReached):
        client("downtime_add", **when)


@pytest.mark.parametrize(
    ("method", "params"),
    (
        ("edit_mon", {"id": "10.0.0.1", "name": f"bot {TOKEN}"}),
        ("edit_mon", {"id": "10.0.0.1", "add_tag": [TOKEN]}),
        ("pause_mon", {"all": True, "comment": f"renewed: {TOKEN}"}),
        ("downtime_add", {"all": True, "for": "1h", "comment": TOKEN}),
    ),
)
def test_a_token_among_words_is_refused(
    application: Application, method: str, params: dict[str, Any]
) -> None:
    client = Client(application)
    client("add_mon", verify=False, **row(1))
    with pytest.raises(InvalidValue, match="token") as refused:
        client(method, **params)
    assert TOKEN not in str(refused.value) and TOKEN not in str(client("log"))


def test_a_loop_that_a_database_has_holds_nothing_up(application: Application) -> None:
    client, monitors = Client(application), application.worker_pool.monitors
    ids = [client("add_mon", verify=False, **row(number))["id"] for number in (1, 2)]
    for one, parent in zip(ids, reversed(ids), strict=True):
        monitor = monitors.get(one)
        assert monitor
        monitors.put(replace(monitor, options=replace(monitor.options, parent=parent)))
    assert [one.id for one in monitors.below(ids[0])] == [ids[1]]
    assert client("add_mon", verify=False, **row(3, parent=ids[0]))["created"]
    assert len(client("mute", parent=ids[0], dry_run=True, indefinitely=True)["monitors"]) == 3


@pytest.mark.timeout(20)
def test_a_loop_of_paused_parents_has_an_end_for_who_looks_up(application: Application) -> None:
    client, monitors = Client(application), application.worker_pool.monitors
    ids = [client("add_mon", verify=False, **row(number))["id"] for number in range(1, 5)]
    for one, parent in zip(ids, (ids[1], ids[2], ids[0], ids[0]), strict=True):  # the last is behind it
        monitor = monitors.get(one)
        assert monitor
        monitors.put(replace(monitor, options=replace(monitor.options, parent=parent)))
    client("pause_mon", all=True)
    visibility = application.context.visibility
    assert [one.id for one in monitors.above(monitors[ids[3]])] == ids[:3]
    assert [one.id for one in monitors.above(monitors[ids[0]])] == ids[1:3]
    for which in ids:
        visibility.on_first_loss(monitors[which])
        assert visibility.check(monitors[which], 0.0, overdue=False) is not Verdict.UNREACHABLE
    # Down and unseen by the loop: what a chat was told of it is looked for upwards.
    application.reports.start()
    for which in ids:
        lost = DetectorState(State.UNKNOWN, blind_reason=Verdict.UNREACHABLE, expired=True)
        application.reports.on_sight_changed(monitors[which], lost)
    application.reports.run_once()
