"""A start after an unclean stop is told to the operator, with the time in which nothing was seen."""

import json
import re
import signal
import time
from pathlib import Path

from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, until

A = "10.0.0.1"
OPERATOR = 1002
SETTINGS = ("--interval", "1", "--timeout", "1")


def start(pingmon: Pingmon) -> None:
    token, config = pingmon.directory / "token", pingmon.directory / "pingmon.toml"
    token.write_text(TOKEN)
    token.chmod(0o600)
    config.write_text(
        f'time_zone = "UTC"\n[bots.home]\ntoken_file = "{token}"\n'
        f'[operator]\nbot = "home"\nchat_id = "{OPERATOR}"\n'
    )
    pingmon.start(f"--config={config}")


def told(pingmon: Pingmon) -> list[str]:
    return [one["text"] for one in pingmon.messages() if one["chat_id"] == OPERATOR]


def file(pingmon: Pingmon) -> Path:
    return pingmon.directory / "state" / "pingmond.running"


def kill(pingmon: Pingmon) -> None:
    assert pingmon.stop(signal.SIGKILL) == -signal.SIGKILL


def wait_for_housekeeping(pingmon: Pingmon) -> None:
    """After it, what was to be told at the start was told."""
    before = file(pingmon).stat().st_mtime_ns
    until(lambda: file(pingmon).stat().st_mtime_ns > before, 15, "housekeeping")


def test_an_unclean_stop_is_told_once_with_the_time_and_others_within_the_hour_as_a_count(
    lab: Lab, pingmon: Pingmon
) -> None:
    start(pingmon)
    pingmon.add(A, *SETTINGS)
    wait_for_housekeeping(pingmon)
    kill(pingmon)
    time.sleep(3)  # nothing is seen meanwhile
    start(pingmon)
    until(lambda: len(told(pingmon)) == 1, 15, "the operator to be told")
    found = re.fullmatch(
        r"⚠️ pingmond was not stopped properly: nothing was seen from (\S+ \S+) UTC to (\S+ \S+) UTC "
        r"\((\d+) s\)",
        told(pingmon)[0],
    )
    assert found and 3 <= int(found[3]) <= 45, told(pingmon)
    # Killed before it is marked as sent it would rightly be sent again.
    until(lambda: pingmon.status()["outbox"]["waiting"] == 0, 15, "the message to be marked as sent")
    for _ in range(2):
        kill(pingmon)
        start(pingmon)
        wait_for_housekeeping(pingmon)
    assert len(told(pingmon)) == 1
    kill(pingmon)
    saved = json.loads(file(pingmon).read_text())
    assert saved["untold"] == 2
    file(pingmon).write_text(json.dumps(saved | {"told_at": saved["told_at"] - 3600}))
    start(pingmon)
    until(lambda: len(told(pingmon)) == 2, 15, "the operator to be told of the others")
    assert "not stopped properly 3 times" in told(pingmon)[1]
    assert "pingmond was not stopped properly" in pingmon.log.read_text()


def test_a_first_start_a_clean_stop_and_a_reload_are_not_told(lab: Lab, pingmon: Pingmon) -> None:
    start(pingmon)
    wait_for_housekeeping(pingmon)
    assert pingmon.daemon is not None
    pingmon.daemon.send_signal(signal.SIGHUP)
    until(lambda: "configuration read again" in pingmon.log.read_text(), 10, "the reload")
    assert pingmon.stop() == 0
    assert not file(pingmon).exists()
    start(pingmon)
    wait_for_housekeeping(pingmon)
    wait_for_housekeeping(pingmon)
    assert told(pingmon) == [] and "not stopped properly" not in pingmon.log.read_text()


def test_a_file_that_the_power_cut_left_empty_is_told_too(lab: Lab, pingmon: Pingmon) -> None:
    start(pingmon)
    kill(pingmon)
    file(pingmon).write_text("")
    start(pingmon)
    until(lambda: len(told(pingmon)) == 1, 15, "the operator to be told")
