"""What `pingmonctl list-mon` of ten monitors costs, against a bare interpreter and its like.

Whole processes in turn. supervisorctl and fail2ban-client ask servers of their own, in a temporary
directory, with Debian's Python; pingmonctl and the bare interpreter are started with this one.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.lab import until

from benchmarks.fleet import field, ipv4
from benchmarks.packages import UNPACKED, program, python_programs, unpack, version
from benchmarks.report import Options, table

RUNS = 25
BARE = [sys.executable, "-c", "import argparse, json, socket"]
SUPERVISORD = """[unix_http_server]
file={0}/supervisor.sock
[supervisord]
logfile={0}/supervisord.log
pidfile={0}/supervisord.pid
nodaemon=true
childlogdir={0}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{0}/supervisor.sock
[program:device]
command=sleep 3600
process_name=device%(process_num)d
numprocs=10
"""
Command = tuple[list[str], dict[str, str]]  # and its environment


def cost(command: Command) -> tuple[float, float]:
    """Wall and CPU milliseconds of one run."""
    began = time.perf_counter()
    process = subprocess.Popen(command[0], stdout=subprocess.DEVNULL, env=command[1])
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return (time.perf_counter() - began) * 1000, (usage.ru_utime + usage.ru_stime) * 1000


@contextmanager
def served(server: list[str], client: list[str]) -> Iterator[Command]:
    """The client's command, once the server answers it."""
    environment = python_programs()
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(server, env=environment, stdout=quiet, stderr=quiet)
    try:

        def answers() -> bool:
            return subprocess.run(client, env=environment, stdout=quiet, stderr=quiet).returncode == 0

        until(answers, 20, " ".join(client))
        yield client, environment
    finally:
        child.terminate()
        child.wait(30)


@contextmanager
def supervisor() -> Iterator[Command]:
    """supervisord with ten programs."""
    unpack("supervisor", "python3-pkg-resources")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "supervisord.conf"
        file.write_text(SUPERVISORD.format(directory))
        start = ["/usr/bin/python3", program("supervisor", "supervisord"), "-c", str(file)]
        ask = ["/usr/bin/python3", program("supervisor", "supervisorctl"), "-c", str(file), "status"]
        with served(start, ask) as client:
            yield client


@contextmanager
def fail2ban() -> Iterator[Command]:
    """fail2ban-server without jails."""
    unpack("fail2ban")
    with tempfile.TemporaryDirectory() as directory:
        shipped = (UNPACKED / "etc/fail2ban/fail2ban.conf").read_text()
        own = re.sub(r"^dbfile = .*", "dbfile = None", shipped, flags=re.MULTILINE)
        (Path(directory) / "fail2ban.conf").write_text(own)
        (Path(directory) / "jail.conf").write_text("[DEFAULT]\n")
        options = ["-c", directory, "-s", f"{directory}/socket", "-p", f"{directory}/pid"]
        log = ["--logtarget", f"{directory}/log"]
        start = [
            "/usr/bin/python3",
            program("fail2ban", "fail2ban-server"),
            *options,
            *log,
            "-f",
            "start",
        ]
        ask = ["/usr/bin/python3", program("fail2ban", "fail2ban-client"), *options, "status"]
        with served(start, ask) as client:
            yield client


def client(options: Options) -> str:
    count = 2 if options.quick else RUNS
    with ExitStack() as stack:
        made = stack.enter_context(field(ipv4(10)))
        address = f"unix:{made.pingmon.socket}"
        ctl = str(Path(sys.executable).parent / "pingmonctl")
        # First, as only what was unpacked has a version.
        supervisorctl, fail2ban_client = map(stack.enter_context, (supervisor(), fail2ban()))
        commands: dict[str, Command] = {
            "python -c 'import argparse, json, socket'": (BARE, dict(os.environ)),
            "pingmonctl list-mon, 10 monitors": (
                [ctl, "--server_address", address, "list-mon"],
                dict(os.environ),
            ),
            f"supervisorctl status, 10 programs ({version('supervisor')})": supervisorctl,
            f"fail2ban-client status, no jails ({version('fail2ban')})": fail2ban_client,
        }
        runs = [[cost(command) for command in commands.values()] for _ in range(count)]
    rows = []
    for index, name in enumerate(commands):
        wall, cpu = (statistics.median(run[index][kind] for run in runs) for kind in (0, 1))
        times = [statistics.median(run[index][kind] / run[0][kind] for run in runs) for kind in (0, 1)]
        rows.append((name, f"{wall:.0f} ms", f"{cpu:.0f} ms", f"{times[0]:.2f}", f"{times[1]:.2f}"))
    head = ("command", "wall", "CPU", "wall, times the bare", "CPU, times the bare")
    return f"Medians of {count} in turn; the goal is at most 2 times the bare one.\n\n{table(head, rows)}"
