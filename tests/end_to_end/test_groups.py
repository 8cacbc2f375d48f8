"""Groups, chats of tags, and channels that are held or suspended each for itself: the real daemon."""

import json
import signal
from pathlib import Path
from typing import Any

from tests.end_to_end.test_channels import FAST, heard
from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, until

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
NOBODY = 4242  # a chat that Telegram does not know
BERLIN = '[tags."site=berlin"]\nbot = "home"\nchat_id = {}\ninterval = 1\ntell_tags = true\n'


def group(name: str, *chats: int) -> str:
    return "".join(f'[[groups.{name}]]\nbot = "home"\nchat_id = {one}\n' for one in chats)


class File:
    """The configuration file, with a bot called home."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pingmon.toml"
        (folder / "token").write_text(TOKEN)
        self._bot = f'uplink = []\n[bots.home]\ntoken_file = "{folder / "token"}"\n'

    def write(self, *tables: str) -> None:
        self.path.write_text(self._bot + "".join(tables))


def channels(pingmon: Pingmon, address: str) -> dict[str, dict[str, Any]]:
    """By chat."""
    return {one["chat_id"]: one for one in pingmon.monitors()[address]["channels"]}


def test_each_channel_of_a_monitor_is_held_and_delivered_for_itself(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    file = File(tmp_path)
    file.write(group("night", 1006, NOBODY))
    pingmon.start(f"--config={file.path}")
    pingmon.add(A, "--chat_id", "1002", "--group", "night", *FAST)
    pingmon.wait_state("up", A)
    lab.unplug(A)
    until(lambda: all(heard(pingmon, one) == ["🔴"] for one in (1001, 1002, 1006)), what="down")
    suspended = channels(pingmon, A)[str(NOBODY)]
    until(lambda: channels(pingmon, A)[str(NOBODY)]["delivery"].startswith("suspended"), what="a refusal")
    assert suspended["group"] == "night" and channels(pingmon, A)["1006"]["delivery"] == "ok"
    pingmon.ctl("mute", "--chat_id", "1006", "--for", "1h", "--yes")
    held = {chat: (one["held"] or {}).get("why") for chat, one in channels(pingmon, A).items()}
    assert held == {"1001": None, "1002": None, "1006": "muted", str(NOBODY): None}
    assert pingmon.status()["held"] == {"muted": 1}
    assert "chat 1006 muted until" in pingmon.ctl("list-mon").stdout
    lab.plug(A)
    until(lambda: heard(pingmon, 1001) == heard(pingmon, 1002) == ["🔴", "🟢"], what="up")
    assert heard(pingmon, 1006) == ["🔴"]
    lab.unplug(A)
    until(lambda: heard(pingmon, 1002) == ["🔴", "🟢", "🔴"], what="down again")
    pingmon.ctl("ack", A)
    assert {one["held"]["why"] for one in channels(pingmon, A).values()} == {"acknowledged"}
    until(lambda: heard(pingmon, 1001)[-1] == "🔵", what="who was told to hear of it")
    pingmon.ctl("unmute", "--chat_id", "1006", "--yes")
    until(lambda: heard(pingmon, 1006) == ["🔴", "🔵"], what="what the muted chat did not know")


def test_a_reload_changes_whom_a_group_tells(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    file = File(tmp_path)
    file.write(group("night", 1006, 1007))
    pingmon.start(f"--config={file.path}")
    pingmon.add(A, "--group", "night", *FAST)
    pingmon.add(B, *FAST)
    pingmon.wait_state("up", A, B)
    lab.unplug(A)
    until(lambda: all(heard(pingmon, one) == ["🔴"] for one in (1001, 1006, 1007)), what="down")
    file.write(group("night", 1006, 1008))
    reload(pingmon)
    until(lambda: heard(pingmon, 1008) == ["🔴"], what="the new chat to be told")
    until(lambda: heard(pingmon, 1007) == ["🔴", "⚪"], what="the closing line")
    for wrong, words in (
        ((group("night", 1006, NOBODY),), f"groups.night: chat {NOBODY} by home"),
        ((group("day", 1006),), "there is no [groups.night]"),
    ):
        file.write(*wrong)
        reload(pingmon)
        until(lambda words=words: words in refusal(pingmon), what="a refusal")  # type: ignore[misc]
    assert list(channels(pingmon, A)) == ["1001", "1006", "1008"]
    pingmon.stop()
    file.write(group("night", 1009))  # while it is away
    pingmon.start(f"--config={file.path}")
    until(lambda: heard(pingmon, 1009) == ["🔴"], what="the new chat to be told")
    lab.plug(A)
    until(lambda: heard(pingmon, 1009) == heard(pingmon, 1001) == ["🔴", "🟢"], what="up")
    until(lambda: [heard(pingmon, one)[-1] for one in (1006, 1008)] == ["⚪", "⚪"], what="closing lines")


def test_a_tag_gives_the_chat_and_a_reload_moves_it(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    file = File(tmp_path)
    file.write(BERLIN.format(1005))
    pingmon.start(f"--config={file.path}")
    device = ("add-mon", "--ip_address", A, "--tag", "site=berlin", "--timeout", "1")
    first = pingmon.ctl(*device).stdout.strip()
    assert pingmon.ctl(*device).stdout.strip() == first
    missing = pingmon.ctl("add-mon", "--ip_address", C, "--tag", "printer", check=False)
    assert (missing.returncode, missing.stdout) == (
        1,
        "",
    ) and "or apprise is missing: neither tags" in missing.stderr
    pingmon.add(B, "--tag", "site=berlin", *FAST)
    pingmon.wait_state("up", A, B)
    assert [list(channels(pingmon, one)) for one in (A, B)] == [["1005"], ["1001"]]
    assert "tag site=berlin: interval, tell_tags, chat_id" in pingmon.ctl("explain", A).stdout
    lab.unplug(A)
    until(lambda: heard(pingmon, 1005) == ["🔴"], what="the tag's chat to be told")
    assert f"<b>{A}</b> [site=berlin] is down" in pingmon.messages()[-1]["text"]
    exported = tmp_path / "all.toml"
    exported.write_text(pingmon.ctl("export", "--format", "toml").stdout)
    assert exported.read_text().count("chat_id") == 1 and "1005" not in exported.read_text()
    file.write(BERLIN.format(1009))
    reload(pingmon)
    until(lambda: heard(pingmon, 1009) == ["🔴"], what="the other chat to be told")
    until(lambda: heard(pingmon, 1005) == ["🔴", "⚪"], what="the closing line")
    assert pingmon.ctl("apply", str(exported)).stdout.startswith("0 added, 0 changed, 0 deleted")
    pingmon.ctl("del-mon", A)
    pingmon.ctl("import", str(exported))
    assert list(channels(pingmon, A)) == ["1009"]
    taken = pingmon.ctl("edit-mon", A, "--remove_tag", "site", check=False)
    assert taken.returncode == 1 and "or apprise is missing" in taken.stderr
    log = json.loads(pingmon.ctl("log", "--id", first, "-o", "json").stdout)["entries"]
    changed = next(one for one in log if one["actor"] == "the configuration")
    assert changed["details"]["chat_id"] == [["1005"], ["1009"]]


def reload(pingmon: Pingmon) -> None:
    assert pingmon.daemon
    pingmon.daemon.send_signal(signal.SIGHUP)


def refusal(pingmon: Pingmon) -> str:
    return str(pingmon.status()["configuration"]["refused"])
