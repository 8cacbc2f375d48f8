"""Plans in the daemon's own words: what is checked, what became otherwise meanwhile, what is bounded."""

import tracemalloc
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pingmon.api.method import Caller
from pingmon.daemon import config as configuration
from pingmon.daemon.application import Application
from pingmon.engine.probers import open_probers
from pingmon.handlers import METHODS
from pingmon.model.errors import Conflict, LimitReached
from pingmon.operations import import_plan, plan_book
from pingmon.probes.registry import PROBERS
from pingmon.storage.store import Store
from tests.support.bot_api import TOKEN, BotApi, error
from tests.support.bot_api_models import refused_requests
from tests.support.fresh_database import fresh_database

NAMED = {one.name: one for one in METHODS}


class Client:
    """A connection to the daemon's methods, without its socket."""

    def __init__(self, application: Application, uid: int = 0) -> None:
        self._context, self.caller = application.context, Caller(uid, 1)

    def __call__(self, method: str, **params: Any) -> dict[str, Any]:
        NAMED[method].check(params)
        return NAMED[method](self._context, self.caller, **params)

    def check(
        self, *rows: dict[str, Any], delete: tuple[str, ...] = (), **options: Any
    ) -> dict[str, Any]:
        self("plan_begin", **{"verify": False} | options)
        self("plan_add", monitors=list(rows), delete=list(delete))
        return self.until_done("plan_check")

    def until_done(self, method: str) -> dict[str, Any]:
        while not (result := self(method))["done"]:
            pass
        return result

    def addresses(self) -> set[str]:
        return {one["ip_address"] for one in self("list_mon")["monitors"]}


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"ip_address": f"10.0.0.{number}", "chat_id": 1001, "token": TOKEN} | more


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    yield made
    made.stop()
    assert refused_requests(made.calls) == []


@pytest.fixture
def application(tmp_path: Path, api: BotApi) -> Iterator[Application]:
    """Nothing is probed: its probers are not started."""
    arguments = ["--state-dir", str(tmp_path), "--telegram-api-url", api.url]
    probers, store = open_probers(PROBERS), Store(fresh_database(tmp_path / "pingmon.db"))
    made = Application(store, probers, configuration.load([*arguments, "--config", "/dev/null"]))
    yield made
    for worker in made.worker_pool.workers():
        worker.stop()
    made.sender_pool.stop()
    probers.stop()
    store.close()


def test_adds_changes_and_deletions_are_one_plan(application: Application) -> None:
    client = Client(application)
    assert client.check(row(1), row(2), row(3, parent="10.0.0.2"))["created"] == 3
    assert client.addresses() == set()
    assert client.until_done("plan_commit")["created"] == 3
    seen = client.check(row(4), row(1, name="router"), delete=("10.0.0.2",), update=True)
    assert (seen["created"], seen["changed"], seen["deleted"]) == (1, 1, 1)
    shown = client("plan_show")["changes"]
    assert [(one["what"], one["ip_address"]) for one in shown] == [
        ("add", "10.0.0.4"),
        ("change", "10.0.0.1"),
        ("delete", "10.0.0.2"),
    ]
    assert shown[1]["changes"] == {"name": ["", "router"]}
    done = client.until_done("plan_commit")
    assert (done["created"], done["changed"], done["deleted"]) == (1, 1, 1)
    assert client.addresses() == {"10.0.0.1", "10.0.0.3", "10.0.0.4"}
    listed = {one["ip_address"]: one for one in client("list_mon")["monitors"]}
    assert listed["10.0.0.3"]["parent"] is None and listed["10.0.0.1"]["name"] == "router"


def test_what_was_stored_is_what_is_watched(application: Application, tmp_path: Path) -> None:
    client = Client(application)
    many = [
        row(number, key=f"k{number}", parent="k200" if number < 50 else "") for number in range(1, 201)
    ]
    client.check(*many)
    client.until_done("plan_commit")
    client.check(
        *(row(one, name="x", interval=7) for one in range(1, 150)), update=True, delete_others=True
    )
    client.until_done("plan_commit")
    stored = {monitor.id: monitor for monitor, _ in application.context.store.load()}
    assert stored == {one.id: one for one in application.worker_pool.monitors.all()}
    assert len(stored) == 149 and {one.options.parent for one in stored.values()} == {None}


def test_all_that_is_wrong_with_a_row_is_named_each_once(application: Application, api: BotApi) -> None:
    client = Client(application)
    bad = row(300, interval="often", timeout=700, name="a\u202eb", parent="nobody", down_after=0)
    child = row(3, parent="router", chat_id=4242, quiet="maybe")
    web = {"mon_type": "http", "url": "shop.example", "chat_id": 1001, "token": TOKEN}
    seen = client.check(
        bad | {"chat_id": "1.2E+3"}, child, row(2, name="router", interval=-1), web, verify=True
    )
    found = [(one["index"], one["field"]) for one in seen["errors"]]
    assert sorted(found) == [
        *((0, one) for one in ("chat_id", "down_after", "interval", "ip_address")),
        *((0, one) for one in ("name", "parent", "timeout")),
        *((1, one) for one in ("chat_id", "quiet")),  # 4242 was asked for, though another value is wrong
        (2, "interval"),
        (3, "url"),  # and not that there is none
    ]
    assert found == sorted(found, key=lambda one: one[0]) and seen["errors_total"] == len(found)
    assert client.addresses() == set()


def test_what_is_said_of_one_row_is_bounded(application: Application) -> None:
    client = Client(application)
    wrong = {name: "x" * 5000 for name in NAMED["add_mon"].params if name not in ("token", "bot")}
    seen = client.check(wrong | {"token": TOKEN}, row(1), {"y" * 200: 1} | row(2))
    assert [one["index"] for one in seen["errors"]] == [0] * 10 + [2]
    assert max(len(one["message"]) for one in seen["errors"]) < 2000 > len(seen["errors"][-1]["message"])


def test_one_bad_row_keeps_all_others_out_and_is_named(application: Application) -> None:
    client = Client(application)
    seen = client.check(row(1), row(2, interval="often"), row(3, parent="nobody"), row(300))
    assert [(one["index"], one["field"]) for one in seen["errors"]] == [
        (1, "interval"),
        (2, "parent"),
        (3, "ip_address"),
    ]
    with pytest.raises(Conflict):
        client("plan_commit")
    assert client.addresses() == set()


def test_what_changed_since_the_check_is_seen_and_nothing_is_done(application: Application) -> None:
    mine, other = Client(application), Client(application)
    mine.check(row(1), row(2), row(3))
    mine.until_done("plan_commit")

    def committed_after(*rows: dict[str, Any], delete: tuple[str, ...] = (), then: Any) -> list[str]:
        before = mine.addresses()
        assert mine.check(*rows, delete=delete, update=True)["errors_total"] == 0
        then()
        done = mine.until_done("plan_commit")
        assert mine.addresses() - before <= {"10.0.0.8"} and "10.0.0.9" not in mine.addresses()
        assert done["created"] == done["changed"] == done["deleted"] == 0
        return [one["message"] for one in done["errors"]]

    new = row(9)
    (words,) = committed_after(new, row(1, name="x"), then=lambda: other("del_mon", id="10.0.0.1"))
    assert words.startswith("10.0.0.1 was deleted meanwhile")
    (words,) = committed_after(
        new, row(2, name="x"), then=lambda: other("edit_mon", id="10.0.0.2", name="y")
    )
    assert words.startswith("10.0.0.2 was changed meanwhile")
    (words,) = committed_after(new, row(8), then=lambda: other("add_mon", verify=False, **row(8)))
    assert words.startswith("was added meanwhile")
    gone = lambda: other("edit_mon", id="10.0.0.3", name="z")  # noqa: E731
    (words,) = committed_after(new, delete=("10.0.0.3",), then=gone)
    assert "was changed meanwhile" in words
    behind = row(9, parent="10.0.0.3")
    delete = lambda: other("del_mon", id="10.0.0.3")  # noqa: E731
    errors = committed_after(behind, then=delete)
    assert errors == ["was deleted meanwhile; run this again"]


def test_two_plans_at_once_do_not_disturb_each_other(application: Application) -> None:
    first, second = Client(application), Client(application)
    first.check(row(1), row(2))
    second.check(row(2), row(3))
    assert second.until_done("plan_commit")["created"] == 2
    done = first.until_done("plan_commit")
    assert [one["index"] for one in done["errors"]] == [1] and first.addresses() == {
        "10.0.0.2",
        "10.0.0.3",
    }
    first.check(row(4))
    second.check(row(5))
    assert first.until_done("plan_commit")["created"] == second.until_done("plan_commit")["created"] == 1


def test_a_plan_is_gone_with_its_connection(application: Application) -> None:
    clients = [Client(application, uid) for uid in range(plan_book.MOST_PLANS)]
    for one in clients:
        one.check(row(1))
    late = Client(application)
    with pytest.raises(LimitReached, match="open already"):
        late("plan_begin")
    clients[0].caller.connection.close()
    late("plan_begin")
    with pytest.raises(Conflict, match="no plan"):
        clients[0]("plan_commit")
    late("plan_begin")  # in the place of its own
    assert len(application.context.plans) == plan_book.MOST_PLANS and late.addresses() == set()


def test_a_plan_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_plan, "MOST_CHANGES", 3)
    monkeypatch.setattr(import_plan, "MOST_CHARACTERS", 1000)
    plan = import_plan.Plan(import_plan.PlanOptions())
    plan.add([{}, {}])
    with pytest.raises(LimitReached, match="3 changes"):
        plan.add([{}], ["a"])
    with pytest.raises(LimitReached, match="1000 characters"):
        plan.add([{"name": "x" * 1000}])
    plan.add([], ["a"])
    assert plan.size == 3


def test_telegram_is_left_alone_as_long_as_it_says(application: Application, api: BotApi) -> None:
    wait = error(429, "Too Many Requests: retry after 1", retry_after=1)
    api.scripts["getChat"] = deque([wait, wait])
    client = Client(application)
    client("plan_begin")
    client("plan_add", monitors=[row(1)])
    waited = []
    while not (seen := client("plan_check"))["done"]:
        waited.append(seen["waits_s"])
    assert any(waited) and seen["errors"] == [] and seen["created"] == 1
    assert api.asked.count("getChat") == 3


def test_rows_take_no_more_memory_than_was_sent(application: Application) -> None:
    client = Client(application)
    client("plan_begin", verify=False)
    tracemalloc.start()
    try:
        client("plan_add", monitors=[{"a": [[] for _ in range(100_000)]}])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1 << 20
    assert client.until_done("plan_check")["errors_total"] == 3  # two are missing, one is unknown
