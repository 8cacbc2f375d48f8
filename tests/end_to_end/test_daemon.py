"""The real daemon, the real client, real packets, a real HTTP server standing in for Telegram."""

import json
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from pingmon.api.protocol import LineReader
from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, until

A, B, V6, REFUSED = "10.0.0.1", "10.0.0.2", "fd00:1::1", "10.0.0.9"
FAST = ("--interval", "1", "--timeout", "1")


def texts(pingmon: Pingmon) -> list[str]:
    return [message["text"] for message in pingmon.messages()]


def test_silence_icmp_errors_ipv6_and_link_local_are_told_and_nothing_else(
    lab: Lab, pingmon: Pingmon
) -> None:
    pingmon.start()
    local = "fe80::2%v0"
    for address in (A, B, V6, local, REFUSED):
        pingmon.add(address, *FAST)
    pingmon.wait_state("up", A, B, V6, local, REFUSED)
    assert texts(pingmon) == []
    lab.unplug(B)
    lab.unplug(V6, "fe80::2", into="silent6")
    lab.unplug(REFUSED, into="refused")
    pingmon.wait_state("down", B, V6, local, REFUSED)
    # Changes of one moment may share a message; each device is told once.
    until(lambda: all(told(pingmon, one) == 1 for one in (B, V6, local, REFUSED)), what="all told")
    refused = next(line for line in "\n".join(texts(pingmon)).splitlines() if REFUSED in line)
    assert "unreachable (type 3, code 1) from 10." in refused
    assert pingmon.monitors()[A]["state"] == "up"
    lab.plug(B)
    pingmon.wait_state("up", B)
    until(lambda: told(pingmon, B) == 2, what="the recovery to be told")
    assert "up again" in texts(pingmon)[-1]
    assert pingmon.stop() == 0
    assert told(pingmon, A) == 0


def told(pingmon: Pingmon, address: str) -> int:
    """How many lines name a device."""
    lines = "\n".join(texts(pingmon)).splitlines()
    return sum(bool(re.search(rf"{re.escape(address)}\b", line)) for line in lines)


def test_a_local_failure_says_nothing_about_the_device(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    lab.in_here("ip", "route", "add", "unreachable", A)
    pingmon.wait_state("unknown", A)
    assert "No route to host" in pingmon.monitors()[A]["reason"]
    time.sleep(6)  # what must not happen has no event to wait for
    assert pingmon.monitors()[A]["state"] == "unknown"
    assert texts(pingmon) == []


@pytest.mark.alone
def test_delay_from_unplugging_to_the_message_at_defaults(lab: Lab, pingmon: Pingmon) -> None:
    """Ten devices, a chat each (one chat takes a message a second)."""
    pingmon.start()
    devices = [f"10.0.1.{number}" for number in range(1, 11)]
    for number, address in enumerate(devices):
        pingmon.ctl("add-mon", "--chat_id", str(1001 + number), "--ip_address", address)
    pingmon.wait_state("up", *devices)
    lab.unplug(*devices)
    began = time.time()
    delays = [message["at"] - began for message in pingmon.wait_messages(10)]
    assert max(delays) <= 10 + 2 * 1 + 2 + 0.5


def test_restart_and_crash_forget_nothing_and_repeat_nothing(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.add(B, *FAST)
    pingmon.wait_state("up", A, B)
    assert pingmon.stop() == 0
    pingmon.start()
    pingmon.wait_state("up", A, B)
    assert texts(pingmon) == []
    pingmon.stop(signal.SIGKILL)
    lab.unplug(B)
    pingmon.start()
    message = pingmon.wait_messages(1)[0]["text"]
    assert B in message and "is down" in message
    # Killed before it knows that the message arrived, it would rightly send it again.
    until(lambda: pingmon.status()["outbox"]["waiting"] == 0)
    pingmon.stop(signal.SIGKILL)
    pingmon.start()
    pingmon.wait_state("down", B)
    assert len(texts(pingmon)) == 1


def test_one_thread_per_address_add_and_delete_are_idempotent(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    first = pingmon.add(A, *FAST)
    again = pingmon.ctl("add-mon", "--chat-id", "1001", "--ip-address", A, *FAST)
    assert again.stdout.strip() == first and "already" in again.stderr
    other = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", A, "--interval", "3", check=False)
    assert other.returncode == 1 and first in other.stderr
    second = pingmon.ctl("add-mon", "--chat_id=-1002", "--ip_address", A, *FAST).stdout.strip()
    assert second != first
    assert threads(pingmon).count(A) == 1
    assert pingmon.ctl("del-mon", "--id", first[:8]).stdout.strip() == first
    gone = pingmon.ctl("del-mon", "--id", first)
    assert gone.returncode == 0 and "before" in gone.stderr
    pingmon.ctl("del-mon", "--id", second)
    until(lambda: A not in threads(pingmon), what="the worker to end")
    unknown = pingmon.ctl("del-mon", "--id", "00000000-0000-0000-0000-000000000000", check=False)
    assert unknown.returncode == 1


def threads(pingmon: Pingmon) -> list[str]:
    assert pingmon.daemon is not None
    names = Path(f"/proc/{pingmon.daemon.pid}/task").glob("*/comm")
    return [name.read_text().strip() for name in names]


def test_a_wrong_token_or_chat_is_refused_and_the_token_shows_nowhere(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start("--log-level=debug")
    wrong = "987654321:AAHanotherCanaryToken"
    said = [
        pingmon.ctl("add-mon", "--chat_id", chat, "--ip_address", A, check=False, PINGMON_TOKEN=token)
        for chat, token in (("1001", wrong), ("4242", TOKEN), ("-1003", TOKEN), ("1001", "nonsense"))
    ]
    assert [one.returncode for one in said] == [1, 1, 1, 1]
    assert "Unauthorized" in said[0].stderr and "chat not found" in said[1].stderr
    assert "left" in said[2].stderr
    assert pingmon.monitors() == {}
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()
    unreachable = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", A, check=False)
    assert unreachable.returncode == 1 and "--no_verify" in unreachable.stderr
    pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", B, "--no_verify", *FAST)
    pingmon.wait_state("up", B)
    lab.unplug(B)
    until(lambda: pingmon.monitors()[B]["delivery"] != "ok", what="the failed delivery to show")
    shown = pingmon.log.read_text() + pingmon.ctl("list-mon", "-o", "json").stdout
    shown += "".join(one.stdout + one.stderr for one in [*said, unreachable])
    assert "CanaryToken" not in shown
    pingmon.start_api()
    pingmon.wait_messages(1, timeout=60)
    until(lambda: pingmon.monitors()[B]["delivery"] == "ok", what="the delivery to be ok")


def test_500_targets_20_down_nothing_else_told(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    devices = [f"10.0.{2 + number // 250}.{number % 250 + 1}" for number in range(500)]
    add_many(pingmon, devices)
    until(lambda: states(pingmon)["up"] == 500, 30, "500 devices to be up")
    lab.unplug(*devices[:20])
    until(lambda: states(pingmon)["down"] == 20, 20, "20 devices to be down")
    began = time.monotonic()
    assert pingmon.stop() == 0
    assert time.monotonic() - began < 5


def states(pingmon: Pingmon) -> dict[str, int]:
    counts: dict[str, int] = pingmon.status()["states"]
    return counts


def add_many(
    pingmon: Pingmon,
    addresses: list[str],
    chat: int = 1001,
    token: str = TOKEN,
    interval: float = 1,
) -> None:
    same = {"chat_id": chat, "token": token, "interval": interval}
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(pingmon.socket))
        for start in range(0, len(addresses), 500):
            some = [{"ip_address": one} | same for one in addresses[start : start + 500]]
            params = {"monitors": some, "verify": False}
            call = {"jsonrpc": "2.0", "id": 1, "method": "import_mon", "params": params}
            sock.sendall(json.dumps(call).encode() + b"\n")
            answer = json.loads(LineReader(sock, None).read() or b"")
            assert answer["result"]["created"] == len(some), answer


def test_a_second_instance_and_a_newer_database_are_refused(lab: Lab, pingmon: Pingmon) -> None:
    import sqlite3
    import subprocess

    from tests.support.lab import BIN

    pingmon.start()
    command = [str(BIN / "pingmond"), f"--socket={pingmon.socket}", "--state-dir"]
    same = subprocess.run([*command, str(pingmon.directory / "state")], capture_output=True, text=True)
    assert same.returncode == 1 and "process" in same.stderr
    other = subprocess.run([*command, str(pingmon.directory / "o")], capture_output=True, text=True)
    assert other.returncode == 1 and str(pingmon.socket) in other.stderr
    pingmon.stop()
    database = pingmon.directory / "state" / "pingmon.db"
    assert database.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    newer = subprocess.run([*command, str(database.parent)], capture_output=True, text=True)
    assert newer.returncode == 1 and "newer" in newer.stderr
    database.write_bytes(b"no database at all" * 1000)
    corrupt = subprocess.run([*command, str(database.parent)], capture_output=True, text=True)
    assert corrupt.returncode == 1 and "damaged" in corrupt.stderr
    assert database.read_bytes().startswith(b"no database")
