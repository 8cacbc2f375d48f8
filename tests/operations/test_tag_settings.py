"""Settings that tags give: what is in force, where it comes from, what a reload changes or refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pingmon.daemon.application import Application
from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.tag_settings import ByTag
from pingmon.operations.context import Context
from pingmon.operations.tag_settings import setting_sources, use_at_start, use_configured
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store
from tests.operations.test_import_plan import Client, row

BERLIN, PRINTER = "site=berlin", "printer"
A = "10.0.0.1"
THIRTY: dict[str, dict[str, Any]] = {BERLIN: {"interval": 30.0, "language": "ru"}}


def use_tags(context: Context, by_tag: ByTag) -> int:
    """After a reload with these settings of tags."""
    return use_configured(context, replace(context.configuration.configured, tags=by_tag))


def use_tags_at_start(context: Context, by_tag: ByTag) -> None:
    use_at_start(context, replace(context.configuration.configured, tags=by_tag))


def listed(client: Client, address: str = A) -> dict[str, Any]:
    found: dict[str, Any] = client("list_mon", ip_address=address)["monitors"][0]
    return found


def sources(application: Application, *names: str) -> list[str]:
    (monitor,) = application.worker_pool.monitors.labelled(A)
    found = setting_sources(application.context, monitor)
    return [found[name] for name in names]


def test_a_tag_gives_what_was_not_given(application: Application) -> None:
    client = Client(application)
    use_tags(application.context, THIRTY)
    client("add_mon", verify=False, **row(1, tags=[BERLIN], interval=5))
    found = listed(client)
    assert (found["interval"], found["language"], found["own"]) == (5, "ru", ["interval"])
    assert sources(application, "interval", "language", "timeout") == [
        "given",
        f"tag {BERLIN}",
        "default",
    ]
    client("edit_mon", id=A, unset=["interval"])
    assert listed(client)["interval"] == 30
    client("edit_mon", id=A, remove_tag=["site"])
    assert (listed(client)["interval"], listed(client)["language"]) == (10, "")


def test_a_key_gives_settings_to_all_its_values(application: Application) -> None:
    client = Client(application)
    use_tags(application.context, {"site": {"up_after": 5}})
    client("add_mon", verify=False, **row(1, tags=["site=bonn"]))
    client("edit_mon", id=A, remove_tag=["site"], add_tag=[BERLIN])
    assert listed(client)["up_after"] == 5


def test_a_reload_changes_monitors_that_are_there(application: Application, tmp_path: Path) -> None:
    client = Client(application)
    client("add_mon", verify=False, **row(1, tags=[BERLIN]))
    client("add_mon", verify=False, **row(2, tags=[BERLIN], interval=10))
    client("add_mon", verify=False, **row(3))
    assert use_tags(application.context, THIRTY) == 2
    assert [listed(client, f"10.0.0.{one}")["interval"] for one in (1, 2, 3)] == [30, 10, 10]
    kept = {one.address: one for one, _ in Store(open_database(tmp_path / "pingmon.db")).load()}
    assert kept[A].detection.interval == 30 and kept[A].own == ()
    entries = client("log", action="edit_mon")["entries"]
    assert {one["actor"] for one in entries} == {"the configuration"} and len(entries) == 2
    assert use_tags(application.context, {}) == 2
    assert listed(client)["interval"] == 10


def test_tags_that_differ_are_refused_by_both_names_and_nothing_changes(application: Application) -> None:
    client = Client(application)
    both = THIRTY | {PRINTER: {"interval": 60.0}}
    words = f"tags {PRINTER} and {BERLIN} give interval differently"
    client("add_mon", verify=False, **row(1, tags=[BERLIN, PRINTER]))
    client("add_mon", verify=False, **row(2, tags=[BERLIN]))
    with pytest.raises(Conflict, match=rf"10\.0\.0\.1: {words}"):
        use_tags(application.context, both)
    assert application.context.configuration.tags == {}
    assert [listed(client, f"10.0.0.{one}")["interval"] for one in (1, 2)] == [10, 10]
    client("edit_mon", id=A, interval=3)
    use_tags(application.context, both)
    with pytest.raises(Conflict, match=words):
        client("add_mon", verify=False, **row(3, tags=[BERLIN, PRINTER]))
    with pytest.raises(Conflict, match=words):
        client("edit_mon", id="10.0.0.2", add_tag=[PRINTER])
    with pytest.raises(Conflict, match=words):
        client("edit_mon", id=A, unset=["interval"])
    (problem,) = client.check(row(4, tags=[BERLIN, PRINTER]))["errors"]
    assert words in problem["message"]


def test_what_a_tag_gives_must_fit_what_was_given(application: Application) -> None:
    client = Client(application)
    client("add_mon", verify=False, **row(1, tags=[PRINTER], interval=600))
    with pytest.raises(InvalidValue, match=r"10\.0\.0\.1: max_delay must be .*tag printer"):
        use_tags(application.context, {PRINTER: {"max_delay": 60}})
    with pytest.raises(InvalidValue, match=r"no \[escalation\.night\]"):
        use_tags(application.context, {PRINTER: {"escalation": "night"}})


def test_a_plan_that_was_checked_before_a_reload_is_not_carried_out(application: Application) -> None:
    client = Client(application)
    client.check(row(1, tags=[BERLIN]), row(2))
    use_tags(application.context, THIRTY)
    done = client.until_done("plan_commit")
    assert [one["index"] for one in done["errors"]] == [0]
    assert "what its tags give was changed meanwhile" in done["errors"][0]["message"]
    assert client.addresses() == set()


def test_a_monitor_whose_tags_differ_at_the_start_keeps_what_it_had(application: Application) -> None:
    client, context = Client(application), application.context
    use_tags(context, THIRTY)
    client("add_mon", verify=False, **row(1, tags=[BERLIN, PRINTER]))
    client("add_mon", verify=False, **row(2, tags=[BERLIN]))
    use_tags_at_start(context, {BERLIN: {"interval": 20.0}, PRINTER: {"interval": 60.0}})
    kept = {one.address: one.detection.interval for one, _ in context.store.load()}
    assert kept == {A: 30, "10.0.0.2": 20}
    assert context.configuration.refused.startswith(f"{A}: tags {PRINTER} and {BERLIN}")


def test_an_old_monitor_takes_from_a_tag_what_it_had_by_default(application: Application) -> None:
    client, store = Client(application), application.context.store
    client("add_mon", verify=False, **row(1, timeout=1))
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE monitors SET own = NULL")
    (old,) = application.worker_pool.monitors.labelled(A)
    object.__setattr__(old, "own", None)
    client("edit_mon", id=A, add_tag=[BERLIN])
    use_tags(application.context, {BERLIN: {"interval": 30.0, "timeout": 3.0}})
    assert (listed(client)["interval"], listed(client)["timeout"]) == (30, 1)
    use_tags(application.context, {})
    assert (listed(client)["interval"], listed(client)["timeout"]) == (10, 1)
