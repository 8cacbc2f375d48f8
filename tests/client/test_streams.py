"""Output under stress: every command, and whatever is wrong with its streams or with its socket."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pingmon.client.commands import COMMANDS
from tests.support.bot_api import TOKEN
from tests.support.command_lines import command_lines
from tests.support.lab import BIN, Lab, Pingmon

LINES = command_lines()
ASK_NOBODY = {"help", "version"}
# On stdout, when nothing waits, nobody wrote, and nothing is down.
PRINTS_NOTHING = {"outbox", "find-chat", "ack", "unack"}
NAME = "принтер 印刷 é"


def test_every_command_has_a_line_here() -> None:
    assert set(LINES) == set(COMMANDS) | ASK_NOBODY


Done = subprocess.CompletedProcess[bytes]


def shell(pingmon: Pingmon, line: str, streams: str = "", **environment: str) -> Done:
    """Run by a shell, which opens and closes the streams."""
    command = f'"{BIN}/pingmonctl" --server_address "{pingmon.socket}" {line} {streams}'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        cwd=pingmon.directory,
        env={"PATH": "/usr/bin:/bin", "PINGMON_TOKEN": TOKEN} | environment,
    )


@pytest.fixture
def running(lab: Lab, pingmon: Pingmon) -> Iterator[Pingmon]:
    pingmon.start()
    pingmon.add("10.0.0.1", "--name", "printer")
    pingmon.add("10.0.0.2", "--name", NAME)
    file = pingmon.directory / "devices.csv"
    file.write_text("ip_address,name,chat_id\n10.0.0.3,door,1001\n")
    yield pingmon
    assert "Traceback" not in pingmon.log.read_text()


def is_quiet(done: Done) -> bool:
    """Whether Python itself says nothing."""
    return not any(word in done.stdout + done.stderr for word in (b"Traceback", b"Exception"))


def is_one_line(text: bytes) -> bool:
    return text.startswith(b"pingmonctl: ") and text.count(b"\n") == 1


def test_no_command_shows_a_traceback_whatever_its_streams_are(running: Pingmon) -> None:
    for name, line in LINES.items():
        full = shell(running, line, ">/dev/full")
        closed = shell(running, line, ">&-")
        for done in (full, closed):
            assert is_quiet(done), (name, done.stderr)
        assert closed.returncode == 1 and is_one_line(closed.stderr), (name, closed.stderr)
        if name not in PRINTS_NOTHING:
            assert full.returncode == 1, name
            assert b"can't write the output: No space left" in full.stderr, (name, full.stderr)
        for streams in ("2>/dev/full", "2>&-", "<&-"):
            done = shell(running, line, streams)
            assert done.returncode in (0, 1), (name, streams)
            assert b"Traceback" not in done.stderr + done.stdout
        early = shell(running, line, "| true")
        assert is_quiet(early), (name, early.stderr)
        assert early.returncode in (0, 1)


@pytest.mark.parametrize("encoding", ["koi8-r", "iso-8859-1", "ascii", "utf-8"])
def test_what_a_terminal_lacks_is_replaced(running: Pingmon, encoding: str) -> None:
    for name, line in LINES.items():
        done = shell(running, line, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        assert done.returncode in (0, 1) and b"Traceback" not in done.stderr, (name, done.stderr)
        if name != "export":  # prints a file, which is UTF-8 whatever the terminal is
            (done.stdout + done.stderr).decode(encoding)
    shown = shell(running, "list-mon", PYTHONIOENCODING=encoding).stdout.decode(encoding)
    assert ("принтер" in shown) == (encoding in ("koi8-r", "utf-8"))
    assert ("\\u5370" in shown) == (encoding != "utf-8")
    refused = shell(running, f"show-mon '{NAME}x'", PYTHONIOENCODING=encoding)
    assert refused.returncode == 1 and is_one_line(refused.stderr)


def test_help_that_can_not_be_written_is_an_error_too(running: Pingmon) -> None:
    for line in ("--help", "help add-mon", "version"):
        done = shell(running, line, ">/dev/full")
        assert done.returncode == 1 and is_one_line(done.stderr), done.stderr


@pytest.fixture
def foreign(pingmon: Pingmon) -> Iterator[Path]:
    """A socket of another program, which answers like SSH."""
    path = pingmon.socket
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    alive = threading.Event()

    def answer() -> None:
        while not alive.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\n")
                connection.recv(65536)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield path
    alive.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_a_socket_of_another_program_is_named_in_one_line(pingmon: Pingmon, foreign: Path) -> None:
    (pingmon.directory / "devices.csv").write_text("ip_address,chat_id\n10.0.0.1,1001\n")
    for name, line in LINES.items():
        if name in ASK_NOBODY:
            continue
        done = shell(pingmon, line)
        assert done.returncode == 3 and is_one_line(done.stderr), (name, done.stderr)
        assert str(foreign).encode() in done.stderr


def test_a_daemon_that_does_not_answer_is_waited_for_as_long_as_asked(pingmon: Pingmon) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(pingmon.socket))
        listener.listen()
        done = shell(pingmon, "status --wait 0.3")
    assert done.returncode == 3 and is_one_line(done.stderr)
    assert b"no answer within 0.3 s; --wait SECONDS waits longer" in done.stderr


def test_no_daemon_no_access_and_no_file_are_one_line_each(pingmon: Pingmon) -> None:
    missing = shell(pingmon, "status")
    assert missing.returncode == 3 and is_one_line(missing.stderr)
    for file in ("none.csv", "/"):
        done = shell(pingmon, f"import {file}")
        assert done.returncode == 1 and is_one_line(done.stderr), done.stderr
    (pingmon.directory / "empty").touch()
    for file in ("none", "/", "empty"):
        line = f"add-mon --ip_address 10.0.0.1 --chat_id 1001 --token_file {file}"
        done = shell(pingmon, line)
        assert done.returncode == 1 and is_one_line(done.stderr), done.stderr
        assert file.encode() in done.stderr
