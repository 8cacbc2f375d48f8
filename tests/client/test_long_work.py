"""import and apply take long: they show how far they are, can be stopped, and leave all or nothing."""

import json
import os
import pty
import random
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pingmon.api.protocol import LineReader
from tests.support.bot_api import TOKEN
from tests.support.lab import BIN, Lab, Pingmon, until

MANY = 3000


def table(count: int, chats: int = 1) -> str:
    rows = [f"10.0.{one // 250}.{one % 250 + 1},{1001 + one % chats}" for one in range(count)]
    return "\n".join(["ip_address,chat_id", *rows, ""])


class OnTerminal:
    """pingmonctl on a terminal of its own."""

    def __init__(self, pingmon: Pingmon, *arguments: str) -> None:
        self._mine, its = pty.openpty()
        self.process = subprocess.Popen(
            [str(BIN / "pingmonctl"), "--server_address", str(pingmon.socket), *arguments],
            stdin=its,
            stdout=its,
            stderr=its,
            env={"PINGMON_TOKEN": TOKEN, "TERM": "dumb"},
        )
        os.close(its)
        self.shown = ""

    def read_until(self, words: str) -> None:
        while words not in self.shown:
            self.shown += os.read(self._mine, 65536).decode()

    def end(self) -> int:
        with suppress(OSError):
            while chunk := os.read(self._mine, 65536):
                self.shown += chunk.decode()
        os.close(self._mine)
        return self.process.wait(60)


class Connection:
    """To the daemon's socket."""

    def __init__(self, pingmon: Pingmon) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(pingmon.socket))
        self._reader = LineReader(self.socket, None)

    def ask(self, method: str, **params: Any) -> None:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.socket.sendall(json.dumps(question).encode() + b"\n")

    def __call__(self, method: str, **params: Any) -> Any:
        self.ask(method, **params)
        answer = json.loads(self._reader.read() or b"{}")
        return answer.get("result", answer)

    def checked(self, count: int) -> "Connection":
        self("plan_begin", verify=False, token=TOKEN)
        rows = [
            {"ip_address": f"10.0.{one // 250}.{one % 250 + 1}", "chat_id": 1001} for one in range(count)
        ]
        for start in range(0, count, 500):
            assert self("plan_add", monitors=rows[start : start + 500])["changes"]
        while not (seen := self("plan_check"))["done"]:
            pass
        assert seen["created"] == count and not seen["errors"], seen
        return self


def test_a_connection_that_closes_before_the_commit_leaves_nothing(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    for _ in range(10):  # more than may be open
        connection = Connection(pingmon).checked(20)
        connection.socket.close()
        until(lambda: Connection(pingmon)("plan_begin").get("most_changes"), 10, "room for a plan")
    assert pingmon.status()["monitors"] == 0
    answer = Connection(pingmon)("plan_commit")
    assert "no plan on this connection" in answer["error"]["message"]


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_daemon_that_dies_in_a_commit_has_done_all_or_nothing(lab: Lab, pingmon: Pingmon) -> None:
    numbers, seen = random.Random(16), set[int]()
    for attempt in range(6):
        pingmon.start()
        connection = Connection(pingmon).checked(MANY)
        connection.ask("plan_commit")
        time.sleep(numbers.random() * 0.4 * attempt)
        pingmon.stop(signal.SIGKILL)
        pingmon.start()
        count = pingmon.status()["monitors"]
        assert count in (0, MANY)
        seen.add(count)
        if count:
            break
        pingmon.stop()


def test_ctrl_c_before_the_commit_changes_nothing_and_says_so(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start_api("delay=0.1")
    pingmon.start()
    file = tmp_path / "devices.csv"
    file.write_text(table(200, chats=200))
    for command in ("import", "apply"):
        client = OnTerminal(pingmon, command, str(file))
        client.read_until("checked [#")
        client.process.send_signal(signal.SIGINT)
        assert client.end() == 130
        assert "pingmonctl: interrupted; nothing was changed" in client.shown
        assert "Traceback" not in client.shown
    assert pingmon.status()["monitors"] == 0


@pytest.mark.timeout(180)
def test_ctrl_c_in_the_commit_waits_for_its_end_and_says_what_was_done(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start()
    file = tmp_path / "devices.csv"
    file.write_text(table(MANY))
    client = OnTerminal(pingmon, "import", str(file), "--no_verify")
    client.read_until("changed [")
    client.process.send_signal(signal.SIGINT)
    status = client.end()
    assert pingmon.status()["monitors"] == MANY
    if status:  # else it was done already
        assert status == 130 and f"is done: {MANY} created" in client.shown, client.shown


def test_long_work_takes_as_long_as_it_moves_and_shows_nothing_where_nobody_looks(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start_api("delay=0.05")
    pingmon.start()
    file = tmp_path / "devices.csv"
    file.write_text(table(50, chats=50))
    began = time.monotonic()
    done = pingmon.ctl("import", str(file), "--wait", "3")
    assert time.monotonic() - began > 6 and done.stdout.startswith("50 added") and not done.stderr
    client = OnTerminal(pingmon, "apply", str(file), "--dry_run")
    assert client.end() == 0 and "checked [####" in client.shown and "50/50" in client.shown


def test_what_does_not_move_is_waited_for_as_long_as_asked(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start_api("delay=4")
    pingmon.start()
    file = tmp_path / "token"
    file.write_text(TOKEN)
    devices = tmp_path / "devices.csv"
    devices.write_text(table(1))
    add = ("add-mon", "--ip_address", "10.0.0.9", "--chat_id", "1001")
    pingmon.ctl(*add, "--no_verify", "--name", "printer")
    token = ("--token_file", str(file))
    other = ("add-mon", "--ip_address", "10.0.0.8", "--chat_id", "1001")
    for words in (
        other,
        ("find-chat", *token),
        ("test-mon", "printer"),
        ("renew-token", *token),
        ("import", str(devices)),
        ("apply", str(devices), "--yes"),
    ):
        began = time.monotonic()
        done = pingmon.ctl(*words, "--wait", "1", check=False)
        assert time.monotonic() - began < 3.5, words
        assert done.returncode == 3 and done.stderr.count("\n") == 1, done.stderr
        assert "no answer within 1 s; --wait SECONDS waits longer" in done.stderr
        assert ("nothing was changed" in done.stderr) is (words[0] in ("import", "apply"))


def test_ctrl_c_while_a_monitor_is_added_says_what_is_so(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start_api("delay=3")
    pingmon.start()
    client = OnTerminal(pingmon, "add-mon", "--ip_address", "10.0.0.1", "--chat_id", "1001")
    until(lambda: ":8081" in lab.in_here("ss", "-Htn"), what="pingmond to ask Telegram")
    client.process.send_signal(signal.SIGINT)
    assert client.end() == 130
    assert "interrupted; pingmond was asked to add it and may still do so" in client.shown
    assert "list-mon --ip_address 10.0.0.1 shows" in client.shown
