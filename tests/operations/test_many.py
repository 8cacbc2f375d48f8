"""Commands by selector cut work: their cost, in CPU time, stays small for thousands of monitors."""

import time

import pytest

from pingmon.daemon.application import Application
from pingmon.engine.worker import Worker
from tests.operations.test_import_plan import Client, row

COUNT = 1000
BOUND = 1.0  # s of CPU; ten times and more of what a quiet machine needs


def test_thousands_are_held_edited_and_deleted_at_little_cost(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "start", lambda _: None)  # threads cost, and are not what is measured
    monkeypatch.setattr(Worker, "join", lambda *_: None)
    client, used = Client(application), dict[str, float]()
    rows = [row(1, ip_address=f"10.1.{one // 250}.{one % 250 + 1}") for one in range(COUNT)]
    client.check(*rows)
    client.until_done("plan_commit")

    def run(method: str, **params: object) -> None:
        began = time.thread_time()
        done = client(method, all=True, **params)
        used[method] = time.thread_time() - began
        assert done.get("changed", done.get("deleted")) == COUNT

    run("mute", indefinitely=True)
    run("unmute")
    run("edit_mon", add_tag=["site=berlin"])
    run("pause_mon")
    run("resume_mon")
    run("del_mon")
    assert max(used.values()) < BOUND, used
    assert len(client("log", limit=1000)["entries"]) == 1000
