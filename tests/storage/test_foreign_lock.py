"""Another program locks the database for more than a minute: nothing is lost, nothing counts as stuck."""

import socket
import sqlite3
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, until

A, B, C, D = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"
FAST = ("--interval", "1", "--timeout", "1", "--no_wait")
LOCKED = 80.0  # s; longer than what a write waits, and than WatchdogSec= of the unit
WATCHDOG = 60.0  # s


class Systemd:
    """What listens at NOTIFY_SOCKET: when WATCHDOG=1 came, monotonic seconds."""

    def __init__(self, path: Path) -> None:
        self.alive = [time.monotonic()]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while data := self._socket.recv(4096):
            if b"WATCHDOG=1" in data:
                self.alive.append(time.monotonic())

    def longest_gap(self) -> float:
        times = [*self.alive, time.monotonic()]
        return max(after - before for before, after in pairwise(times))


def add_again_and_again(pingmon: Pingmon, until: float) -> None:
    while time.monotonic() < until:
        pingmon.ctl("add-mon", "--chat_id", "1003", "--ip_address", C, *FAST, check=False)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_foreign_lock_of_more_than_a_minute_delays_and_loses_nothing(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    systemd = Systemd(tmp_path / "notify")
    pingmon.environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    (tmp_path / "token").write_text(TOKEN)
    config = tmp_path / "pingmon.toml"
    config.write_text(
        f'uplink = []\n[bots.home]\ntoken_file = "{tmp_path / "token"}"\n'
        '[operator]\nbot = "home"\nchat_id = "1002"\n'
    )
    pingmon.start(f"--config={config}")
    for address in (A, B, C):
        pingmon.add(address, *FAST)
    pingmon.ctl("add-mon", "--chat_id", "4242", "--no_verify", "--ip_address", D, *FAST)
    pingmon.wait_state("up", A, B, C, D)
    lab.unplug(D)
    # From now on the operator has to be told of the chat that nothing reaches, which is a write, too.
    until(lambda: pingmon.status()["outbox"]["suspended"] != [], what="the chat to be suspended")
    other = sqlite3.connect(pingmon.directory / "state" / "pingmon.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    for _ in range(3):  # others who want to write stand in line
        threading.Thread(target=add_again_and_again, args=(pingmon, began + LOCKED)).start()
    lab.unplug(A)
    pingmon.wait_state("down", A)  # as the daemon sees it
    until(lambda: "database is locked" in pingmon.status()["health"], LOCKED - 10, "health to say so")
    lab.unplug(B)
    pingmon.wait_state("down", B)
    while time.monotonic() - began < LOCKED:
        asked = time.monotonic()
        health = pingmon.status()["health"]
        assert time.monotonic() - asked < 5.0 and "has not moved" not in health, health
        time.sleep(2.0)
    assert [one for one in pingmon.messages() if "is down" in one["text"]] == []
    other.execute("ROLLBACK")
    other.close()
    until(lambda: all(one in str(pingmon.messages()) for one in (A, B)), 90, "both to be told")
    until(lambda: "takes writes again" in pingmon.log.read_text(), what="the log to say so")
    until(lambda: "4242" in str(pingmon.messages()), 60, "the operator to be told of the other chat")
    assert systemd.longest_gap() < WATCHDOG, systemd.longest_gap()
    assert "Traceback" not in pingmon.log.read_text()
    down = [one["text"] for one in pingmon.messages() if "down" in one["text"] and one["chat_id"] == 1001]
    assert sum(text.count(A) for text in down) == sum(text.count(B) for text in down) == 1
