"""Detection on real packets: budgets, parents, our own uplink, slow devices."""

import re
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema

from pingmon.handlers import METHODS
from tests.support.lab import Lab, Pingmon, until
from tests.support.paths import ROOT

A, B, C = "10.0.0.1", "10.0.1.1", "10.0.2.1"
FAST = ("--interval", "1", "--timeout", "1")


def text_of(pingmon: Pingmon) -> str:
    return "\n".join(message["text"] for message in pingmon.messages())


def test_loss_calls_nobody_an_outage_does_and_explain_tells_why(lab: Lab, pingmon: Pingmon) -> None:
    lab.nft("add rule inet lab input ip daddr 10.0.0.0/24 numgen random mod 100 < 5 drop\n")
    pingmon.start()
    ids = {f"10.0.0.{n}": pingmon.add(f"10.0.0.{n}", *FAST) for n in range(1, 6)}
    pingmon.wait_state("up", *ids)

    schema = next(one.result for one in METHODS if one.name == "explain") | {
        "additionalProperties": False
    }

    def explained(**more: Any) -> dict[str, Any]:
        found: dict[str, Any] = pingmon.call("explain", id=ids[A], **more)
        jsonschema.validate(found, schema)
        return found

    new = explained()
    assert "--down_after" in new["hint"] and new["runs_of_losses"] < 3 and new["bound"] > 7
    assert "little is known" in pingmon.ctl("explain", "--id", ids[A]).stdout

    def is_learned() -> bool:
        """By its own losses: those of its neighbours raise what is waited for before that."""
        found = explained()
        is_own = found["probes"] > 2 and found["runs_of_losses"] > 0.9
        return bool(found["now"]["waits_for"] > 3 and is_own)

    until(is_learned, 90, "loss to be learned")
    assert pingmon.messages() == []
    assert explained()["runs_of_losses"] > 0.9 and explained()["probes"] > 2
    other = explained(down_after=3)
    assert other["with"]["waits_for"] == 3
    assert other["with"]["false_alarms_per_year"] > other["now"]["false_alarms_per_year"]
    words = pingmon.ctl("explain", "--id", ids[A], "--false_alarms", "1/day").stdout
    assert "with these" in words and "1/day" in words
    lab.unplug(A)
    until(lambda: explained()["phi"] > 3, 30, "suspicion")
    pingmon.wait_messages(1, 130)
    assert A in text_of(pingmon)


def test_edit_keeps_the_state_and_bad_settings_change_nothing(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    number = pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    before = pingmon.monitors()[A]
    for wrong in (("--max_delay", "1"), ("--down_after", "1"), ("--false_alarms", "often")):
        said = pingmon.ctl("edit-mon", "--id", number, *wrong, check=False)
        assert said.returncode == 1 and len(said.stderr.splitlines()) == 1
    assert pingmon.monitors()[A]["max_delay"] == before["max_delay"]
    pingmon.ctl("edit-mon", "--id", number, "--name", "door", "--interval", "2", "--down_after", "4")
    after = pingmon.monitors()[A]
    assert (after["name"], after["interval"], after["down_after"]) == ("door", 2, 4)
    assert (after["state"], after["since"]) == ("up", before["since"]) and after["false_alarms"] is None
    pingmon.ctl("edit-mon", "--id", number, "--false_alarms", "2/month")
    assert (pingmon.monitors()[A]["false_alarms"], pingmon.monitors()[A]["down_after"]) == (
        "2/month",
        None,
    )
    pingmon.stop()
    pingmon.start()
    assert pingmon.monitors()[A]["false_alarms"] == "2/month"


def test_what_is_behind_a_dead_parent_is_not_told_until_the_parent_is_back(
    lab: Lab, pingmon: Pingmon
) -> None:
    pingmon.start()
    parent = pingmon.add(A, "--interval", "5", "--timeout", "1")
    children = [pingmon.add(one, *FAST, "--parent", parent) for one in (B, C)]
    cycle = pingmon.ctl("edit-mon", "--id", parent, "--parent", children[0], check=False)
    assert cycle.returncode == 1 and "parent" in cycle.stderr
    pingmon.wait_state("up", A, B, C)
    lab.unplug(A, B, C)
    pingmon.wait_state("down", A)
    pingmon.wait_state("unknown", B, C)
    assert {pingmon.monitors()[one]["reason"] for one in (B, C)} == {"unreachable"}
    lab.plug(A, B)
    pingmon.wait_state("up", A, B)
    pingmon.wait_state("down", C)
    until(lambda: C in text_of(pingmon), what="the child that is still down to be told")
    assert B not in text_of(pingmon)
    lab.plug(C)
    pingmon.wait_state("up", C)
    until(lambda: text_of(pingmon).count(C) == 2, what="its recovery to be told")


def test_children_of_a_deleted_parent_are_judged_for_themselves(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    parent, other = pingmon.add(A, *FAST), pingmon.add("10.0.3.1", *FAST)
    for one in (B, C):
        pingmon.add(one, *FAST, "--parent", parent)
    pingmon.wait_state("up", A, B, C, "10.0.3.1")
    lab.unplug(A, B, C)
    pingmon.wait_state("unknown", B, C)
    moved = pingmon.monitors()[C]["id"]
    pingmon.ctl("edit-mon", "--id", moved, "--parent", other)
    pingmon.wait_state("down", A, C)
    assert pingmon.monitors()[B]["reason"] == "unreachable" and B not in text_of(pingmon)
    pingmon.ctl("del-mon", "--id", parent)
    pingmon.wait_state("down", B)
    until(lambda: {one for one in (A, B, C) if one in text_of(pingmon)} == {A, B, C}, what="all told")
    for _ in range(2):
        seen = pingmon.monitors()
        assert (seen[B]["parent"], seen[C]["parent"]) == (None, other)
        pingmon.stop()
        pingmon.start()


def test_a_parent_that_goes_while_telegram_is_asked_is_missed(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    parent = pingmon.add(A, *FAST)
    assert pingmon.api is not None
    pingmon.api.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        arguments = ("add-mon", "--chat_id", "1002", "--ip_address", B, "--parent", parent)
        adding = pool.submit(pingmon.ctl, *arguments, check=False)
        asked = ("ss", "-Htn", "state", "established", "sport", "=", ":8081")
        until(
            lambda: re.search(r"^[1-9]", lab.in_here(*asked), re.MULTILINE) is not None, what="a request"
        )
        pingmon.ctl("del-mon", "--id", parent)
        pingmon.api.send_signal(signal.SIGCONT)
        refused = adding.result(30)
    assert refused.returncode == 1 and "no monitor" in refused.stderr and parent in refused.stderr
    assert pingmon.monitors() == {}


def test_when_the_uplink_is_silent_nothing_is_told_and_afterwards_one_message(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    config = tmp_path / "pingmon.toml"
    config.write_text('uplink = ["10.99.0.2"]\n')
    pingmon.start(f"--config={config}")
    devices = [f"10.0.{n}.1" for n in range(10)]
    for address in devices:
        pingmon.add(address, *FAST)
    pingmon.wait_state("up", *devices)

    def uplink() -> bool:
        found = pingmon.status()["uplink"]
        return bool(found[0]["answers"])

    until(uplink, what="the uplink to answer")
    lab.unplug(*devices, "10.99.0.2")
    pingmon.wait_state("unknown", *devices)
    assert pingmon.status()["health"] == "blind"
    lab.plug(*devices[1:], "10.99.0.2")
    pingmon.wait_state("up", *devices[1:], timeout=60)
    (message,) = pingmon.wait_messages(1, 60)
    assert "could not see from" in message["text"] and devices[0] in message["text"]
    assert devices[1] not in message["text"]


def test_a_moment_of_blindness_that_brought_nothing_is_not_told(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    config = tmp_path / "pingmon.toml"
    config.write_text('uplink = ["10.99.0.2"]\n')
    pingmon.start(f"--config={config}")
    pingmon.add(A, *FAST)
    pingmon.add(B, *FAST)
    pingmon.wait_state("up", A, B)
    lab.unplug(A, B, "10.99.0.2")
    pingmon.wait_state("unknown", A, B)
    lab.plug(A, B, "10.99.0.2")
    pingmon.wait_state("up", A, B)
    until(lambda: "works again" in pingmon.log.read_text(), what="sight to be back")
    lab.unplug(B)
    pingmon.wait_state("down", B)
    (message,) = pingmon.wait_messages(1)
    assert B in message["text"] and "is down" in message["text"]


def test_a_slow_device_is_slow_and_not_down(lab: Lab, pingmon: Pingmon) -> None:
    import subprocess

    pingmon.start()
    pingmon.add(A, *FAST, "--down_after_seconds", "6", "--tell_slow")
    pingmon.wait_state("up", A)
    inside = [
        "ip",
        "netns",
        "exec",
        lab.peer,
        sys.executable,
        "-m",
        "tests.support.spoofed_replies",
        "slow",
        A,
    ]
    forger = subprocess.Popen(inside, stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert forger.stdout is not None and forger.stdout.readline() == b"ready\n"
        lab.unplug(A)
        (message,) = pingmon.wait_messages(1)
        assert "is slow" in message["text"] and "later than the timeout" in message["text"]
        until(lambda: pingmon.monitors()[A]["loss"] > 0.4, what="more late replies")
        assert pingmon.monitors()[A]["state"] == "up"
        assert len(pingmon.messages()) == 1
    finally:
        forger.kill()
        forger.wait()
    pingmon.wait_state("down", A)
