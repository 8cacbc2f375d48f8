"""Several channels of a monitor, and escalation: everybody hears what is theirs, from the real daemon."""

from pathlib import Path

from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, until

A, B = "10.0.0.1", "10.0.0.2"
FAST = ("--interval", "1", "--timeout", "1")


def heard(pingmon: Pingmon, chat: int) -> list[str]:
    """The first sign of each message that a chat got."""
    return [one["text"][0] for one in pingmon.messages() if one["chat_id"] == chat]


def test_all_channels_are_told_and_each_is_held_for_itself(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    first = pingmon.add(A, "--chat_id", "1002", "--chat_id", "1003", *FAST)
    assert pingmon.add(A, "--chat_id", "1002", "--chat_id", "1003", *FAST) == first
    pingmon.wait_state("up", A)
    row = pingmon.monitors()[A]
    assert row["chat_id"] == "1001"
    assert [one["chat_id"] for one in row["channels"]] == ["1001", "1002", "1003"]
    pingmon.ctl("mute", "--chat_id", "1002", "--for", "1h", "--yes")
    held = [(one["held"] or {}).get("why") for one in pingmon.monitors()[A]["channels"]]
    assert held == [None, "muted", None]
    lab.unplug(A)
    until(lambda: heard(pingmon, 1001) == heard(pingmon, 1003) == ["🔴"], what="both to be told")
    assert heard(pingmon, 1002) == []
    pingmon.ctl("edit-mon", A, "--remove_chat_id", "1003", "--add_chat_id", "1004")
    until(lambda: heard(pingmon, 1003) == ["🔴", "⚪"], what="the closing line")
    until(lambda: heard(pingmon, 1004) == ["🔴"], what="the new channel to be told that it is down")
    pingmon.stop()
    pingmon.start()
    pingmon.ctl("unmute", A)
    until(lambda: heard(pingmon, 1002) == ["🔴"], what="what was held")
    lab.plug(A)
    until(lambda: all(heard(pingmon, one)[-1] == "🟢" for one in (1001, 1002, 1004)), what="up")
    assert heard(pingmon, 1003) == ["🔴", "⚪"]
    refused = pingmon.ctl("edit-mon", A, "--remove_chat_id", "1001", check=False)
    assert refused.returncode == 1 and "is the first" in refused.stderr
    unknown = pingmon.ctl("edit-mon", A, "--add_chat_id", "4242", check=False)
    assert unknown.returncode == 1 and "chat not found" in unknown.stderr


def test_channels_go_through_files(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    for kind in ("csv", "jsonl", "toml"):
        pingmon.add(A, "--chat_id", "1002", *FAST)
        file = pingmon.directory / f"all.{kind}"
        file.write_text(pingmon.ctl("export", "--format", kind).stdout)
        pingmon.ctl("del-mon", A)
        pingmon.ctl("import", str(file))
        channels = pingmon.monitors()[A]["channels"]
        assert [one["chat_id"] for one in channels] == ["1001", "1002"], kind
        pingmon.ctl("del-mon", A)


def test_an_escalation_tells_later_chats_unless_somebody_acknowledges(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    config = tmp_path / "pingmon.toml"
    config.write_text(
        f'uplink = []\n[bots.home]\ntoken_file = "{tmp_path / "token"}"\n'
        '[[escalation.night]]\nafter = "1m"\nbot = "home"\nchat_id = 1005\n'
    )
    pingmon.start(f"--config={config}")
    pingmon.add(A, "--escalation", "night", *FAST)
    pingmon.add(B, "--escalation", "night", *FAST)
    unknown = pingmon.ctl("edit-mon", A, "--escalation", "day", check=False)
    assert unknown.returncode == 1 and "there is no [escalation.day]" in unknown.stderr
    pingmon.wait_state("up", A, B)
    lab.unplug(A, B)
    until(lambda: len(pingmon.messages()) >= 1, what="down to be told")
    pingmon.wait_state("down", A, B)
    pingmon.ctl("ack", B)
    until(lambda: heard(pingmon, 1005) == ["🔴"], 90, "the step")
    assert A in pingmon.messages()[-1]["text"] and B not in pingmon.messages()[-1]["text"]
    lab.plug(A, B)
    until(lambda: heard(pingmon, 1005) == ["🔴", "🟢"], what="who was told down is told up")
    assert all(B not in one["text"] for one in pingmon.messages() if one["chat_id"] == 1005)
