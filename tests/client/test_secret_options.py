"""Secrets of probes: from files, from standard input, and what of them is in the process list."""

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.bot_api import TOKEN
from tests.support.lab import BIN

ADD = ("add-mon", "--mon_type", "http", "--url", "http://a.example/", "--chat_id", "1", "--token", TOKEN)


def asked(directory: Path, *more: str, stdin: bytes = b"") -> tuple[dict[str, Any], bytes]:
    """The parameters that pingmond is asked with, and the process list meanwhile."""
    path = str(directory / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(20)
        command = [str(BIN / "pingmonctl"), *ADD, "--server_address", path, *more]
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert client.stdin is not None
        client.stdin.write(stdin)
        client.stdin.close()
        connection, _ = listener.accept()
        with connection:
            params = json.loads(connection.makefile().readline())["params"]
            shown = Path(f"/proc/{client.pid}/cmdline").read_bytes()
        client.wait(20)
    return params, shown


def test_what_is_given_on_the_command_line_does_not_stay_there(tmp_path: Path) -> None:
    headers = ["X-Key: s3cret", "B: c4nary", "B: c4nary and rest", "B: c4nary"]
    given = [text for one in headers for text in ("--header", one)]
    params, shown = asked(tmp_path, *given, "--auth=me:pw77")
    assert (params["header"], params["auth"]) == (headers, "me:pw77")
    secrets = (b"s3cret", b"c4nary", b"rest", b"pw77")
    assert b"--header" in shown and not any(one in shown for one in secrets)


@pytest.mark.parametrize("data", [b"X-Key: s3cret\n\nB: 2\n", b"\xef\xbb\xbfX-Key: s3cret\r\nB: 2"])
def test_headers_come_from_a_file_a_line_each(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "headers"
    file.write_bytes(data)
    params, _ = asked(tmp_path, "--header_file", str(file), "--header", "A: 1")
    assert params["header"] == ["A: 1", "X-Key: s3cret", "B: 2"]


def test_a_password_comes_from_standard_input(tmp_path: Path) -> None:
    params, _ = asked(tmp_path, "--auth-file", "-", stdin=b"me:pw77\n")
    assert params["auth"] == "me:pw77"


@pytest.mark.parametrize(
    ("data", "more", "words"),
    [
        (b"", (), "is empty"),
        (b"me:pw\nyou:pw\n", (), "one line is needed, not 2"),
        (b"\xff\xfe\xfd", (), "can't read auth"),
        (b"me:pw", ("--auth", "me:pw"), "--auth excludes --auth_file"),
    ],
)
def test_file_that_can_not_be_used(
    tmp_path: Path, data: bytes, more: tuple[str, ...], words: str
) -> None:
    file = tmp_path / "auth"
    file.write_bytes(data)
    command = [str(BIN / "pingmonctl"), *ADD, "--server_address", "/nonexistent", *more]
    done = subprocess.run([*command, "--auth_file", str(file)], capture_output=True, text=True)
    assert done.returncode in (1, 2) and words in done.stderr
    assert "pw" not in done.stderr
