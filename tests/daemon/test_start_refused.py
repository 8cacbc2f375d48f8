"""When pingmond can't start: its exit status, who is told, and how it looks in the journal."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.lab import BIN, until

ACTIVATE = """
import os, sys
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.dup2(int(sys.argv[1]), 3)
os.execv(sys.argv[2], sys.argv[2:])
"""
STATUS = b'{"jsonrpc":"2.0","method":"status","id":1}\n'


def start(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "pingmond"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, env=os.environ | more)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--config", "{tmp}/wrong.toml"], 78, "nonsense: no such setting"),
        (["--nonsense"], 2, "wrong options"),
        (["--state-dir", "{tmp}/wrong.toml"], 1, "wrong.toml: it is not a directory"),
        (["--state-dir", "{tmp}/damaged"], 1, "is damaged"),
    ],
)
def test_clients_that_wait_in_the_queue_get_the_reason_at_once(
    tmp_path: Path, arguments: list[str], status: int, words: str
) -> None:
    (tmp_path / "wrong.toml").write_text("nonsense = 1\n")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "pingmon.db").write_bytes(b"no database" * 1000)
    path = tmp_path / "given.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(str(path))
        listener.listen()
        client.settimeout(20)
        client.connect(str(path))
        client.sendall(STATUS)
        silent = socket.socket(socket.AF_UNIX)  # connects and says nothing: keeps nobody waiting
        silent.connect(str(path))
        given = [one.format(tmp=tmp_path) for one in arguments]
        began = time.monotonic()
        daemon = subprocess.run(
            [sys.executable, "-c", ACTIVATE, str(listener.fileno()), str(BIN / "pingmond"), *given],
            pass_fds=[listener.fileno()],
            stderr=subprocess.PIPE,
            timeout=20,
        )
        assert time.monotonic() - began < 10
        assert daemon.returncode == status
        answer = json.loads(client.recv(65536).split(b"\n")[0])
        silent.close()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):  # systemd would start the service again for whoever is left
            listener.accept()
    assert answer["error"]["data"] == {"kind": "not_started"}
    assert answer["error"]["message"].startswith("pingmond can't start: ")
    assert words in answer["error"]["message"]


def test_priority_prefixes_are_for_the_journal_only(tmp_path: Path) -> None:
    """JOURNAL_STREAM names the journal's stream by device and inode; others get plain lines."""
    file = tmp_path / "log"
    (tmp_path / "wrong.toml").write_text("nonsense = 1\n")
    for arguments, priority, words in (
        (["--config", f"{tmp_path}/wrong.toml"], "<3>", "nonsense: no such setting"),
        ([f"--state-dir={tmp_path}/state", f"--socket={tmp_path}/s"], "<6>", "watches 0 monitors"),
    ):
        for journal in (True, False):
            file.write_text("")
            with file.open("ab") as log:
                found = os.fstat(log.fileno())
                stream = f"{found.st_dev}:{found.st_ino}" if journal else "1:2"
                daemon = subprocess.Popen(
                    [str(BIN / "pingmond"), *arguments],
                    stderr=log,
                    env=os.environ | {"JOURNAL_STREAM": stream},
                )
            until(lambda words=words: words in file.read_text(), what=words)  # type: ignore[misc]
            daemon.terminate()
            daemon.wait(20)
            lines = [line for line in file.read_text().splitlines() if words in line]
            assert all(line.startswith(priority) == journal for line in lines), lines
            if not journal:
                assert not re.search(r"^<\d>", file.read_text(), re.M)


def test_root_leaves_no_file_in_the_state_directory_of_somebody_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to be root in another user's directory")
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    refused = start("--state-dir", str(state), "--socket", f"{tmp_path}/s")
    assert refused.returncode == 1
    assert "belongs to nobody" in refused.stderr and "systemctl start pingmon" in refused.stderr
    assert list(state.iterdir()) == []


def test_a_check_ends_with_1_and_no_option_shows_an_empty_default(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("nonsense = 1\n")
    assert start("--check-config", "--config", f"{tmp_path}/wrong.toml").returncode == 1
    assert "(default )" not in start("--help").stdout
