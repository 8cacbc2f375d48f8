"""Only a dead socket is replaced, and at the end only the own one is removed."""

import socket
import subprocess
from pathlib import Path

import pytest

from pingmon.daemon import process_lock
from tests.support.lab import BIN


@pytest.mark.parametrize("kind", ["file", "directory", "link", "dangling link"])
def test_what_is_no_socket_is_left_alone(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "f", tmp_path / "other"
    if kind == "directory":
        path.mkdir()
    elif kind == "file":
        path.write_text("precious")
    else:
        path.symlink_to(other)
        if kind == "link":
            other.write_text("precious")
    with pytest.raises(FileExistsError, match="not a socket"):
        process_lock.listen(str(path))
    assert path.is_symlink() or path.is_dir() or path.read_text() == "precious"
    assert kind != "link" or other.read_text() == "precious"


def test_a_socket_of_another_kind_is_somebody_elses(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(path)
        with pytest.raises(process_lock.AlreadyRunning):
            process_lock.listen(path)
    assert Path(path).is_socket()


def test_a_live_socket_whose_queue_is_full_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "s")
    monkeypatch.setattr(process_lock, "ANSWER_WITHIN", 0.2)
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as first:
        busy.bind(path)
        busy.listen(0)
        first.connect(path)
        with pytest.raises(process_lock.AlreadyRunning):
            process_lock.listen(path)


def test_at_the_end_only_the_own_socket_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = process_lock.SocketFile(str(path))
    path.unlink()
    second = process_lock.SocketFile(str(path))
    first.close()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    second.close()
    assert not path.exists()


def test_at_the_end_a_file_that_took_its_place_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = process_lock.SocketFile(str(path))
    path.unlink()
    path.write_text("precious")
    first.close()
    assert path.read_text() == "precious"


def test_pingmond_says_so_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("precious")
    command = [str(BIN / "pingmond"), "--socket", str(path), "--state-dir", str(tmp_path / "state")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert str(path) in done.stderr and "not a socket" in done.stderr
    assert path.read_text() == "precious"
    command[2] = str(tmp_path / ("x" * 200))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "too long" in done.stderr
