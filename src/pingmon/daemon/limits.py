"""How many workers this machine has room for: one thread per monitored address.

A thread takes a task (cgroup, kernel.threads-max, kernel.pid_max) and two memory maps, its stack and
the guard below it (vm.max_map_count). docs/performance.md has the numbers.
"""

import resource
from pathlib import Path
from typing import NamedTuple

ROOM = 500  # threads for senders, clients and ourselves
MAPS_OF_OURS, MAPS_DEFAULT = 2000, 65530  # the kernel's default, for when /proc/sys is hidden from us


class Limit(NamedTuple):
    """workers: how many. what: which setting says so."""

    workers: int
    what: str


def most_workers(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> Limit:
    """The tightest limit. What can't be read does not limit: the attempt will tell."""
    maps = _number(proc / "sys/vm/max_map_count") or MAPS_DEFAULT
    found = [Limit((maps - MAPS_OF_OURS) // 2, "vm.max_map_count")]
    for name in ("threads-max", "pid_max"):
        if count := _number(proc / "sys/kernel" / name):
            found.append(Limit(count - ROOM, f"kernel.{name}"))
    for file in _pids_max(proc, cgroups):
        if count := _number(file):
            found.append(Limit(count - ROOM, "TasksMax= of the unit"))
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    if processes != resource.RLIM_INFINITY:
        found.append(Limit(processes - ROOM, "LimitNPROC= of the unit"))
    return max(Limit(1, ""), min(found))


def _pids_max(proc: Path, cgroups: Path) -> list[Path]:
    """pids.max of our cgroup and those above it, in either version of cgroups."""
    files = []
    try:
        lines = (proc / "self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "pids"):
            top = cgroups / controllers
            own = top / path.lstrip("/")
            files += [folder / "pids.max" for folder in (own, *own.parents) if folder.is_relative_to(top)]
    return files


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # "max" is no limit
        return None
