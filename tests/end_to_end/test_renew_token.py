"""A bot's token was revoked and a new one issued: its monitors stay, and what waits is told at once."""

import signal
from pathlib import Path

from tests.client.test_round_trip import configuration
from tests.support.bot_api import BOT_ID, TOKEN
from tests.support.lab import Lab, Pingmon, until

OLD = f"{BOT_ID}:AAHrevokedTokenThatNobodyTakesAnyMore_0"
AT_ONCE = 15.0  # s; a refused bot is looked at every 300 s


def start_with_a_refused_bot(pingmon: Pingmon, *arguments: str, bot: tuple[str, ...] = ()) -> None:
    """One monitor that went down, which nobody could be told."""
    pingmon.start(*arguments)
    chosen = bot or ("--token", OLD)
    fast = ("--interval", "0.5", "--timeout", "0.5", "--down_after", "2", "--no_verify", *chosen)
    pingmon.add("10.0.0.1", *fast)
    pingmon.add("10.0.0.2", *fast)
    pingmon.wait_state("up", "10.0.0.1", "10.0.0.2")
    pingmon.lab.unplug("10.0.0.1")
    until(lambda: "Unauthorized" in pingmon.monitors()["10.0.0.1"]["delivery"], what="the bot's refusal")


def test_renew_token_moves_all_monitors_and_sends_what_waits(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    start_with_a_refused_bot(pingmon)
    before = {one["id"] for one in pingmon.monitors().values()}
    new, other = tmp_path / "new.token", f"{BOT_ID + 1}{TOKEN[len(str(BOT_ID)) :]}"
    new.write_text(f"{TOKEN}\r\n")
    refused = pingmon.ctl("renew-token", "--token", OLD[:-1] + "1", check=False)
    assert refused.returncode == 1 and "Unauthorized" in refused.stderr
    refused = pingmon.ctl("renew-token", "--token", other, "--bot", str(BOT_ID), check=False)
    assert refused.returncode == 1 and f"of bot {BOT_ID + 1}, not of {BOT_ID}" in refused.stderr
    refused = pingmon.ctl("renew-token", "--token", other, check=False)
    assert refused.returncode == 1 and str(BOT_ID + 1) in refused.stderr
    assert pingmon.messages() == []
    done = pingmon.ctl("renew-token", "--bot", str(BOT_ID), "--token_file", str(new))
    assert done.returncode == 0 and done.stderr == ""
    pingmon.wait_messages(1, AT_ONCE)
    until(lambda: pingmon.monitors()["10.0.0.1"]["delivery"] == "ok", AT_ONCE, "delivery")
    assert {one["id"] for one in pingmon.monitors().values()} == before
    again = pingmon.ctl("renew-token", "--token_file", str(new))
    assert "in use already" in again.stderr
    assert pingmon.stop() == 0
    pingmon.start()
    lab.plug("10.0.0.1")
    pingmon.wait_messages(2)
    assert TOKEN not in pingmon.log.read_text() and OLD not in pingmon.log.read_text()


def test_a_newer_token_of_the_same_bot_that_telegram_accepted_is_used_for_all(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    start_with_a_refused_bot(pingmon)
    refused = pingmon.ctl(
        "add-mon", "--chat_id", "1001", "--ip_address", "10.0.0.3", "--no_verify", check=False
    )
    assert refused.returncode == 1 and "renew-token" in refused.stderr
    file = tmp_path / "devices.csv"
    file.write_text("ip_address,chat_id\n10.0.0.3,1001\n10.0.0.4,1002\n")
    refused = pingmon.ctl("import", str(file), "--no_verify", check=False)
    assert refused.returncode == 1 and "line 2: token: " in refused.stderr
    assert "renew-token" in refused.stderr
    assert pingmon.ctl("import", str(file), "--dry_run").stdout.count("+ ") == 2
    assert pingmon.messages() == [] and len(pingmon.monitors()) == 2
    assert pingmon.ctl("import", str(file)).stdout.startswith("2 added")
    pingmon.wait_messages(1, AT_ONCE)
    assert {one["bot"] for one in pingmon.monitors().values()} <= {"ping_bot", str(BOT_ID)}
    assert {one["bot_id"] for one in pingmon.monitors().values()} == {str(BOT_ID)}


def test_editing_with_a_newer_token_gives_it_to_all_monitors_of_the_bot(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    start_with_a_refused_bot(pingmon)
    new, other = tmp_path / "new.token", f"{BOT_ID + 77}{TOKEN[len(str(BOT_ID)) :]}"
    new.write_text(f"{TOKEN}\n")
    for given, words in (
        (("--token", other), "Unauthorized"),  # another bot, of which Telegram knows nothing
        (("--token", OLD[:-1] + "1"), "Unauthorized"),
        (("--token", "nonsense"), "token"),
        (("--token_file", str(new), "--interval", "0"), "interval"),
    ):
        refused = pingmon.ctl("edit-mon", "10.0.0.2", *given, check=False)
        assert refused.returncode == 1 and words in refused.stderr, refused.stderr
    assert pingmon.messages() == []
    done = pingmon.ctl("edit-mon", "10.0.0.2", "--token_file", str(new), "--name", "two")
    assert "name none → two, the token of its bot" in done.stderr and TOKEN not in done.stderr
    pingmon.wait_messages(1, AT_ONCE)
    again = pingmon.ctl("edit-mon", "two", "--token_file", str(new))
    assert "it has these settings already" in again.stderr
    pingmon.ctl("edit-mon", "two", "--interval", "2", PINGMON_TOKEN=other)  # it is not about the token
    assert TOKEN not in pingmon.log.read_text()


def test_adding_with_a_newer_token_finds_what_is_there(lab: Lab, pingmon: Pingmon) -> None:
    start_with_a_refused_bot(pingmon)
    known = pingmon.monitors()["10.0.0.2"]["id"]
    fast = ("--interval", "0.5", "--timeout", "0.5", "--down_after", "2")
    assert pingmon.add("10.0.0.2", *fast) == known and len(pingmon.monitors()) == 2
    pingmon.wait_messages(1, AT_ONCE)


def test_a_token_that_the_configuration_has_anew_is_used_after_a_reload(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    config = configuration(tmp_path / "c", office=OLD)
    start_with_a_refused_bot(pingmon, "--config", str(config), bot=("--bot", "office"))
    assert pingmon.daemon
    token = tmp_path / "c" / "0.token"
    token.write_text(OLD[:-1] + "1")
    pingmon.daemon.send_signal(signal.SIGHUP)
    until(lambda: "bots.office keeps the token that it had" in pingmon.log.read_text(), what="a word")
    token.write_bytes(f"{TOKEN}\r\n".encode("utf-16"))
    pingmon.daemon.send_signal(signal.SIGHUP)
    pingmon.wait_messages(1, AT_ONCE)
    renewed = pingmon.ctl("renew-token", "--bot", "office")
    assert "in use already" in renewed.stderr and pingmon.stop() == 0
