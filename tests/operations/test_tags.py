"""Tags of monitors in the daemon's own words: added, edited, selected, imported, kept."""

from pathlib import Path
from typing import Any

import pytest

from pingmon.daemon.application import Application
from pingmon.model.errors import InvalidValue
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store
from tests.operations.test_import_plan import Client, row

BERLIN, PRINTER = "site=berlin", "printer"


def listed(client: Client, **which: Any) -> dict[str, dict[str, Any]]:
    """By address."""
    return {one["ip_address"]: one for one in client("list_mon", **which)["monitors"]}


def test_tags_are_kept_sorted_and_are_always_there(application: Application, tmp_path: Path) -> None:
    client = Client(application)
    client("add_mon", verify=False, **row(1, tags=[PRINTER, BERLIN, PRINTER]))
    client("add_mon", verify=False, **row(2))
    assert [one["tags"] for one in listed(client).values()] == [[PRINTER, BERLIN], []]
    kept = [one.options.tags for one, _ in Store(open_database(tmp_path / "pingmon.db")).load()]
    assert kept == [(PRINTER, BERLIN), ()]


def test_adding_again_with_other_tags_is_refused(application: Application) -> None:
    client = Client(application)
    first = client("add_mon", verify=False, **row(1, tags=[PRINTER, BERLIN]))
    assert client("add_mon", verify=False, **row(1, tags=[BERLIN, PRINTER])) == first | {"created": False}
    with pytest.raises(Exception, match="watched already"):
        client("add_mon", verify=False, **row(1, tags=[BERLIN]))


def test_an_edit_adds_and_removes_tags_and_says_so(application: Application) -> None:
    client = Client(application)
    client("add_mon", verify=False, **row(1, tags=[BERLIN]))
    done = client("edit_mon", id="10.0.0.1", add_tag=[PRINTER, "site=bonn"], remove_tag=["site"])
    assert done["changes"] == f"tags {BERLIN} → {PRINTER} site=bonn"
    assert listed(client)["10.0.0.1"]["tags"] == [PRINTER, "site=bonn"]
    assert not client("edit_mon", id="10.0.0.1", add_tag=[PRINTER])["changed"]
    client("edit_mon", id="10.0.0.1", remove_tag=[PRINTER, "site"])
    assert listed(client)["10.0.0.1"]["tags"] == []


def test_monitors_are_selected_by_all_tags_that_are_given(application: Application) -> None:
    client = Client(application)
    for number, tags in enumerate(([BERLIN, PRINTER], [BERLIN], ["site=bonn", PRINTER], []), 1):
        client("add_mon", verify=False, **row(number, tags=tags))
    assert list(listed(client, tag=BERLIN)) == ["10.0.0.1", "10.0.0.2"]
    assert list(listed(client, tag=[PRINTER, "site"])) == ["10.0.0.1", "10.0.0.3"]
    assert list(listed(client, where=[f"tag={BERLIN}", f"tag={PRINTER}"])) == ["10.0.0.1"]
    muted = client("mute", **{"tag": ["site=bonn"], "for": "1h", "dry_run": True})
    assert [one["ip_address"] for one in muted["monitors"]] == ["10.0.0.3"]


@pytest.mark.parametrize("wrong", ["", "two words", "a,b", "=", "x=", "a=b=c"])
def test_what_is_no_tag_is_refused_in_one_line(application: Application, wrong: str) -> None:
    client = Client(application)
    client("add_mon", verify=False, **row(2))
    for method, params in (
        ("add_mon", row(1, tags=[wrong])),
        ("edit_mon", {"id": "10.0.0.2", "add_tag": [wrong]}),
        ("list_mon", {"where": [f"tag={wrong}"]}),
    ):
        with pytest.raises(InvalidValue) as refused:
            client(method, **params)
        assert "\n" not in str(refused.value)
    assert list(listed(client)) == ["10.0.0.2"]


def test_a_plan_gives_and_changes_tags(application: Application) -> None:
    client = Client(application)
    client.check(row(1, tags=[BERLIN]), row(2))
    client.until_done("plan_commit")
    checked = client.check(row(1, tags=[PRINTER]), row(2), update=True)
    assert (checked["changed"], checked["existing"]) == (1, 1)
    changes = client("plan_show")["changes"]
    assert changes[0]["changes"] == {"tags": [[BERLIN], [PRINTER]]}
    client.until_done("plan_commit")
    assert listed(client)["10.0.0.1"]["tags"] == [PRINTER]


def test_what_was_given_is_told_apart_from_defaults(application: Application) -> None:
    client = Client(application)
    client("add_mon", verify=False, **row(1, interval=10, language="", quiet=False))
    assert listed(client)["10.0.0.1"]["own"] == ["interval", "quiet"]
    done = client("edit_mon", id="10.0.0.1", timeout=2, unset=["interval"])
    assert done["changes"] == "timeout 2 s is its own now, interval is not its own any more"
    assert listed(client)["10.0.0.1"]["own"] == ["quiet", "timeout"]
