"""Every command and every failure of its output, of its socket and of the database.

Whatever happens: no traceback, one line that says why, and the exit status of DESIGN.md. The commands
are those of the parser, so a new one is tried, too.
"""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.storage.test_faults import fill, small_disk
from tests.support.bot_api import TOKEN
from tests.support.command_lines import command_lines
from tests.support.lab import BIN, Lab, Pingmon

__all__ = ["small_disk"]
Done = subprocess.CompletedProcess[bytes]
LINES = command_lines()
ASK_NOBODY = {"help", "version"}
C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
# What the shell does with the streams, and the environment.
STREAMS: dict[str, tuple[str, dict[str, str]]] = {
    "KOI8-R": ("", {"PYTHONIOENCODING": "koi8-r"}),
    "ISO-8859-1": ("", {"PYTHONIOENCODING": "iso-8859-1"}),
    "C": ("", C_LOCALE),
    "stdout full": (">/dev/full", {}),
    "stderr full": ("2>/dev/full", {}),
    "both full": (">/dev/full 2>&1", {}),
    "stdout closed": (">&-", {}),
    "stderr closed": ("2>&-", {}),
    "both closed": (">&- 2>&-", {}),
    "stdin closed": ("<&-", {}),
    "all closed": ("<&- >&- 2>&-", {}),
    "stdout read-only": ("1</dev/null", {}),
    "pipe closed early": ("| true", {}),
    "pipe closed early, with stderr": ("2>&1 | true", {}),
    "JSON into a full disk": ("-o json >/dev/full", {}),
    "JSON in a C locale": ("-o json", C_LOCALE),
}
REDIRECTED_ERRORS = {name for name, (streams, _) in STREAMS.items() if "2>" in streams}
TROUBLE = (b"Traceback", b"Exception ignored", b"Error:", b"<frozen", b'.py"')


def shell(
    address: Path | str,
    line: str,
    streams: str = "",
    environment: dict[str, str] | None = None,
    directory: Path | None = None,
) -> Done:
    """Run by a shell, which opens and closes the streams."""
    command = f'"{BIN}/pingmonctl" --server_address "{address}" {line} {streams}'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        cwd=directory or Path(address).parent,
        env={"PATH": "/usr/bin:/bin", "PINGMON_TOKEN": TOKEN} | (environment or {}),
    )


def check(done: Done, what: object, *, statuses: tuple[int, ...]) -> None:
    """No traceback; a failure has its line, and nothing but it."""
    said = done.stdout + done.stderr
    assert not any(word in said for word in TROUBLE), (what, said.decode(errors="replace"))
    assert done.returncode in statuses, (what, done.returncode, said)


def is_one_line(text: bytes) -> bool:
    return text.startswith(b"pingmonctl: ") and text.count(b"\n") == 1 and text.endswith(b"\n")


def write_files(directory: Path) -> None:
    (directory / "devices.csv").write_text("ip_address,name,chat_id\n10.0.0.3,дверь 門,1001\n")
    (directory / "token").write_text(TOKEN)


@pytest.fixture
def running(lab: Lab, pingmon: Pingmon) -> Iterator[Pingmon]:
    pingmon.start()
    write_files(pingmon.directory)
    # Names that no encoding of 8 bits has as a whole.
    for address, name in (("10.0.0.1", "printer"), ("10.0.0.2", "принтер 印刷 é")):
        pingmon.add(address, "--name", name)
    yield pingmon
    assert "Traceback" not in pingmon.log.read_text()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_no_command_fails_in_a_traceback_whatever_its_streams_are(running: Pingmon) -> None:
    for failure, (streams, environment) in STREAMS.items():
        for name, line in LINES.items():
            if streams.startswith("-o json") and name in ASK_NOBODY:
                continue
            done = shell(running.socket, line, streams, environment)
            what = (failure, name)
            check(done, what, statuses=(0, 1))
            if done.returncode == 1 and failure not in REDIRECTED_ERRORS:
                said = done.stderr.splitlines()
                assert said and said[-1].startswith(b"pingmonctl: "), (what, done.stderr)
            if failure == "stdout closed":
                assert done.returncode == 1 and is_one_line(done.stderr), (what, done.stderr)
            if name == "list-mon" and failure in ("stdout full", "both full", "stdout read-only"):
                assert done.returncode == 1, what
            if not streams and name != "export":  # a file is UTF-8 whatever the terminal is
                (done.stdout + done.stderr).decode(environment.get("PYTHONIOENCODING", "ascii"))


def sends(data: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return answer


def hangs(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


STRANGERS: dict[str, Callable[[socket.socket], None]] = {
    "a banner": lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\n"),
    "no JSON": sends(b"hello\n"),
    "no text": sends(b"\xff\xfe\x00\n"),
    "other JSON": sends(b'{"jsonrpc": "2.0", "id": 1}\n'),
    "a list": sends(b"[]\n"),
    "no result": sends(b'{"jsonrpc": "2.0", "id": 1, "result": null}\n'),
    "another result": sends(b'{"jsonrpc": "2.0", "id": 1, "result": {"a": [1]}}\n'),
    "half a line": sends(b'{"jsonrpc": "2.0", '),
    "deep JSON": sends(b"[" * 100_000 + b"\n"),
    "nothing": hangs,
    "the end": lambda connection: None,
    "the end, after the question": sends(b""),
}


@contextmanager
def listening(path: Path, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        answer(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_socket_of_another_program_is_one_line(tmp_path: Path, stranger: str) -> None:
    write_files(tmp_path)
    with listening(tmp_path / "socket", STRANGERS[stranger]):
        for name, line in LINES.items():
            if name not in ASK_NOBODY:
                done = shell(tmp_path / "socket", line, "--wait 0.4")
                check(done, (stranger, name), statuses=(3,))
                assert is_one_line(done.stderr) and done.stdout == b"", (stranger, name, done)


def test_no_socket_no_access_and_what_is_no_socket_are_one_line_each(tmp_path: Path) -> None:
    write_files(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    without_rights = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]
    with listening(tmp_path / "socket", hangs):
        os.chown(tmp_path / "socket", 65534, 65534)
        (tmp_path / "socket").chmod(0o600)
        for name, line in LINES.items():
            if name in ASK_NOBODY:
                continue
            for place in ("none", "file", "folder", "x" * 300, "folder/none"):
                done = shell(f"{tmp_path}/{place}", line, directory=tmp_path)
                check(done, (place, name), statuses=(3,))
                assert is_one_line(done.stderr), (place, name, done.stderr)
            denied = subprocess.run(
                [
                    *without_rights,
                    str(BIN / "pingmonctl"),
                    "--server_address",
                    str(tmp_path / "socket"),
                    *line.split(),
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "PINGMON_TOKEN": TOKEN},
            )
            check(denied, ("no access", name), statuses=(3,))
            assert is_one_line(denied.stderr) and b"join the group" in denied.stderr, (
                name,
                denied.stderr,
            )


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_database_that_takes_nothing_is_one_line(lab: Lab, small_disk: Path, running: Pingmon) -> None:
    ballast = fill(small_disk)
    for name, line in (LINES | {"del-mon": "del-mon printer"}).items():
        done = shell(running.socket, line)
        check(done, ("full disk", name), statuses=(0, 1))
        assert done.returncode == 0 or is_one_line(done.stderr), (name, done.stderr)
        if name in ("add-mon", "edit-mon", "del-mon"):
            assert done.returncode == 1 and b"database" in done.stderr, (name, done.stderr)
    answer = json.loads(shell(running.socket, "status", "-o json").stdout)
    assert "the database can't be used since" in answer["health"]
    ballast.unlink()
