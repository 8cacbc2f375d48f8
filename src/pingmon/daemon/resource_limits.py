"""What many threads need, and how many workers (a thread per monitored address) the machine allows.

A thread takes a task (cgroup, kernel.threads-max, kernel.pid_max) and two memory maps, its stack and
the guard below it (vm.max_map_count). docs/performance.md has the numbers.
"""

import ctypes
import resource
from pathlib import Path

from pingmon.engine.worker_threads import WorkerLimit

ROOM = 500  # threads for senders, clients and ourselves
MAPS_OF_OURS, MAPS_DEFAULT = 2000, 65530  # the kernel's default, for when /proc/sys is hidden from us
DESCRIPTORS = 65_536  # that are asked for where the limit is a soft one; a connection under way takes one
_PR_FUTEX_HASH, _PR_FUTEX_HASH_SET_SLOTS = 78, 1
_FUTEX_SLOTS = 16_384  # of 64 bytes; a power of two
_M_ARENA_MAX = -8
_libc = ctypes.PyDLL(None)


def configure_for_many_threads() -> None:
    """Call it once, before there are many threads.

    From Linux 6.16 on a process has a hash table of its own for waiting threads (futexes), sized by
    the processors: 16 slots on two. Each time that the interpreter's lock is handed on the kernel
    walks a slot, and the workers all wait in them: 1,250 per slot with 20,000. Older kernels have
    one table for all, large enough, and refuse this.

    malloc(3) gives threads up to 8 arenas per processor, lest they wait for each other. Ours hold
    the interpreter's lock while they allocate, and each arena has memory that nobody uses.
    """
    _libc.prctl(_PR_FUTEX_HASH, _PR_FUTEX_HASH_SET_SLOTS, _FUTEX_SLOTS, 0, 0)
    if hasattr(_libc, "mallopt"):  # not in musl
        _libc.mallopt(_M_ARENA_MAX, 1)


def raise_descriptor_limit() -> None:
    """Up to what the unit or the shell allows. Call it before anything asks how many there may be.

    Shells allow 1,024 at first, for programs that use select(2); this one does not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def worker_limit(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> WorkerLimit:
    """The tightest limit. What can't be read does not limit: the attempt will tell."""
    maps = _number(proc / "sys/vm/max_map_count") or MAPS_DEFAULT
    found = [WorkerLimit((maps - MAPS_OF_OURS) // 2, "vm.max_map_count")]
    for name in ("threads-max", "pid_max"):
        if count := _number(proc / "sys/kernel" / name):
            found.append(WorkerLimit(count - ROOM, f"kernel.{name}"))
    for file in _pids_max(proc, cgroups):
        if count := _number(file):
            found.append(WorkerLimit(count - ROOM, "TasksMax= of the unit"))
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    if processes != resource.RLIM_INFINITY:
        found.append(WorkerLimit(processes - ROOM, "LimitNPROC= of the unit"))
    return max(WorkerLimit(1, ""), min(found))


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
