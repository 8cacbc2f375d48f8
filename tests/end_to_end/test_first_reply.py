"""add-mon prints the ID at once, then says whether the device answers, and if not why."""

import json
import os
import select
import signal
import subprocess
import time

import pytest

from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, run, until
from tests.support.paths import ROOT

A, B = "10.0.0.1", "10.0.1.1"
SETTINGS = ("--interval", "1", "--timeout", "1")


class Adding:
    """pingmonctl add-mon while it runs. printed, ended: seconds until the ID came, and until the end."""

    def __init__(self, pingmon: Pingmon, address: str, *more: str) -> None:
        self._began = time.monotonic()
        command = [*pingmon.pingmonctl, "--server_address", f"unix:{pingmon.socket}", "add-mon"]
        self.process = subprocess.Popen(
            [*command, "--chat_id", "1001", "--ip_address", address, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PINGMON_TOKEN": TOKEN},
        )
        assert self.process.stdout is not None
        select.select([self.process.stdout], [], [], 20)
        self.id = self.process.stdout.readline().strip()
        self.printed = time.monotonic() - self._began

    def end(self) -> str:
        """What it said on standard error."""
        rest, said = self.process.communicate(timeout=30)
        assert rest == ""
        self.waited = time.monotonic() - self._began - self.printed
        return said.strip()


@pytest.mark.parametrize(
    ("address", "options", "words"),
    [
        (A, (), "it answers, in "),
        (B, (), "it has not answered within 2 s; it is watched on"),
        ("10.0.2.1", (), ": host unreachable (type 3, code 1) from 10.0.2.1; it is watched on"),
        ("2001:db8::1", (), ": could not send: Network is unreachable; it is watched on"),
        ("fe80::1%nosuch0", (), ": could not send: No such device (nosuch0); it is watched on"),
        (A, ("--mon_type", "tcp", "--port", "9"), "it does not answer as it should: connection refused"),
        (A, ("--source", "nosuch0"), ": could not send: No such device (nosuch0); it is watched on"),
    ],
)
def test_it_says_whether_a_device_answers_and_else_why_not(
    lab: Lab, pingmon: Pingmon, address: str, options: tuple[str, ...], words: str
) -> None:
    lab.unplug(B)
    lab.unplug("10.0.2.1", into="refused")
    pingmon.start()
    adding = Adding(pingmon, address, *SETTINGS, *options)
    assert len(adding.id) == 36 and adding.process.poll() is None  # the ID came before the end
    said = adding.end()
    assert words in said and len(said.splitlines()) == 1
    assert adding.process.returncode == 0 and adding.waited < 2 + 2


def test_an_answer_from_another_address_is_the_reason(lab: Lab, pingmon: Pingmon) -> None:
    run("ip", "-n", lab.peer, "addr", "add", "10.99.0.9/24", "dev", "v1")
    lab.nft(
        "add table ip n\nadd chain ip n out { type nat hook postrouting priority 100; }\n"
        "add chain ip n raw { type filter hook output priority -300; }\n"
        "add rule ip n raw ip saddr 10.0.0.1 ip protocol icmp notrack\n"
        "add rule ip n raw ip saddr 10.0.0.1 ip protocol icmp ip saddr set 10.99.0.9\n"
    )
    pingmon.start()
    said = Adding(pingmon, A, *SETTINGS).end()
    assert "answers come from 10.99.0.9" in said


def test_it_does_not_wait_when_told_so_or_when_nothing_was_added(lab: Lab, pingmon: Pingmon) -> None:
    lab.unplug(B)
    pingmon.start()
    adding = Adding(pingmon, B, "--timeout", "5", "--no_wait")
    assert adding.end() == "" and adding.waited < 2
    again = Adding(pingmon, B, "--timeout", "5")
    assert again.id == adding.id
    assert again.end() == "this was being watched already, nothing was added" and again.waited < 2


def test_it_waits_ten_seconds_at_most_and_ctrl_c_leaves_the_monitor(lab: Lab, pingmon: Pingmon) -> None:
    lab.unplug(B, A)
    pingmon.start()
    longest = Adding(pingmon, B, "--interval", "60", "--timeout", "30")
    stopped = Adding(pingmon, A, "--interval", "60", "--timeout", "30")
    stopped.process.send_signal(signal.SIGINT)
    assert stopped.end() == "interrupted before it answered; the monitor stays"
    assert stopped.process.returncode == 130
    assert "it has not answered within 10 s" in longest.end() and longest.waited < 12
    assert {one["id"] for one in pingmon.monitors().values()} == {longest.id, stopped.id}


def test_a_daemon_that_goes_away_meanwhile_is_no_failure(lab: Lab, pingmon: Pingmon) -> None:
    lab.unplug(B)
    pingmon.start()
    adding = Adding(pingmon, B, "--timeout", "5")
    pingmon.stop()
    said = adding.end()
    assert said.startswith("whether it answers could not be found out: ")
    assert adding.process.returncode == 0 and len(said.splitlines()) == 1


def test_a_device_that_never_answered_is_told_once_over_restarts_and_listed_with_its_age(
    lab: Lab, pingmon: Pingmon
) -> None:
    lab.unplug(A, B)
    pingmon.start()
    settings = (*SETTINGS, "--max_delay", "5", "--no_wait")
    Adding(pingmon, A, *settings, "--tell_unseen").end()
    Adding(pingmon, B, *settings, "--no_tell_unseen").end()
    pingmon.stop()  # before the bound
    pingmon.start()
    (message,) = pingmon.wait_messages(1, 25)
    assert "10.0.0.1" in message["text"] and "has not answered since it was added" in message["text"]
    pingmon.stop()
    pingmon.start()
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 12, 15, "more than the bound")
    table = pingmon.ctl("list-mon", "--columns", "address,why").stdout
    assert table.count("no reply since it was added, ") == 2 and " s ago" in table
    shown = json.loads(pingmon.ctl("show-mon", A, "-o", "json").stdout)
    assert shown["seen"] is None and shown["reason"] == "no reply since it was added"
    lab.plug(A, B)
    pingmon.wait_state("up", A, B)
    texts = [one["text"] for one in pingmon.wait_messages(2)]
    assert "answers, for the first time since it was added" in texts[1]
    lab.unplug(B)
    texts = [one["text"] for one in pingmon.wait_messages(3, 25)]
    assert len(texts) == 3 and "again" not in "".join(texts) and B in texts[2]
