"""ok means ok: status names what is in the way, and the outbox can be looked after."""

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, until

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
FAST = ("--interval", "1", "--timeout", "1")


def kill_api(pingmon: Pingmon) -> None:
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()


def ill(pingmon: Pingmon, kind: str) -> dict[str, Any]:
    """The condition of that kind, once there is one."""

    def found() -> list[dict[str, Any]]:
        return [one for one in pingmon.status()["conditions"] if one["kind"] == kind]

    until(lambda: bool(found()), 30, f"{kind} to be said")
    return found()[0]


def test_telegram_that_can_not_be_reached_is_said_with_its_time_and_what_waits(
    lab: Lab, pingmon: Pingmon
) -> None:
    pingmon.start()
    assert pingmon.ctl("status", "--check").returncode == 0
    pingmon.add(A, "--name", "printer", *FAST)
    pingmon.wait_state("up", A)
    kill_api(pingmon)
    lab.unplug(A)
    said = ill(pingmon, "unreachable")
    words = r"Telegram can't be reached since \d\d:\d\d \(1 waits\): 127.0.0.1:8081: connection refused"
    assert re.fullmatch(words, said["words"])
    assert pingmon.status()["health"] == f"degraded: {said['words']}"
    checked = pingmon.ctl("status", "--check", check=False)
    assert checked.returncode == 1 and said["words"] in checked.stdout
    assert "Error" not in pingmon.log.read_text() and "urllib3" not in pingmon.log.read_text()
    assert pingmon.monitors()[A]["delivery"] == "can't reach 127.0.0.1:8081: connection refused"
    listed = json.loads(pingmon.ctl("outbox", "list", "-o", "json").stdout)["channels"]
    assert [(one["chat_id"], one["bot"], one["waiting"]) for one in listed] == [("1001", "ping_bot", 1)]
    assert listed[0]["monitors"][0]["name"] == "printer"
    pingmon.start_api()
    assert pingmon.ctl("outbox", "retry", "--chat_id", "1001").returncode == 0
    pingmon.wait_messages(1)
    until(lambda: pingmon.status()["health"] == "ok", what="health to be ok again")
    assert pingmon.ctl("outbox", "retry", check=False).returncode == 1
    missing = pingmon.ctl("status", "--check", "--server_address", "/none", check=False)
    assert missing.returncode == 2  # given twice, by the lab and here


def test_what_was_ill_of_deleted_monitors_is_well_at_once(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    for address in ("192.0.2.1", "192.0.2.2"):  # no route leads there
        pingmon.add(address, "--no_wait", "--max_delay", "10", *FAST)
    pingmon.add(A, *FAST)
    until(lambda: pingmon.status()["local_errors"] != [], 30, "the kernel's refusal to be counted")
    until(lambda: "2 monitors can't be seen" in pingmon.status()["health"], 40, "them to be unseen")
    assert "2 targets: " in pingmon.status()["health"]
    pingmon.ctl("del-mon", "192.0.2.1")
    status = pingmon.status()
    assert [one["targets"] for one in status["local_errors"]] == [1]
    assert [one["monitors"] for one in status["unseen"]] == [1]
    pingmon.ctl("del-mon", "--all", "--yes")
    status = pingmon.status()
    assert (status["local_errors"], status["unseen"], status["ways_out"]) == ([], [], [])
    watching = [one for one in status["conditions"] if one["kind"] == "watching"]
    assert watching == [] and status["monitors"] == 0


def test_a_device_whose_message_was_dropped_is_listed_as_untold_also_after_a_restart(
    lab: Lab, pingmon: Pingmon
) -> None:
    pingmon.start()
    pingmon.add(A, "--name", "printer", *FAST)
    for address in (B, C):  # C goes on answering, or without Telegram it would be us who can't see
        pingmon.add(address, *FAST)
    pingmon.wait_state("up", A, B, C)
    kill_api(pingmon)
    for one in (A, B):  # all at once would be doubted
        lab.unplug(one)
        pingmon.wait_state("down", one)
    until(lambda: pingmon.status()["outbox"]["waiting"] == 2, what="both to be queued")
    refused = pingmon.ctl("outbox", "drop", "--bot", "ping_bot", check=False)
    assert refused.returncode == 1 and "--yes" in refused.stderr
    dropped = pingmon.ctl("outbox", "drop", "--id", "printer")
    assert dropped.stdout == "dropped 1 message\n"
    assert dropped.stderr == "nobody was told the state of printer (10.0.0.1)\n"
    assert pingmon.ctl("outbox", "drop", "--id", "printer", check=False).returncode == 1
    assert pingmon.monitors()[A]["told"] == "up" and pingmon.monitors()[B]["told"] == "down"
    assert "not told" in pingmon.ctl("list-mon").stdout
    pingmon.stop(signal.SIGKILL)
    pingmon.start_api()
    pingmon.start()
    pingmon.wait_state("down", A)
    assert pingmon.monitors()[A]["told"] == "up"
    assert A not in "".join(message["text"] for message in pingmon.wait_messages(1))
    lab.plug(A, B)
    pingmon.wait_state("up", A, B)
    until(lambda: f"{B}</b> is up again" in str(pingmon.messages()), what="the other to be told")
    assert "printer" not in str(pingmon.messages())


def test_deleting_drops_only_what_nothing_can_deliver_and_says_so(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    config = tmp_path / "pingmon.toml"
    config.write_text(
        f'uplink = []\n[bots.home]\ntoken_file = "{tmp_path / "token"}"\n'
        '[operator]\nbot = "home"\nchat_id = "1002"\n'
    )
    pingmon.start(f"--config={config}")
    bad = ("--chat_id", "4242", "--no_verify", "--ip_address")
    pingmon.ctl("add-mon", *bad, A, "--name", "router", *FAST)
    pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", B, "--parent", "router", *FAST)
    pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", C, *FAST)
    pingmon.wait_state("up", A, B, C)
    lab.unplug(A)
    said = ill(pingmon, "suspended")
    assert said["words"].startswith("nothing reaches chat 4242 by ")
    assert "400 Bad Request: chat not found" in said["words"]
    until(lambda: "4242" in str(pingmon.messages()), 40, "the operator to be told")
    told = len(pingmon.messages())
    pingmon.stop()
    pingmon.start(f"--config={config}")
    ill(pingmon, "suspended")
    time.sleep(11)  # the operator would be told within 10 s; what must not happen has no event
    assert len(pingmon.messages()) == told
    deleted = pingmon.ctl("del-mon", "router")
    words = "deleted router (10.0.0.1); 1 monitor was behind it; "
    assert deleted.stderr == f"{words}dropped 1 message that nothing could deliver\n"
    status = pingmon.status()
    assert status["outbox"]["suspended"] == [] and status["outbox"]["waiting"] == 0
    assert status["health"] == "ok"
    kill_api(pingmon)
    lab.unplug(C)
    pingmon.wait_state("down", C)
    until(lambda: pingmon.status()["outbox"]["waiting"] == 1, what="it to be queued")
    assert pingmon.ctl("del-mon", C).stderr == f"deleted {C}\n"
    pingmon.start_api()
    until(lambda: f"{C}</b> is down" in str(pingmon.messages()), 90, "what was queued to be told")


def test_a_refused_reload_and_settings_that_need_a_restart_are_said(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    config = tmp_path / "pingmon.toml"
    config.write_text("uplink = []\n")
    pingmon.start(f"--config={config}")
    assert pingmon.daemon is not None
    config.write_text('uplink = []\nlog_leval = "x"\n')
    pingmon.daemon.send_signal(signal.SIGHUP)
    said = ill(pingmon, "configuration")
    assert said["words"].startswith("the configuration is refused, the one before is in force: ")
    assert f"{config}: log_leval: no such setting; did you mean log_level?" in said["words"]
    config.write_text('uplink = []\nlanguage = "ru"\n')
    pingmon.daemon.send_signal(signal.SIGHUP)
    assert ill(pingmon, "restart")["words"] == "changed settings need a restart: language"
    status = pingmon.status()
    assert status["configuration"]["refused"] is None
    assert status["configuration"]["needs_restart"] == ["language"]


def test_monitors_are_named_by_name_or_address_and_the_log_names_them_too(
    lab: Lab, pingmon: Pingmon
) -> None:
    pingmon.start()
    router = pingmon.add(A, "--name", "router", *FAST)
    pingmon.add(B, "--name", "printer", "--parent", "router", *FAST)
    pingmon.add(C, "--name", "printer", *FAST)
    assert pingmon.monitors()[B]["parent"] == router
    twice = pingmon.ctl("edit-mon", "printer", "--interval", "5", check=False)
    assert twice.returncode == 1 and "'printer' names 2 monitors" in twice.stderr
    assert B in twice.stderr and C in twice.stderr
    changed = pingmon.ctl("edit-mon", B, "--interval", "5", "--unset", "parent", "--language", "")
    assert changed.stderr == "changed: interval 1 s → 5 s, parent router (10.0.0.1) → none\n"
    assert "root (uid 0) changed printer (10.0.0.2): interval 1 s → 5 s" in pingmon.log.read_text()
    pingmon.ctl("edit-mon", "--id", B, "--down_after", "4")
    back = pingmon.ctl("edit-mon", B, "--unset", "down_after", "--unset", "interval", "--unset", "name")
    assert "interval 5 s → 10 s" in back.stderr
    one = pingmon.monitors()[B]
    assert (one["interval"], one["down_after"], one["false_alarms"]) == (10, None, "1/year")
    assert one["name"] == ""
    both = pingmon.ctl("del-mon", "router", "--id", C)
    assert len(both.stdout.splitlines()) == 2
    assert both.stderr == f"deleted router ({A})\ndeleted printer ({C})\n"
    again = pingmon.ctl("del-mon", router[:8])
    assert (again.stdout, again.stderr) == (f"{router}\n", "this was deleted before\n")
    gone = pingmon.ctl("explain", "router", check=False)
    assert gone.returncode == 1 and "there is no monitor 'router'" in gone.stderr
    nothing = pingmon.ctl("list-mon", "--state", "down")
    assert (nothing.stdout, nothing.stderr) == ("", "none of 1 monitor is down\n")
