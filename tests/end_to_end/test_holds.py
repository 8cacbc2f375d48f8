"""Mute, pause, acknowledge with the real daemon: the chat hears what it must, once, and nothing else."""

import json
import re
import signal

from tests.support.lab import Lab, Pingmon, until

A, B, C, D = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"
FAST = ("--interval", "1", "--timeout", "1")


def heard(pingmon: Pingmon, address: str) -> list[str]:
    """What the chats were told of a device, in order: the sign of each line that names it."""
    found, sign = [], ""
    for message in pingmon.messages():
        for line in message["text"].splitlines():
            if line and line[0] in "🔴🟢🔵⚪🔕🟡":
                sign = line[0]
            if re.search(rf"\b{re.escape(address)}\b", line):
                found.append(sign)
    return found


def held(pingmon: Pingmon) -> dict[str, str | None]:
    return {one: (row["held"] or {}).get("why") for one, row in pingmon.monitors().items()}


def test_a_muted_device_is_told_at_the_end_if_it_differs(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    for address in (A, B, C):
        pingmon.add(address, *FAST)
    pingmon.wait_state("up", A, B, C)
    pingmon.ctl("mute", A, B, "--for", "2h", "--comment", "new firmware")
    pingmon.ctl("mute", A, B, "--for", "1h")
    assert {row["held"]["comment"] for row in pingmon.monitors().values() if row["held"]} == {
        "new firmware"
    }
    assert held(pingmon) == {A: "muted", B: "muted", C: None}
    assert pingmon.status()["held"] == {"muted": 2}
    lab.unplug(A, B, C)
    pingmon.wait_state("down", A, B, C)
    until(lambda: heard(pingmon, C) == ["🔴"], what="the device that is not muted to be told")
    lab.plug(B)
    pingmon.wait_state("up", B)
    pingmon.stop(signal.SIGKILL)
    pingmon.start()
    pingmon.wait_state("down", A)
    pingmon.wait_state("up", B)
    assert heard(pingmon, A) == heard(pingmon, B) == []
    pingmon.ctl("unmute", "--ip_address", "10.0.0.0/30", "--yes")
    until(lambda: heard(pingmon, A) == ["🔴"], what="what was held to be told")
    assert "since" in pingmon.messages()[-1]["text"]
    lab.plug(A, C)
    until(lambda: (heard(pingmon, A), heard(pingmon, C)) == (["🔴", "🟢"],) * 2, what="up to be told")
    assert heard(pingmon, B) == []


def test_a_mute_ends_by_itself(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    pingmon.ctl("mute", A, "--for", "8s")
    lab.unplug(A)
    pingmon.wait_state("down", A)
    assert heard(pingmon, A) == []
    until(lambda: heard(pingmon, A) == ["🔴"], what="the end of the mute")
    assert held(pingmon) == {A: None}


def test_a_mute_until_up_ends_with_that(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    early = pingmon.ctl("mute", A, "--until_up", check=False)
    assert early.returncode == 1 and "is not down: say for how long" in early.stderr
    lab.unplug(A)
    until(lambda: heard(pingmon, A) == ["🔴"], what="down to be told")
    pingmon.ctl("mute", A, "--until_up")
    assert held(pingmon) == {A: "muted"}
    lab.plug(A)
    until(lambda: heard(pingmon, A) == ["🔴", "🟢"], what="up to be told")
    assert held(pingmon) == {A: None}


def test_a_mute_of_a_chat_holds_that_chat_only(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.ctl("add-mon", "--chat_id", "1002", "--ip_address", A, *FAST)
    pingmon.wait_state("up", A)
    pingmon.ctl("mute", "--chat_id", "1001", "--indefinitely", "--yes")
    lab.unplug(A)
    until(lambda: heard(pingmon, A) == ["🔴"], what="the other chat to be told")
    assert [message["chat_id"] for message in pingmon.messages()] == [1002]


def test_a_paused_device_is_not_probed_and_found_out_afresh(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.add(B, "--parent", A, *FAST)
    pingmon.wait_state("up", A, B)
    pingmon.ctl("pause-mon", A, "--comment", "is moved")
    row = pingmon.monitors()[A]
    assert row["state"] == "unknown" and "paused by root" in row["reason"]
    assert "is moved" in row["reason"] and held(pingmon) == {A: "paused", B: None}
    again = pingmon.ctl("pause-mon", A)
    assert "paused already" in again.stderr and pingmon.monitors()[A]["reason"] == row["reason"]
    seen = row["seen"]
    lab.unplug(A, B)
    # Its parent is paused, so it is judged alone.
    until(lambda: heard(pingmon, B) == ["🔴"], what="the child to be told")
    pingmon.stop()
    pingmon.start()
    row = pingmon.monitors()[A]
    assert row["state"] == "unknown" and "paused by root" in row["reason"] and row["seen"] <= seen
    assert pingmon.status()["health"] == "ok"
    assert heard(pingmon, A) == []
    pingmon.ctl("resume-mon", A)
    until(lambda: heard(pingmon, A) == ["🔴"], what="what differs from what was told")
    lab.plug(A, B)
    until(lambda: (heard(pingmon, A), heard(pingmon, B)) == (["🔴", "🟢"],) * 2, what="up")


def test_an_acknowledgement_answers_the_alarm_and_ends_with_it(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, "--name", "printer", *FAST)
    pingmon.wait_state("up", A)
    early = pingmon.ctl("ack", "printer", check=False)
    assert early.returncode == 1 and "is not down" in early.stderr
    lab.unplug(A)
    pingmon.wait_messages(1)
    pingmon.ctl("ack", "printer", "--comment", "on <it>")
    said = pingmon.wait_messages(2)[1]
    assert said["text"] == "🔵 <b>printer</b> (10.0.0.1): acknowledged by root: on &lt;it&gt;"
    assert said["reply_parameters"]["message_id"] == 1
    assert held(pingmon) == {A: "acknowledged"}
    again = pingmon.ctl("ack", "printer", "--comment", "on <it>")
    assert "acknowledged so already" in again.stderr
    lab.plug(A)
    pingmon.wait_messages(3)
    assert held(pingmon) == {A: None} and heard(pingmon, A) == ["🔴", "🔵", "🟢"]


def test_who_was_told_down_hears_that_no_more_comes(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.add(B, *FAST)
    pingmon.wait_state("up", A, B)
    lab.unplug(A)
    pingmon.wait_messages(1)
    pingmon.ctl("del-mon", "--all", "--yes")
    pingmon.wait_messages(2)
    until(lambda: pingmon.status()["outbox"]["waiting"] == 0, what="all to be sent")
    assert (heard(pingmon, A), heard(pingmon, B)) == (["🔴", "⚪"], [])


def test_the_journal_says_who_did_what(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    first = pingmon.add(A, "--name", "printer", *FAST)
    pingmon.ctl("edit-mon", "printer", "--interval", "2")
    pingmon.ctl("mute", "printer", "--for", "2h", "--comment", "toner")
    pingmon.ctl("del-mon", "printer")
    found = json.loads(pingmon.ctl("log", "--id", first, "-o", "json").stdout)["entries"]
    assert [one["action"] for one in found] == ["del_mon", "mute", "edit_mon", "add_mon"]
    assert {one["actor"] for one in found} == {"root (uid 0)"}
    assert found[2]["details"] == {"interval": [1, 2]}
    assert found[1]["details"]["holds"][0] == [] and "toner" in str(found[1]["details"]["holds"][1])
    assert "Canary" not in json.dumps(found)
    only = json.loads(pingmon.ctl("log", "--action", "edit-mon", "-o", "json").stdout)["entries"]
    assert [one["action"] for one in only] == ["edit_mon"]
    pingmon.add(B, "--name", "router", *FAST)
    pingmon.add(A, "--name", "printer", "--parent", "router", *FAST)
    pingmon.ctl("edit-mon", "printer", "--false_alarms", "2/week", "--quiet", "--parent", "")
    shown = pingmon.ctl("log", "--limit", "1", COLUMNS="400").stdout
    assert "false_alarms 1/year → 2/week" in shown and "quiet no → yes" in shown
    assert f"parent router ({B}) → none" in shown
    nothing = pingmon.ctl("log", "--since", "2030-01-01")
    assert nothing.stdout == "" and "nothing was changed" in nothing.stderr


def test_bad_input_is_one_clear_line(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, "--name", "printer", *FAST)
    for words, said in {
        ("mute", "printer", "--for", "31"): "is not a duration",
        ("mute", "printer", "--until", "2020-01-01"): "is past",
        ("mute", "printer", "--until", "2026-02-30"): "there is no such day",
        ("mute", "printer", "--for", "2h", "--comment", "a\nb"): "one line",
        ("mute", "nobody", "--for", "2h"): "there is no monitor 'nobody'",
        ("mute", "--name", "z*", "--for", "2h"): "no monitor is so",
        ("mute", "--where", "colour=red", "--for", "2h"): "selects nothing",
        ("mute", "--ip_address", "10.0.0.0/99", "--for", "2h"): "no address or prefix",
        ("pause-mon", "--all"): "--yes",
        ("log", "--since", "yesterday"): "is not a time",
        ("log", "--id", "nobody"): "there is no monitor",
        ("log", "--action", "edit"): "is no command that the journal has: ack, add-mon, del-mon, ",
    }.items():
        done = pingmon.ctl(*words, check=False)
        assert (done.returncode, done.stdout) == (1, ""), words
        assert said in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert held(pingmon) == {A: None}
