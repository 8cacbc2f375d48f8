"""Watched by name: the monitor follows its address, and no resolver holds anything else up."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pingmon.engine.name_resolution import RATE
from tests.support.lab import Lab, Pingmon, during, run, until
from tests.support.name_server import NameServer

HOST = "nas.example.net"
A, B, C, OTHER = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9"
FAST = ("--interval", "0.5", "--timeout", "0.5", "--down_after", "4")
MOVED = "changed from"


@pytest.fixture
def names(lab: Lab, tmp_path: Path) -> Iterator[NameServer]:
    server = NameServer(lab, tmp_path)
    yield server
    server.close()


def add(pingmon: Pingmon, host: str = HOST, *more: str) -> str:
    return pingmon.ctl("add-mon", "--chat_id", "1001", "--host", host, *more).stdout.strip()


def row(pingmon: Pingmon, monitor: str) -> dict[str, Any]:
    listed = pingmon.listed()
    return next(one for one in listed if one["id"] == monitor)


def explained(pingmon: Pingmon, monitor: str) -> str:
    return pingmon.ctl("explain", monitor).stdout


def texts(pingmon: Pingmon) -> list[str]:
    return [str(one.get("text")) for one in pingmon.messages()]


def test_a_name_whose_address_moves_is_followed_without_an_alarm_and_told_once(
    lab: Lab, pingmon: Pingmon, names: NameServer
) -> None:
    names.serve({HOST: [A]})
    pingmon.start()
    asked = pingmon.ctl(
        "add-mon", "--chat_id", "1001", "--host", "NAS.Example.net.", "--tell_address_change",
        "--interval", "1", "--timeout", "1",
    )  # fmt: skip
    monitor = asked.stdout.strip()
    assert "it answers" in asked.stderr
    found = row(pingmon, monitor)
    assert (found["host"], found["ip_address"], found["state"]) == (HOST, A, "up")
    assert found["target"] == f"{HOST} ({A})"
    names.serve({HOST: [B]})
    lab.unplug(A)
    until(lambda: row(pingmon, monitor)["ip_address"] == B, 15, "the monitor to follow")
    names.serve({HOST: [C, B]})
    during(7, lambda: row(pingmon, monitor)["ip_address"] == B, "one of several is kept")
    found = row(pingmon, monitor)
    assert found["state"] == "up" and found["id"] == monitor
    assert len(texts(pingmon)) == 1 and f"{MOVED} {A} to {B}" in texts(pingmon)[0]
    for one in (HOST, B, HOST.upper()):
        assert pingmon.ctl("show-mon", one).stdout.startswith(f"{HOST} ({B}) is up")
    again = pingmon.ctl("add-mon", "--chat_id", "1001", "--host", HOST, "--tell_address_change",
                        "--interval", "1", "--timeout", "1")  # fmt: skip
    assert again.stdout.strip() == monitor and "already" in again.stderr


@pytest.mark.long
def test_when_the_resolver_dies_the_last_address_goes_on_being_probed_also_after_a_restart(
    lab: Lab, pingmon: Pingmon, names: NameServer
) -> None:
    names.serve({HOST: [A]})
    pingmon.start()
    monitor = add(pingmon, HOST, *FAST)
    names.stop()
    until(lambda: "the resolver failed" in explained(pingmon, monitor), 20, "explain to say so")
    assert f"{A} goes on being probed" in explained(pingmon, monitor)
    assert row(pingmon, monitor)["state"] == "up" and row(pingmon, monitor)["reason"] == ""
    pingmon.stop()
    pingmon.start()
    until(lambda: row(pingmon, monitor)["state"] == "up", 15)
    assert (row(pingmon, monitor)["ip_address"], texts(pingmon)) == (A, [])
    lab.unplug(A)
    until(lambda: row(pingmon, monitor)["state"] == "down", 20)
    found = row(pingmon, monitor)
    assert found["reason"].startswith("no reply; the resolver failed")
    names.start()
    names.serve({HOST: [B]})
    until(lambda: row(pingmon, monitor)["ip_address"] == B, 70, "the name to resolve again")
    until(lambda: any("is up again" in one for one in texts(pingmon)), 15)


def test_a_name_that_does_not_resolve_at_first_is_unseen_with_the_reason_and_answers_later(
    pingmon: Pingmon, names: NameServer
) -> None:
    pingmon.start()
    monitor = add(pingmon, HOST, "--interval", "1", "--timeout", "1", "--down_after_seconds", "4")
    found = row(pingmon, monitor)
    assert (found["ip_address"], found["host"]) == (None, HOST)
    words = "name does not resolve: NXDOMAIN"
    until(lambda: row(pingmon, monitor)["reason"].startswith(words), 10)
    (told,) = pingmon.wait_messages(1, 20)
    assert "has not answered since it was added" in told["text"] and words in told["text"]
    names.serve({HOST: [A]})
    until(lambda: row(pingmon, monitor)["state"] == "up", 70)
    found = row(pingmon, monitor)
    assert (found["ip_address"], found["resolver"], found["reason"]) == (A, "", "")
    assert "answers, for the first time" in pingmon.wait_messages(2, 10)[1]["text"]


def test_a_failing_resolver_says_nothing_of_the_device(pingmon: Pingmon, names: NameServer) -> None:
    names.stop()
    pingmon.start()
    monitor = add(pingmon, HOST, *FAST, "--no_tell_unseen")
    until(lambda: row(pingmon, monitor)["reason"].startswith("the resolver failed"), 10)
    during(5, lambda: row(pingmon, monitor)["state"] == "unknown", "it to be unknown")


def test_a_resolver_that_blocks_delays_neither_alarms_of_others_nor_requests(
    lab: Lab, pingmon: Pingmon, names: NameServer
) -> None:
    names.set_options("timeout:10 attempts:3")
    names.start_silent()
    pingmon.start()
    pingmon.add(OTHER, *FAST)
    pingmon.wait_state("up", OTHER)
    for number in range(12):
        began = time.monotonic()
        add(pingmon, f"host{number}.example.net", "--no_wait")
        assert time.monotonic() - began < 5, "nobody waits for the resolver"
    lab.unplug(OTHER)
    began = time.monotonic()
    until(lambda: any("is down" in one for one in texts(pingmon)), 15, "the alarm")
    assert time.monotonic() - began < 10
    began = time.monotonic()
    pingmon.status()
    assert time.monotonic() - began < 5
    assert pingmon.stop() == 0


def wait_for_move(pingmon: Pingmon, monitor: str, before: str, after: str) -> None:
    until(lambda: row(pingmon, monitor)["ip_address"] == after, 20, f"the move to {after}")
    until(lambda: f"{MOVED} {before} to {after}" in str(texts(pingmon)), 10, "the message")
    until(lambda: row(pingmon, monitor)["state"] == "up", 10)


@pytest.mark.long
def test_a_crash_around_the_move_leaves_one_address_and_one_message(
    pingmon: Pingmon, names: NameServer
) -> None:
    names.serve({HOST: [A]})
    pingmon.start()
    monitor = add(pingmon, HOST, *FAST, "--tell_address_change")
    chance = random.Random(7)
    for before, after in ((A, B), (B, C), (C, A)):
        names.serve({HOST: [after]})
        time.sleep(chance.uniform(3.5, 6.0))  # its time to live ends after 5 s
        pingmon.stop(signal.SIGKILL)
        pingmon.start()
        wait_for_move(pingmon, monitor, before, after)
    assert all(MOVED in one for one in texts(pingmon))
    assert len(set(texts(pingmon))) == 3


def test_a_thousand_names_are_asked_for_at_a_bounded_rate(
    pingmon: Pingmon, names: NameServer, tmp_path: Path
) -> None:
    hosts = [f"h{number}.example.net" for number in range(1000)]
    names.serve({one: [f"10.0.{number // 250}.{number % 250 + 1}"] for number, one in enumerate(hosts)})
    pingmon.start()
    table = tmp_path / "hosts.csv"
    table.write_text("host,chat_id,interval\n" + "".join(f"{one},1001,60\n" for one in hosts))
    pingmon.ctl("import", str(table), "--no_verify")
    began, before = time.monotonic(), len(names.questions())
    until(lambda: len(names.questions()) >= before + 60, 20, "questions")
    took = time.monotonic() - began
    assert len(names.questions()) - before <= RATE * (took + 1) * 1.5
    assert names.questions().total() <= 3 * len(names.questions()) + 3, "A, AAAA, and the time to live"


def test_families_and_names_of_etc_hosts(lab: Lab, pingmon: Pingmon, names: NameServer) -> None:
    names.serve({HOST: [A, "fd00:1::4"]})
    pingmon.start()
    four, six = add(pingmon, HOST, "--family", "4"), add(pingmon, HOST, "--family", "6")
    assert four != six
    assert row(pingmon, four)["ip_address"] == A
    assert row(pingmon, six)["ip_address"] == "fd00:1::4"
    Path("/etc/netns", lab.here, "hosts").write_text(f"{B} gate\n")
    gate = add(pingmon, "gate")
    until(lambda: row(pingmon, gate)["ip_address"] == B, 10)
    pingmon.ctl("edit-mon", "gate", "--host", HOST, "--family", "6", "--name", "six too", check=False)
    edited = pingmon.ctl("edit-mon", "gate", "--ip_address", OTHER)
    assert "host gate → none" in edited.stderr
    found = row(pingmon, gate)
    assert (found["host"], found["ip_address"], found["family"]) == (None, OTHER, "any")
    pingmon.ctl("edit-mon", OTHER, "--host", "later.example.net")
    assert row(pingmon, gate)["ip_address"] is None
    names.serve({"later.example.net": [C]})
    until(lambda: row(pingmon, gate)["ip_address"] == C, 20)
    exported = pingmon.ctl("export").stdout
    assert f",{HOST},6," in exported and C not in exported


def test_names_without_an_address_are_parents_and_are_there_when_nothing_can_be_seen(
    lab: Lab, pingmon: Pingmon, names: NameServer
) -> None:
    names.serve({HOST: [A]})
    pingmon.start()
    nowhere = add(pingmon, "nowhere.example.net", "--no_tell_unseen", "--name", "nowhere", *FAST)
    child = pingmon.add(OTHER, *FAST, "--parent", "nowhere")
    monitor = add(pingmon, HOST, *FAST, "--parent", "nowhere")
    until(lambda: row(pingmon, child)["state"] == row(pingmon, monitor)["state"] == "up", 10)
    assert "nowhere" in explained(pingmon, nowhere)
    run("ip", "-n", lab.here, "link", "set", "v0", "down")
    until(lambda: row(pingmon, child)["state"] == row(pingmon, monitor)["state"] == "unknown", 30)
    run("ip", "-n", lab.here, "link", "set", "v0", "up")
    run("ip", "-n", lab.here, "route", "replace", "10.0.0.0/16", "via", "10.99.0.2")
    until(lambda: row(pingmon, child)["state"] == row(pingmon, monitor)["state"] == "up", 40)
    assert row(pingmon, monitor)["ip_address"] == A
    for command in (("pause-mon", "nowhere"), ("resume-mon", "nowhere"), ("mute", HOST, "--for", "1h")):
        pingmon.ctl(*command)
    names.serve({"nowhere.example.net": [B]})
    until(lambda: row(pingmon, nowhere)["state"] == "up", 70)
    pingmon.ctl("del-mon", "--where", "host=*.example.net", "--yes")
    assert set(pingmon.monitors()) == {OTHER}
    assert pingmon.stop() == 0 and "Traceback" not in pingmon.log.read_text()
