"""A channel kind that src/ does not know, through the real client and the real daemon."""

import json
from pathlib import Path
from typing import Any

import pytest

from pingmon.client.connection import call
from tests.support.bot_api import TOKEN
from tests.support.extra_kinds.directory_channel import MARKER, messages
from tests.support.lab import Lab, Pingmon, until

A, B = "10.0.0.1", "10.0.0.2"
FAST = ("--interval", "1", "--timeout", "1")
CHAT = ("--chat_id", "1001")


@pytest.fixture
def directory(pingmon: Pingmon, tmp_path: Path) -> Path:
    """Where the extra kind writes."""
    made = tmp_path / "messages"
    made.mkdir()
    pingmon.use_extra_kinds()
    pingmon.start()
    return made


def add(pingmon: Pingmon, directory: Path, address: str, *more: str) -> str:
    channel = ("--message_directory", str(directory))
    return pingmon.ctl("add-mon", *channel, "--ip_address", address, *FAST, *more).stdout.strip()


def listed(pingmon: Pingmon) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pingmon.listed()
    return found


def test_another_kind_is_told_beside_telegram(lab: Lab, pingmon: Pingmon, directory: Path) -> None:
    number = add(pingmon, directory, A)
    assert add(pingmon, directory, A) == number and pingmon.add(A, *FAST) != number
    pingmon.ctl("test-mon", "--id", number)
    ((_, text),) = messages(directory)
    assert text == f"pingmon: a test for {A}"
    assert str(directory) in pingmon.ctl("list-mon", "-o", "wide").stdout
    pingmon.wait_state("up", A)
    (directory / MARKER).touch()
    lab.unplug(A)
    assert "<b>" in pingmon.wait_messages(1)[0]["text"]
    full = [one["delivery"] for one in listed(pingmon) if one["id"] == number]
    assert full == ["the directory is full"]
    pingmon.stop()
    (directory / MARKER).unlink()
    pingmon.start()
    until(lambda: len(messages(directory)) == 2, 30, "the message")
    assert f"{A} is down" in messages(directory)[1][1] and len(pingmon.messages()) == 1


def test_another_kind_is_suspended_with_its_own_words(
    lab: Lab, pingmon: Pingmon, directory: Path
) -> None:
    add(pingmon, directory, A)
    pingmon.wait_state("up", A)
    directory.rename(directory.parent / "away")
    lab.unplug(A)

    def delivery() -> str:
        return str(listed(pingmon)[0]["delivery"])

    until(lambda: delivery() == "suspended: no such directory", 30, "the channel to be suspended")
    failed = pingmon.ctl("test-mon", "--id", listed(pingmon)[0]["id"], check=False)
    assert failed.returncode == 1 and "no such directory; make the directory, then" in failed.stderr
    (directory.parent / "away").rename(directory)
    until(lambda: len(messages(directory)) == 1, 30, "the message")
    assert delivery() == "ok"


def test_another_kind_is_exported_imported_and_applied(
    pingmon: Pingmon, directory: Path, tmp_path: Path
) -> None:
    """Two monitors that differ in nothing but settings of the kind stay two."""
    other = tmp_path / "other"
    other.mkdir()
    for place in (directory, other):
        add(pingmon, place, A)
    for kind in ("csv", "jsonl", "toml"):
        table = tmp_path / f"monitors.{kind}"
        table.write_text(pingmon.ctl("export", "--format", kind).stdout)
        again = json.loads(pingmon.ctl("import", str(table), "-o", "json").stdout)
        assert (again["created"], again["existing"]) == (0, 2)
        same = json.loads(pingmon.ctl("apply", str(table), "--yes", "-o", "json").stdout)
        assert same == {"created": 0, "changed": 0, "deleted": 0}
        for one in listed(pingmon):
            pingmon.ctl("del-mon", "--id", one["id"])
        pingmon.ctl("import", str(table))
        found = sorted(one["message_directory"] for one in listed(pingmon))
        assert found == sorted([str(directory), str(other)])


def test_another_kind_is_documented(pingmon: Pingmon, directory: Path) -> None:
    text = " ".join(pingmon.ctl("add-mon", "--help").stdout.split())
    assert "--message_directory DIR" in text and "where messages are written" in text
    methods = call(f"unix:{pingmon.socket}", "rpc.discover", {})["methods"]
    (add_mon,) = (one for one in methods if one["name"] == "add_mon")
    schemas = {one["name"]: one["schema"] for one in add_mon["params"]}
    assert schemas["message_directory"]["description"] == "where messages are written"


def test_what_another_kind_refuses_names_the_setting(
    pingmon: Pingmon, directory: Path, tmp_path: Path
) -> None:
    for more, status, words in (
        (("--message_directory", str(tmp_path / "none")), 1, "no such directory; make the directory"),
        (("--message_directory", "here"), 1, "message_directory must be an absolute path"),
        (("--message_directory", str(directory), "--chat_id", "1"), 2, "a token is required"),
        (("--message_directory", str(directory), "--thread_id", "7"), 1, "thread_id needs chat_id"),
        ((), 2, "--apprise or --message_directory is missing"),
    ):
        done = pingmon.ctl("add-mon", "--ip_address", A, *more, check=False, PINGMON_TOKEN="")
        assert done.returncode == status and words in done.stderr
    assert listed(pingmon) == []


def test_one_monitor_tells_channels_of_several_kinds(
    lab: Lab, pingmon: Pingmon, directory: Path, tmp_path: Path
) -> None:
    """Each for itself: one that does not work keeps no other back."""
    other = tmp_path / "other"
    other.mkdir()
    both = ("--message_directory", str(other), *CHAT)
    number = add(pingmon, directory, A, *both, "--name", "printer")
    assert add(pingmon, directory, A, *both, "--name", "printer") == number
    (row,) = listed(pingmon)
    assert (row["chat_id"], row["message_directory"]) == ("1001", None)
    shown = [(one["kind"], one["chat_id"], one["message_directory"]) for one in row["channels"]]
    of_directories = [("directory", None, str(one)) for one in (directory, other)]
    assert shown == [("telegram", "1001", None), *of_directories]
    assert "chat 1001, message_directory" in pingmon.ctl("test-mon", number).stdout
    assert [len(messages(one)) for one in (directory, other)] == [1, 1] and len(pingmon.messages()) == 1
    (directory / MARKER).touch()
    pingmon.wait_state("up", A)
    pingmon.ctl("mute", "--where", f"message_directory={other}", "--indefinitely", "--yes")
    lab.unplug(A)
    pingmon.wait_messages(2)
    one_of_them = ("--message_directory", str(directory), "-o", "json")
    until(lambda: "is full" in pingmon.ctl("outbox", "list", *one_of_them).stdout, 30, "the first try")
    assert str(other) not in pingmon.ctl("outbox", "list", *one_of_them).stdout
    assert len(messages(other)) == 1
    (directory / MARKER).unlink()
    until(lambda: len(messages(directory)) == 2, 30, "the message")
    said = pingmon.ctl("edit-mon", number, "--remove_message_directory", str(other)).stderr
    assert "message_directory" in said and "chat_id" not in said
    pingmon.ctl("edit-mon", number, "--unset", "chat_id")
    (row,) = listed(pingmon)
    assert (row["chat_id"], row["message_directory"], len(row["channels"])) == (None, str(directory), 1)
    refused = pingmon.ctl("edit-mon", number, "--add_chat_id", "1001", check=False)
    assert refused.returncode == 1 and "give token or bot" in refused.stderr
    pingmon.ctl("edit-mon", number, "--add_chat_id", "1001", "--token", TOKEN)
    (row,) = listed(pingmon)
    assert (row["id"], row["state"], row["chat_id"]) == (number, "down", "1001")


def test_files_keep_channels_of_all_kinds(pingmon: Pingmon, directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    add(pingmon, directory, A, "--message_directory", str(other), *CHAT)
    add(pingmon, other, B)
    before = [one["channels"] for one in listed(pingmon)]
    for kind in ("csv", "jsonl", "toml"):
        table = tmp_path / f"monitors.{kind}"
        table.write_text(pingmon.ctl("export", "--format", kind).stdout)
        same = json.loads(pingmon.ctl("apply", str(table), "--yes", "-o", "json").stdout)
        assert same == {"created": 0, "changed": 0, "deleted": 0}
        pingmon.ctl("del-mon", "--all", "--yes")
        pingmon.ctl("import", str(table))
        assert [one["channels"] for one in listed(pingmon)] == before
