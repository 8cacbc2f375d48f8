"""The client on its own: exit codes, spellings, and what it hides."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from pingmon.client.parser import build_parser
from pingmon.client.views.monitors import monitors
from pingmon.kinds import PROBE_KINDS
from tests.support.bot_api import TOKEN
from tests.support.lab import BIN
from tests.support.paths import ROOT

ADD = ["add-mon", "--chat_id", "-1002", "--ip_address", "10.0.0.1"]


def ctl(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "pingmonctl"), *arguments],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]} | environment,
        timeout=20,
    )


def test_exit_codes(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/none.sock"
    missing = ctl("status", "--server-address", address)
    assert missing.returncode == 3 and "not running" in missing.stderr
    assert ctl("status", PINGMON_SERVER_ADDRESS=address).returncode == 3
    assert ctl("nonsense").returncode == 2
    assert ctl(*ADD).returncode == 2  # no token
    unreadable = ctl(*ADD, "--token_file", f"{tmp_path}/none")
    assert unreadable.returncode == 1 and "can't read the token" in unreadable.stderr


def test_both_spellings_before_and_after_the_command() -> None:
    parser = build_parser()
    for options in (
        ["--server-address", "a", "-o", "json", *ADD, "--down-after", "4"],
        [*ADD, "--server_address", "a", "--output", "json", "--down_after", "4"],
    ):
        parsed = parser.parse_args(options)
        assert (parsed.server_address, parsed.output, parsed.down_after) == ("a", "json", 4)
        assert parsed.chat_id == "-1002"


def test_every_option_has_its_text() -> None:
    parser = build_parser()
    for command in parser._subparsers._group_actions[0].choices.values():  # type: ignore
        assert all(action.help for action in command._actions)


def test_a_token_on_the_command_line_does_not_stay_in_the_process_list(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(20)
        command = [str(BIN / "pingmonctl"), *ADD, "--token", TOKEN, "--server_address", path]
        client = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        connection, _ = listener.accept()
        assert TOKEN.encode() in connection.recv(65536)
        arguments = Path(f"/proc/{client.pid}/cmdline").read_bytes()
        connection.close()
        assert client.wait(20) == 3
    assert b"--token" in arguments and b"Canary" not in arguments


@pytest.mark.parametrize("name", ["router", "", "рутер 🖨", "<b>"])
def test_tables_have_a_line_per_monitor(name: str) -> None:
    row = {
        "id": "036bc24f-d493-4b1a-8ff5-b2903d49b780",
        "name": name,
        "ip_address": "10.0.0.2",
        "chat_id": "-1002",
        "thread_id": 7,
        "bot": "ping_bot",
        "state": "down",
        "since": "2026-11-24T10:53:12Z",
        "last_rtt_ms": None,
        "loss": 0.14,
        "delivery": "ok",
    }
    head, line = monitors([row]).splitlines()
    assert head.startswith("ID") and line.startswith("036bc24f  down")
    assert "14%" in line and "-1002/7" in line and "\x1b" not in line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_options_and_live_ids(shell: str) -> None:
    (tools,) = (ROOT / "debian" / "vendor" / "tools").glob("shtab-*.whl")
    done = subprocess.run(
        [str(BIN / "python3"), "debian/completion.py", shell],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tools)},
    )
    assert done.returncode == 0, done.stderr
    dashes = "-l " if shell == "fish" else "--"
    options = (f"{dashes}down_after", f"{dashes}down-after")
    for word in ("add-mon", *options, "/usr/lib/pingmon/complete"):
        assert word in done.stdout
    assert re.search(r"\W+".join(PROBE_KINDS), done.stdout)
