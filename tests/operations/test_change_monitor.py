"""Edits of several monitors, and what is behind what."""

from threading import Barrier, Thread
from typing import Any

import pytest

from pingmon.daemon.application import Application
from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.errors import PingmonError
from pingmon.operations.import_plan_parents import in_loops
from tests.operations.test_import_plan import Client, row


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
