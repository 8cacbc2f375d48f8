"""Who watches the watcher: the heartbeat comes while pingmond is alive and sees, and else does not."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.lab import Lab, Pingmon, run, until
from tests.support.paths import ROOT

A, B = "10.0.0.1", "10.0.1.1"
SETTINGS = ("--interval", "1", "--timeout", "1", "--max_delay", "5")
EVERY = 10.0  # s, the least
SECRET = "/ping/5f3canary"


class Receiver:
    """The server, in the daemon's namespace."""

    def __init__(self, lab: Lab, log: Path) -> None:
        self._log, self._here = log, lab.here
        log.touch()
        self.start()

    def start(self) -> None:
        program = [sys.executable, "-m", "tests.support.heartbeat_server", "8082", str(self._log)]
        self.process = subprocess.Popen(["ip", "netns", "exec", self._here, *program], cwd=ROOT)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def wait_for_one(self, timeout: float = EVERY + 10) -> None:
        before = len(self.asked())
        until(lambda: len(self.asked()) > before, timeout, "a heartbeat")


@pytest.fixture
def receiver(lab: Lab, tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(lab, tmp_path / "asked.jsonl")
    yield made
    made.stop()


def start(pingmon: Pingmon, method: str = "GET") -> None:
    config = pingmon.directory / "pingmon.toml"
    config.write_text(
        f'[heartbeat]\nurl = "http://127.0.0.1:8082{SECRET}"\nevery = {EVERY:g}\nmethod = "{method}"\n'
    )
    pingmon.start(f"--config={config}", "--log-level=debug")


def problem(pingmon: Pingmon) -> str:
    return str(pingmon.status()["heartbeat"]["problem"] or "")


def none_for(receiver: Receiver, seconds: float) -> bool:
    """Whether no heartbeat comes meanwhile."""
    before, deadline = len(receiver.asked()), time.monotonic() + seconds
    try:
        until(lambda: len(receiver.asked()) > before, deadline - time.monotonic(), "a heartbeat")
    except TimeoutError:
        return True
    return False


def test_it_comes_while_devices_answer_and_not_while_blind(
    lab: Lab, pingmon: Pingmon, receiver: Receiver
) -> None:
    start(pingmon)
    receiver.wait_for_one()  # nothing is watched
    for address in (A, B):
        pingmon.add(address, *SETTINGS)
    pingmon.wait_state("up", A, B)
    receiver.wait_for_one()
    receiver.wait_for_one()
    assert {(one["method"], one["path"]) for one in receiver.asked()} == {("GET", SECRET)}
    run("ip", "-n", lab.here, "route", "del", "10.0.0.0/16")
    until(lambda: problem(pingmon) == "no device can be seen", 40, "it to be withheld")
    assert none_for(receiver, 2.5 * EVERY)
    run("ip", "-n", lab.here, "route", "add", "10.0.0.0/16", "via", "10.99.0.2")
    receiver.wait_for_one(30)
    until(lambda: problem(pingmon) == "", 5, "it to be well")
    log = pingmon.log.read_text()
    assert log.count("no heartbeat is given") == log.count("the heartbeat is given again") == 1


def test_it_does_not_come_when_nothing_answers_and_nothing_proves_our_way_out(
    lab: Lab, pingmon: Pingmon, receiver: Receiver
) -> None:
    start(pingmon)
    pingmon.add(A, *SETTINGS)
    pingmon.wait_state("up", A)
    lab.unplug(A)
    receiver.wait_for_one(2 * EVERY)
    pingmon.wait_state("down", A)
    receiver.wait_for_one(2 * EVERY)  # the Bot API answers
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()
    until(lambda: problem(pingmon) == "nothing answers", 4 * EVERY, "it to be withheld")
    assert none_for(receiver, 2.5 * EVERY)
    lab.plug(A)
    receiver.wait_for_one(3 * EVERY)


def test_it_does_not_come_while_the_database_takes_no_writes(
    pingmon: Pingmon, receiver: Receiver
) -> None:
    start(pingmon, "POST")
    pingmon.add(A, *SETTINGS)
    pingmon.wait_state("up", A)
    receiver.wait_for_one()
    summary = json.loads(receiver.asked()[-1]["body"])
    assert summary["health"] == "ok" and summary["states"] == {"up": 1, "down": 0, "unknown": 0}
    other = sqlite3.connect(pingmon.directory / "state" / "pingmon.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    until(lambda: problem(pingmon) == "the database can't be written", 90, "it to be withheld")
    assert [one for one in receiver.asked() if one["at"] > time.time() - (time.monotonic() - began)] == []
    other.execute("ROLLBACK")
    other.close()
    receiver.wait_for_one(60)


def test_a_server_that_is_away_is_in_status_and_log_and_the_url_is_in_neither(
    pingmon: Pingmon, receiver: Receiver
) -> None:
    start(pingmon)
    pingmon.add(A, *SETTINGS)
    receiver.wait_for_one()
    receiver.stop()
    until(lambda: "can't reach 127.0.0.1:8082" in problem(pingmon), 2 * EVERY, "the reason")
    until(lambda: "heartbeat" in str(pingmon.status()["conditions"]), 60, "health")
    pingmon.wait_state("up", A)  # nothing waits for it
    shown = pingmon.ctl("status").stdout
    assert "heartbeat" in shown and "can't reach 127.0.0.1:8082" in shown
    receiver.start()
    receiver.wait_for_one(3 * EVERY)
    until(lambda: pingmon.status()["health"] == "ok", 10, "health")
    log = pingmon.log.read_text()
    assert "<url>" in log  # the library's own lines, at this level
    assert "canary" not in log + shown + json.dumps(pingmon.status())
    assert pingmon.stop() == 0
