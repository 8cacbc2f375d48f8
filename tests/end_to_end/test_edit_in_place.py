"""Edits in place with the real daemon: each chat hears what is new to it, also after kill -9."""

import json
import signal

from tests.end_to_end.test_channels import heard
from tests.support.bot_api import BOT_ID, TOKEN
from tests.support.lab import Lab, Pingmon, during, until

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
FAST = ("--interval", "1", "--timeout", "1")


def test_address_chats_and_bot_are_changed_of_a_device_that_is_down(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    first = pingmon.add(A, "--name", "printer", *FAST)
    pingmon.add(C, *FAST)
    pingmon.wait_state("up", A, C)
    lab.unplug(A, B)
    until(lambda: heard(pingmon, 1001) == ["🔴"], what="down to be told")

    # Another address, where it is silent, too: nothing is new.
    done = pingmon.ctl("edit-mon", "printer", "--ip_address", B)
    assert done.stdout.strip() == first and f"ip_address {A} → {B}" in done.stderr
    assert pingmon.monitors()[B]["state"] in ("unknown", "down") and A not in pingmon.monitors()
    pingmon.stop(signal.SIGKILL)
    pingmon.start()
    pingmon.wait_state("down", B)
    assert heard(pingmon, 1001) == ["🔴"]

    # Another chat is told, the one before gets its closing line.
    pingmon.ctl("edit-mon", "printer", "--chat_id", "1002", "--add_chat_id", "1003")
    until(lambda: heard(pingmon, 1001) == ["🔴", "⚪"], what="the closing line")
    until(lambda: heard(pingmon, 1002) == heard(pingmon, 1003) == ["🔴"], what="the new chats")
    closing = [one["text"] for one in pingmon.messages() if one["chat_id"] == 1001][-1]
    assert "when it ceased to be told here" in closing

    # Another bot, which is asked first; then an edit onto a monitor that exists.
    row = pingmon.monitors()[B]
    refused = pingmon.ctl("edit-mon", "printer", "--chat_id", "4242", check=False)
    assert refused.returncode == 1 and "chat not found" in refused.stderr
    other = f"{BOT_ID + 1}{TOKEN[len(str(BOT_ID)) :]}"
    pingmon.ctl("edit-mon", "printer", "--token", other, "--remove_chat_id", "1003")
    assert pingmon.monitors()[B]["bot_id"] == str(BOT_ID + 1) != row["bot_id"]
    until(lambda: sorted(heard(pingmon, 1002)) == sorted("🔴⚪🔴"), what="both bots to have written")
    until(lambda: heard(pingmon, 1003) == ["🔴", "⚪"], what="the closing line")
    taken = ("--ip_address", C, "--chat_id", "1001", "--bot", str(BOT_ID))
    refused = pingmon.ctl("edit-mon", "printer", *taken, check=False)
    assert refused.returncode == 1 and "is watched already, as" in refused.stderr
    assert set(pingmon.monitors()) == {B, C}

    # Back at an address that answers: everybody who knows that it is down hears "up".
    lab.plug(A)
    pingmon.ctl("edit-mon", "printer", "--ip_address", A)
    until(lambda: heard(pingmon, 1002)[-1] == "🟢", what="up to be told")
    pingmon.wait_state("up", A)
    assert (heard(pingmon, 1001), heard(pingmon, 1003)) == (["🔴", "⚪"],) * 2
    found = json.loads(pingmon.ctl("log", "--id", first, "-o", "json").stdout)["entries"]
    assert {"ip_address", "chat_id"} <= {name for one in found for name in one["details"]}
    assert TOKEN not in json.dumps(found) and other not in pingmon.log.read_text()


def test_an_applied_file_changes_further_chats(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, "--chat_id", "1002", *FAST)
    pingmon.wait_state("up", A)
    lab.unplug(A)
    until(lambda: heard(pingmon, 1001) == heard(pingmon, 1002) == ["🔴"], what="down to be told")
    file = pingmon.directory / "devices.csv"
    file.write_text(f"ip_address,chat_id,interval,timeout\n{A},1001 1003,1,1\n")
    dry = pingmon.ctl("apply", str(file), "--dry_run").stdout
    assert f"~ {A}: chat_id" in dry and "1003" in dry
    during(1.0, lambda: heard(pingmon, 1003) == [], "a dry run tells nobody")
    assert "0 added, 1 changed, 0 deleted" in pingmon.ctl("apply", str(file)).stdout
    until(lambda: heard(pingmon, 1003) == ["🔴"], what="the new chat")
    until(lambda: heard(pingmon, 1002) == ["🔴", "⚪"], what="the closing line")
    assert "0 added, 0 changed, 0 deleted" in pingmon.ctl("apply", str(file)).stdout
    assert heard(pingmon, 1001) == ["🔴"]
