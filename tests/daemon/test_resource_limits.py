"""More addresses than there is room for threads: refused in one clear line, nothing half added."""

import subprocess
import sys
from pathlib import Path

import pytest

from pingmon.daemon.resource_limits import worker_limit
from tests.support.lab import Lab, Pingmon


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"sys/vm/max_map_count": "10000\n"}, (4000, "vm.max_map_count")),
        ({"sys/kernel/pid_max": "1500\n"}, (1000, "kernel.pid_max")),
        ({"sys/kernel/threads-max": "2500\n"}, (2000, "kernel.threads-max")),
        ({"self/cgroup": "0::/a/b\n", "cg/a/pids.max": "1600\n", "cg/a/b/pids.max": "max\n"},
         (1100, "TasksMax= of the unit")),
        ({"self/cgroup": "8:pids:/a\n", "cg/pids/a/pids.max": "700\n"}, (200, "TasksMax= of the unit")),
        ({"sys/kernel/pid_max": "10\n"}, (1, "")),
        ({}, (31765, "vm.max_map_count")),
    ],
)  # fmt: skip
def test_the_tightest_limit_counts(
    tmp_path: Path, files: dict[str, str], expected: tuple[int, str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert worker_limit(tmp_path, tmp_path / "cg") == expected


def test_the_kernels_table_of_waiting_threads_has_room_for_thousands() -> None:
    """16 slots for all of them otherwise, from Linux 6.16 on; older kernels do not know the call."""
    asked = "print(limits._libc.prctl(limits._PR_FUTEX_HASH, 2, 0, 0, 0))"  # how many slots
    code = f"from pingmon.daemon import resource_limits as limits; {asked}; "
    code += f"limits.configure_for_many_threads(); {asked}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after == (-1 if before == -1 else 16_384)


def test_descriptors_are_as_many_as_are_allowed() -> None:
    code = "import resource as r; from pingmon.daemon import resource_limits as limits; "
    code += "limits.raise_descriptor_limit(); print(*r.getrlimit(r.RLIMIT_NOFILE))"
    for given, expected in (("256:4096", "4096 4096"), ("2048:2048", "2048 2048")):
        command = ["prlimit", f"--nofile={given}", sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected


def test_beyond_the_limit_adding_is_refused_and_the_daemon_goes_on(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start(wrap=("prlimit", "--nproc=510"))
    for number in range(1, 11):
        pingmon.add(f"10.0.0.{number}", "--interval", "1")
    refused = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", "10.0.0.99", check=False)
    assert refused.returncode == 1 and "LimitNPROC" in refused.stderr and "10 addresses" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    pingmon.ctl("add-mon", "--chat_id", "1002", "--ip_address", "10.0.0.1")  # no thread more
    status = pingmon.status()
    assert (status["monitors"], status["targets"], status["health"]) == (11, 10, "ok")
    pingmon.stop()
    pingmon.start(wrap=("prlimit", "--nproc=505"))
    status = pingmon.status()
    assert status["targets"] == 5 and "are not watched" in status["health"]
    assert "LimitNPROC" in pingmon.log.read_text()


LOGS_AND_ENDS = """
import logging, threading
from pingmon.daemon.logging_setup import configure_logging
from pingmon.engine.light_thread import LightThread

class Once(LightThread):
    def run_once(self):
        logging.warning("a line")
        return False

configure_logging("info")
for _ in range(3):
    one = Once("192.0.2.1")
    one.start()
    one.join()
print(threading.active_count())
"""


def test_a_worker_that_logged_leaves_nothing_behind() -> None:
    """threading keeps a stand-in for every foreign thread that was asked for its name."""
    done = subprocess.run(
        [sys.executable, "-c", LOGS_AND_ENDS], capture_output=True, text=True, check=True
    )
    assert done.stderr.count("a line") == 3
    assert done.stdout == "1\n"
