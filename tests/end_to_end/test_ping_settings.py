"""Settings of a probe kind from the command line to files and back: one form for what is the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.lab import Lab, Pingmon

A, A6 = "10.0.0.1", "fd00:1::1"
FAST = ("--interval", "1", "--timeout", "1")


def listed(pingmon: Pingmon) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pingmon.listed()
    return found


@pytest.mark.usefixtures("lab")
def test_a_default_that_is_given_is_the_same_target(pingmon: Pingmon) -> None:
    pingmon.start()
    known = pingmon.add(A6, *FAST)
    for more in (("--payload_size", "8"), ("--accept_from", ""), ("--source", "")):
        assert pingmon.add(A6, *FAST, *more) == known
    other = pingmon.add(A6, *FAST, "--accept_from", "FD00:1:0::7", "--source", " v0 ")
    assert other != known
    assert pingmon.add(A6, *FAST, "--accept_from", "fd00:1::7", "--source", "v0") == other
    mapped = pingmon.add(A, *FAST, "--accept_from", "::ffff:10.0.0.7")
    assert pingmon.add(A, *FAST, "--accept_from", "10.0.0.7") == mapped
    shown = {one["id"]: one for one in listed(pingmon)}
    assert [shown[known][one] for one in ("payload_size", "accept_from", "source")] == [8, "", ""]
    assert [shown[other][one] for one in ("accept_from", "source")] == ["fd00:1::7", "v0"]


@pytest.mark.usefixtures("lab")
def test_edit_changes_settings_of_the_kind_and_takes_them_back(pingmon: Pingmon) -> None:
    pingmon.start()
    known = pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    changed = ("--payload_size", "56", "--source", "10.99.0.1")
    pingmon.ctl("edit-mon", "--id", known, *changed)
    (one,) = listed(pingmon)
    assert (one["payload_size"], one["source"], one["state"]) == (56, "10.99.0.1", "up")
    pingmon.ctl("edit-mon", "--id", known, "--name", "router")
    (one,) = listed(pingmon)
    assert (one["payload_size"], one["source"], one["name"]) == (56, "10.99.0.1", "router")
    back = pingmon.ctl("edit-mon", "--id", known, "--payload_size", "8", "--source", "")
    assert "already" not in back.stderr
    second = pingmon.add(A, *FAST, "--payload_size", "56")
    done = pingmon.ctl("edit-mon", "--id", known, "--payload_size", "56", check=False)
    assert second != known and done.returncode == 1 and "watched already" in done.stderr
    for more, words in (
        (("--payload_size", "7"), "payload_size"),
        (("--payload_size", "65508"), "payload_size"),
        (("--accept_from", A), "leave accept_from out"),
        (("--source", "no such"), "source"),
    ):
        done = pingmon.ctl("edit-mon", "--id", known, *more, check=False)
        assert done.returncode == 1 and words in done.stderr, more


def test_settings_of_the_kind_survive_files_and_a_restart(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.add(A, *FAST, "--payload_size", "32", "--source", "v0")
    pingmon.add(A6, *FAST, "--accept_from", "fd00:1::7")
    for kind in ("csv", "jsonl", "toml"):
        table = tmp_path / f"monitors.{kind}"
        table.write_text(pingmon.ctl("export", "--format", kind).stdout)
        same = json.loads(pingmon.ctl("apply", str(table), "--yes", "-o", "json").stdout)
        assert same == {"created": 0, "changed": 0, "deleted": 0}
        again = json.loads(pingmon.ctl("import", str(table), "-o", "json").stdout)
        assert (again["created"], again["existing"]) == (0, 3)
    bare = tmp_path / "bare.csv"
    bare.write_text(
        "ip_address,chat_id,interval,timeout,payload_size,source,accept_from\n"
        f"{A},1001,1,1,,,\n{A},1001,1,1,32,v0,\n{A6},1001,1,1,8,,fd00:1::7\n"
    )
    same = json.loads(pingmon.ctl("apply", str(bare), "--yes", "-o", "json").stdout)
    assert same == {"created": 0, "changed": 0, "deleted": 0}
    before = {one["id"]: (one["payload_size"], one["source"]) for one in listed(pingmon)}
    pingmon.stop()
    pingmon.start()
    pingmon.wait_state("up", A, A6)
    assert {one["id"]: (one["payload_size"], one["source"]) for one in listed(pingmon)} == before
