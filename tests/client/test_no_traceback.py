"""Whatever is thrown at it, pingmonctl answers in words, and no escapes of others reach the terminal."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pingmon.client.parser import build_parser
from pingmon.client.terminal_text import json_text, safe, safe_lines
from tests.support.bot_api import TOKEN
from tests.support.lab import BIN, Lab, Pingmon

ADD = ("add-mon", "--no_verify", "--chat_id", "1001", "--ip_address", "10.0.0.1")
TEXTS = ("a\nb", "\x1b[31m", "\x9b2J", "a\u202eb", "a\u2028b", "\uffff", "x" * 5000)
BAD_TEXT = [*(one.encode() for one in TEXTS), b"caf\xe9", b"\xff\xfe", b"\xed\xa0\x80"]
BAD_FILES: dict[str, bytes] = {
    "latin.csv": "ip_address,name\n10.0.0.1,café\n".encode("latin-1"),
    "cp1251.csv": "ip_address,name\n10.0.0.1,дом\n".encode("cp1251"),
    "half.csv": "ip_address".encode("utf-16")[:-1],
    "nul.csv": b"ip_address,name\n10.0.0.1,a\0b\n",
    "quote.csv": b'ip_address,name\n10.0.0.1,"a\n',
    "wide.csv": b"ip_address\n" + b"x" * 3_000_000 + b"\n",
    "escape.csv": b"ip_address,chat_id,name\n10.0.0.1,1001,\x1b[31m\n",
    "c1.csv": "ip_address,chat_id,name\n10.0.0.1,1001,\x9b2J\n".encode(),
    "column.csv": b"ip_address,\x1b[31m\n10.0.0.1,1\n",
    "nan.json": b'[{"ip_address": "10.0.0.1", "interval": NaN}]',
    "deep.json": b"[" * 100_000,
    "surrogate.json": rb'[{"ip_address": "10.0.0.1", "name": "\ud800"}]',
    "types.json": b'[{"ip_address": {"a": 1}, "chat_id": [1], "key": 3, "parent": 4, "bot": 5}]',
    "dates.toml": b"[[monitor]]\nip_address = 2020-01-01T00:00:00Z\nname = 07:32:00\n",
    "inf.toml": b"[[monitor]]\nip_address = '10.0.0.1'\ninterval = inf\n",
    "deep.toml": b"a = " + b"[" * 5000,
    "digits.json": b'[{"ip_address": "10.0.0.1", "chat_id": ' + b"1" * 5000 + b"}]",
    "digits.csv": b"ip_address,chat_id,down_after\n10.0.0.1,1001," + b"1" * 5000 + b"\n",
    "large.json": b'[{"ip_address": "10.0.0.1", "chat_id": 1001, "interval": ' + b"1" * 400 + b"}]",
    "large.toml": b"[[monitor]]\nip_address = '10.0.0.1'\nchat_id = 1001\ninterval = " + b"1" * 400,
    "source.csv": b"ip_address,chat_id,source\n10.0.0.1,1001,eth\x1b[31m\n",
    "packed.csv": b"\x1f\x8b\x08\0\0\0\0\0\x02\xff",
    "thread.json": b'[{"ip_address": "10.0.0.1", "chat_id": 1001, "thread_id": 1e300}]',
}


def ctl(
    address: Path | str,
    *arguments: bytes | str,
    data: bytes = b"",
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [str(BIN / "pingmonctl"), "--server_address", str(address), *arguments],
        input=data,
        capture_output=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "PINGMON_TOKEN": TOKEN} | (environment or {}),
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    for text in (done.stdout, done.stderr):
        assert b"\x1b" not in text and "\x9b".encode() not in text and "\u202e".encode() not in text
    return done


@pytest.mark.timeout(300)
def test_bad_texts_and_files_are_refused_in_words(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    pingmon.start()
    for text in BAD_TEXT:
        add = [*(b"add-mon", b"--chat_id", b"1001", b"--ip_address", b"10.0.0.1", b"--name"), text]
        done = ctl(pingmon.socket, *add)
        assert done.returncode == 1 and b"name" in done.stderr, (text, done)
        for address, chat in ((text, b"1001"), (b"10.0.0.1", text)):
            done = ctl(pingmon.socket, "add-mon", "--ip_address", address, "--chat_id", chat)
            assert done.returncode == 1
        for name in ("source", "accept_from"):
            done = ctl(pingmon.socket, *ADD, f"--{name}".encode() + b"=" + text)
            assert done.returncode == 1 and name.encode() in done.stderr, (text, done)
    for name, content in BAD_FILES.items():
        file = tmp_path / name
        file.write_bytes(content)
        for command in ("import", "apply"):
            for path, data in ((str(file), b""), ("-", content)):
                done = ctl(pingmon.socket, command, path, "--no_verify", data=data)
                assert done.returncode == 1 and done.stderr.count(b"\n") < 25, (name, done)
    assert ctl(pingmon.socket, "export").stdout.count(b"\n") == 1
    assert "Traceback" not in pingmon.log.read_text()


@pytest.mark.timeout(120)
def test_a_terminal_of_another_encoding_is_no_reason_to_fail(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add("10.0.0.1", "--name", "дом 🏠")
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    for environment in (plain, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "ascii"}):
        for arguments in (("list-mon",), ("list-mon", "-o", "json"), ("status",), ("import", "нет")):
            ctl(pingmon.socket, *arguments, environment=environment)
        exported = ctl(pingmon.socket, "export", environment=environment).stdout
        assert "дом 🏠".encode() in exported
        again = ctl(pingmon.socket, "import", "-", data=exported, environment=environment)
        assert again.stdout.startswith(b"0 added, 1"), again.stderr


SAID = [
    b"", b"\n", b"hello\n", b"{}\n", b"[]\n", b"null\n", b"\xff\n", b'{"jsonrpc":"2.0"}\n',
    b"[" * 5000 + b"\n",
    b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"\\u001b[31m \\u202e"}}\n',
]  # fmt: skip


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[tuple[Path, list[bytes]]]:
    """Something that listens and says what the list's first item is."""
    path, says = tmp_path / "socket", [b""]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(says[0])

        threading.Thread(target=serve, daemon=True).start()
        yield path, says
        listener.shutdown(socket.SHUT_RDWR)


def test_whatever_listens_there_is_told_apart_from_pingmond(stranger: tuple[Path, list[bytes]]) -> None:
    path, says = stranger
    for said in SAID:
        says[0] = said
        for command in ("status", "list-mon", "export"):
            assert ctl(path, command).returncode in (1, 3), said


def every_command() -> list[str]:
    commands: dict[str, Any] = build_parser()._subparsers._group_actions[0].choices  # type: ignore
    return list(commands)


@pytest.mark.parametrize("command", every_command())
def test_no_command_ends_in_a_traceback_without_a_daemon(tmp_path: Path, command: str) -> None:
    if command in ("help", "version"):  # these ask no daemon
        assert ctl(tmp_path / "none", command).returncode == 0
        return
    assert ctl(tmp_path / "none", command).returncode in (1, 2, 3)
    assert ctl("x" * 300, command, "--id", b"\xff\xfe").returncode in (1, 2, 3)
    assert ctl(tmp_path / "none", command, b"\xff").returncode in (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("дом 🏠", "дом 🏠"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb\u2028", "a\\u202eb\\u2028"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("\U0010ffff", "\\U0010ffff"),
        ("a\nb\t", "a\\x0ab\\x09"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert safe(text) == shown
    assert json.loads(json_text({text: [text]})) == {text: [text]}


def test_lines_stay_lines() -> None:
    assert safe_lines("a\nb\x1b") == "a\nb\\x1b"


def test_the_value_of_a_json_answer_is_not_changed(capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    from pingmon.client.output import show

    value: dict[str, Any] = {"name": "a\x9b\u202e🏠", "loss": 0.1}
    show(argparse.Namespace(output="json"), value, "")
    printed = capsys.readouterr().out
    assert json.loads(printed) == value and "\x9b" not in printed and "🏠" in printed
