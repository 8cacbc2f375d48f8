"""A probe kind that src/ does not know, through the real client and the real daemon."""

import json
from pathlib import Path
from typing import Any

import pytest

from pingmon.client.connection import call
from pingmon.kinds import PROBE_KINDS
from tests.support.lab import Lab, Pingmon

A, B = "10.0.0.1", "10.0.0.2"
FAST = ("--interval", "1", "--timeout", "1")


@pytest.fixture
def files(pingmon: Pingmon, tmp_path: Path) -> Path:
    """Where the extra kind looks for files of targets that answer."""
    made = tmp_path / "files"
    made.mkdir()
    pingmon.use_extra_kinds()
    pingmon.start()
    return made


def add_file(pingmon: Pingmon, files: Path, address: str = A) -> str:
    return pingmon.add(address, "--mon_type", "file", "--directory", str(files), *FAST)


def listed(pingmon: Pingmon) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pingmon.listed()
    return found


def test_another_kind_is_added_listed_and_watched_beside_ping(
    lab: Lab, pingmon: Pingmon, files: Path
) -> None:
    (files / A).touch()
    by_file = add_file(pingmon, files)
    pingmon.wait_state("up", A)
    by_ping = pingmon.add(A, *FAST)
    assert by_file != by_ping and add_file(pingmon, files) == by_file
    kinds = {one["id"]: (one["mon_type"], one.get("directory")) for one in listed(pingmon)}
    assert kinds == {by_file: ("file", str(files)), by_ping: ("ping", None)}
    status = pingmon.status()
    assert (status["monitors"], status["targets"]) == (2, 1)
    pingmon.ctl("del-mon", "--id", by_ping)
    (files / A).unlink()
    pingmon.wait_state("down", A)
    (message,) = pingmon.wait_messages(1)
    assert A in message["text"]
    pingmon.stop()
    pingmon.start()
    (files / A).touch()
    pingmon.wait_state("up", A)


def test_another_kind_is_exported_imported_and_applied(
    pingmon: Pingmon, files: Path, tmp_path: Path
) -> None:
    """Two monitors that differ in nothing but settings of the kind stay two."""
    other = tmp_path / "other"
    other.mkdir()
    for directory in (files, other):
        add_file(pingmon, directory)
    pingmon.add(B, *FAST)
    table = tmp_path / "monitors.csv"
    for kind in ("csv", "jsonl", "toml"):
        table = tmp_path / f"monitors.{kind}"
        table.write_text(pingmon.ctl("export", "--format", kind).stdout)
        again = json.loads(pingmon.ctl("import", str(table), "-o", "json").stdout)
        assert (again["created"], again["existing"]) == (0, 3)
        same = json.loads(pingmon.ctl("apply", str(table), "--yes", "-o", "json").stdout)
        assert same == {"created": 0, "changed": 0, "deleted": 0}
        for one in listed(pingmon):
            pingmon.ctl("del-mon", "--id", one["id"])
        pingmon.ctl("import", str(table))
        directories = sorted(str(one.get("directory")) for one in listed(pingmon))
        assert directories == sorted([str(files), str(other), "None"])


def test_another_kind_is_documented(pingmon: Pingmon, files: Path) -> None:
    text = " ".join(pingmon.ctl("add-mon", "--help").stdout.split())
    assert f"kind of probe: {', '.join([*PROBE_KINDS, 'file'])}" in text
    assert "--directory DIR" in text and "where the file is while the device answers" in text
    methods = call(f"unix:{pingmon.socket}", "rpc.discover", {})["methods"]
    (add_mon,) = (one for one in methods if one["name"] == "add_mon")
    schemas = {one["name"]: one["schema"] for one in add_mon["params"]}
    assert schemas["mon_type"]["enum"] == [*PROBE_KINDS, "file"]
    assert schemas["directory"]["description"] == "where the file is while the device answers"


def test_what_another_kind_refuses_names_the_setting(pingmon: Pingmon, files: Path) -> None:
    for more, words in (
        (("--mon_type", "file"), "directory must name a directory"),
        (("--mon_type", "ping", "--directory", str(files)), "directory is no setting of mon_type ping"),
    ):
        done = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", A, *more, check=False)
        assert done.returncode == 1 and words in done.stderr
    assert listed(pingmon) == []
