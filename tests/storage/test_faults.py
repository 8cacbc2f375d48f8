"""What breaks under the running daemon: a full disk, a database that is removed, a clock set back."""

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.monitor import ChannelRequest, MonitorRequest
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.sqlite.transactions import StorageUnavailable
from pingmon.storage.store import Store
from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, run, until

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
FAST = ("--interval", "1", "--timeout", "1")


@pytest.fixture
def small_disk(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "state"
    place.mkdir(mode=0o700)
    run("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(place))
    yield place
    run("umount", "--lazy", str(place))


def fill(place: Path) -> Path:
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def ask(pingmon: Pingmon, method: str, **params: Any) -> dict[str, Any]:
    """The whole answer."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(pingmon.socket))
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        sock.sendall(json.dumps(call).encode() + b"\n")
        answer: dict[str, Any] = json.loads(sock.makefile().readline())
        return answer


@pytest.mark.alone
def test_a_full_disk_delays_and_loses_nothing(lab: Lab, small_disk: Path, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.add(B, *FAST)
    pingmon.wait_state("up", A, B)
    ballast = fill(small_disk)
    lab.unplug(A)
    pingmon.wait_state("down", A)  # as the daemon sees it; it could not write that down
    until(lambda: "disk is full" in pingmon.log.read_text(), what="the log to say so")
    (said,) = [one for one in pingmon.status()["conditions"] if one["kind"] == "database"]
    assert "database or disk is full; what is decided waits for it" in said["words"] and said["since"]
    checked = pingmon.ctl("status", "--check", check=False)
    assert checked.returncode == 1 and said["words"] in checked.stdout
    refused = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", C, *FAST, check=False)
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    assert "can't be written now, nothing was changed" in refused.stderr
    params = {"ip_address": C, "chat_id": "1001", "token": TOKEN, "verify": False}
    answer = ask(pingmon, "add_mon", **params)["error"]
    assert (answer["code"], answer["data"]["kind"]) == (-32603, "storage")
    time.sleep(5)  # what must not happen has no event to wait for: a flood in the log
    assert set(pingmon.monitors()) == {A, B} and pingmon.messages() == []
    log = pingmon.log.read_text()
    assert log.count("the database can't be used") == 1 and "Traceback" not in log
    ballast.unlink()
    assert "is down" in pingmon.wait_messages(1)[0]["text"]
    until(lambda: "takes writes again" in pingmon.log.read_text(), what="the log to say so")
    assert "database" not in [one["kind"] for one in pingmon.status()["conditions"]]
    # Killed between delivery and commit it would be told again, which is another test's.
    until(lambda: not pingmon.status()["outbox"]["waiting"], what="the delivery to be remembered")
    pingmon.stop(signal.SIGKILL)
    pingmon.start()
    assert set(pingmon.monitors()) == {A, B}
    assert pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", C, *FAST).stdout
    assert len(pingmon.messages()) == 1


@pytest.mark.alone
def test_a_full_disk_is_a_condition_of_health_until_there_is_space_also_without_a_monitor(
    lab: Lab, small_disk: Path, pingmon: Pingmon
) -> None:
    """Nothing writes by itself then."""
    pingmon.start()
    ballast = fill(small_disk)
    refused = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", A, *FAST, check=False)
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    assert "can't be written now" in refused.stderr
    health = pingmon.status()["health"]
    assert health.startswith("degraded: the database can't be used since ")
    ballast.unlink()
    until(lambda: pingmon.status()["health"] == "ok", what="health to be well again")
    pingmon.add(A, *FAST)
    assert "Traceback" not in pingmon.log.read_text()


def remove(state: Path) -> None:
    for name in ("pingmon.db", "pingmon.db-wal", "pingmon.db-shm"):
        (state / name).unlink(missing_ok=True)


def test_a_database_that_is_removed_is_put_back(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.add(B, *FAST)
    pingmon.wait_state("up", A, B)
    state = pingmon.directory / "state"
    remove(state)
    pingmon.add(C, *FAST)  # acknowledged at this moment: it is in a file that has a name
    pingmon.stop(signal.SIGKILL)
    assert (state / "pingmon.db").stat().st_mode & 0o777 == 0o600
    pingmon.start()
    assert set(pingmon.monitors()) == {A, B, C}
    assert pingmon.log.read_text().count("was removed while pingmond ran: it was put back") == 1
    pingmon.wait_state("up", A, B, C)
    remove(state)
    until(lambda: (state / "pingmon.db").exists(), 5, "an idle daemon to put it back")
    lab.unplug(A)
    assert "is down" in pingmon.wait_messages(1)[0]["text"]
    pingmon.stop()
    with sqlite3.connect(state / "pingmon.db") as found:
        assert found.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert found.execute("SELECT count(*) FROM transitions WHERE after = 'down'").fetchone() == (1,)
    found.close()
    left = sorted(path.name for path in state.iterdir())
    assert left == ["pingmon.db", "pingmond.lock", "pingmond.stopped"]


def test_a_clock_that_is_set_back_an_hour_stops_nothing(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    libraries = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        pytest.fail("needs Debian's package faketime, to set the clock of one process")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    pingmon.environment = {
        "LD_PRELOAD": str(libraries[0]),
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
    }
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.add(B, *FAST)
    pingmon.wait_state("up", A, B)
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()
    lab.unplug(B)
    pingmon.wait_state("down", B)
    clock.write_text("-3600")
    lab.unplug(A)
    pingmon.wait_state("down", A)
    until(lambda: pingmon.status()["outbox"]["waiting"] == 2, what="both to be queued")
    status = pingmon.status()
    assert [one["kind"] for one in status["conditions"]] == ["unreachable"]  # nothing else is ill
    pingmon.start_api()
    until(lambda: all(one in str(pingmon.messages()) for one in (A, B)), 90, "both to be told")
    lab.plug(A)
    pingmon.wait_state("up", A)
    until(lambda: "again" in str(pingmon.messages()), 30, "the recovery to be told")
    assert 0 < pingmon.monitors()[A]["last_rtt_ms"] < 1000
    since = datetime.fromisoformat(pingmon.monitors()[A]["since"]).timestamp()
    assert 3500 < time.time() - since < 3700
    assert "Traceback" not in pingmon.log.read_text()


def wanted(number: int) -> MonitorRequest:
    return MonitorRequest(
        f"10.0.0.{number}",
        "ping",
        ChannelRequest("telegram", "1:abc", "bot", "1", None),
        DetectionSettings(),
    )


def addresses(path: Path) -> set[str]:
    store = Store(open_database(path))
    found = {monitor.address for monitor, _ in store.load()}
    store.close()
    return found


def test_what_is_written_while_the_file_is_removed_again_and_again_is_kept(tmp_path: Path) -> None:
    """Writers in several threads, a remover beside them: what was acknowledged is there at the end."""
    path = tmp_path / "pingmon.db"
    store = Store(open_database(path))
    done: list[str] = []
    ended = threading.Event()

    def write(start: int) -> None:
        for number in range(start, start + 40):
            store.add([wanted(number)])
            done.append(f"10.0.0.{number}")

    def spoil() -> None:
        while not ended.wait(0.05):
            remove(tmp_path)

    writers = [threading.Thread(target=write, args=(one,)) for one in (1, 51, 101)]
    remover = threading.Thread(target=spoil)
    for thread in (*writers, remover):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    remover.join()
    store.check_file()
    copy = tmp_path / "after the crash"
    copy.mkdir()
    for file in tmp_path.glob("pingmon.db*"):
        shutil.copy(file, copy)
    assert len(done) == 120
    assert addresses(copy / "pingmon.db") == set(done)
    store.close()


def test_a_copy_that_was_whole_when_the_process_died_is_used(tmp_path: Path) -> None:
    path, fresh = tmp_path / "pingmon.db", tmp_path / "pingmon.db.new"
    store = Store(open_database(path))
    store.add([wanted(1)])
    store.close()
    path.rename(fresh)
    assert addresses(path) == {"10.0.0.1"} and not fresh.exists()
    fresh.write_bytes(b"")  # the process died before it was whole
    assert addresses(path) == {"10.0.0.1"} and not fresh.exists()
    path.unlink()
    fresh.write_bytes(b"")
    assert addresses(path) == set()


def test_another_file_in_its_place_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, other = tmp_path / "pingmon.db", tmp_path / "copy" / "pingmon.db"
    other.parent.mkdir()
    detector_state_from_json = Store(open_database(other))
    detector_state_from_json.add([wanted(1), wanted(2)])
    detector_state_from_json.close()
    store = Store(open_database(path))
    store.add([wanted(3)])
    before = other.read_bytes()
    other.rename(path)
    store.add([wanted(4)])
    assert {monitor.address for monitor, _ in store.load()} == {"10.0.0.3", "10.0.0.4"}
    assert path.read_bytes() == before
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "restart pingmond" in caplog.text
    store.close()
    assert addresses(path) == {"10.0.0.1", "10.0.0.2"}


def test_who_reads_does_not_wait_for_who_writes(tmp_path: Path) -> None:
    store = Store(open_database(tmp_path / "pingmon.db"))
    monitor = store.add([wanted(1)])[0].monitor
    other = sqlite3.connect(tmp_path / "pingmon.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    assert store.resolve_id(monitor.id) == monitor.id and len(store.load()) == 1
    assert store.outbox.pending(1) == [] and store.outbox.depth() == (0, 0.0)
    assert store.outbox.suspended(1) == {} and store.channels.account_of(monitor.id)
    assert time.monotonic() - began < 5
    other.execute("ROLLBACK")
    other.close()
    store.close()


def test_a_directory_that_is_gone_is_said_and_nothing_is_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    store = Store(open_database(state / "pingmon.db"))
    store.add([wanted(1)])
    shutil.rmtree(state)
    try:
        store.add([wanted(2)])
    except StorageUnavailable:
        pytest.fail("what can be remembered in the old file is")
    assert "can't be put back" in caplog.text
    assert len(store.load()) == 2
    store.close()
    assert subprocess.run(["ls", str(tmp_path)], capture_output=True).stdout == b""
