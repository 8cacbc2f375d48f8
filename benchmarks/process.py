"""What processes cost, read from /proc: CPU of whole trees, memory, echo packets of a namespace."""

import ctypes
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.lab import Lab

_CLONE_NEWNET = 0x40000000


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(_stat(int(entry.name))[1]) == pid:
                found.append(int(entry.name))
        except (OSError, IndexError):
            continue  # ended meanwhile
    return found


def reaped(pid: int) -> float:
    """User + system seconds of a process's children that have ended."""
    fields = _stat(pid)
    return (int(fields[13]) + int(fields[14])) / 100


def cpu(pid: int) -> float:
    """User + system seconds of the whole process tree; exact to the nanosecond for those alive."""
    own = time.clock_gettime(((~pid) << 3) | 2)  # CPUCLOCK_SCHED of another process
    return own + reaped(pid) + sum(cpu(child) for child in children(pid))


def resident(pid: int) -> int:
    """KiB of the whole process tree."""
    status = Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()
    return (int(status[0]) if status else 0) + sum(resident(child) for child in children(pid))


@dataclass(frozen=True)
class Echoes:
    """Echo requests that reached the peer, echo replies that reached the sender, so far; when (s)."""

    requests: int
    replies: int
    at: float

    @classmethod
    def count(cls, lab: Lab) -> "Echoes":
        """The kernel's own counters of both namespaces, IPv4 and IPv6 together."""
        requests, at = _counter(lab.peer, "InEchos"), time.monotonic()
        return cls(requests, _counter(lab.here, "InEchoReps", "InEchoReplies"), at)

    @classmethod
    def connections(cls, lab: Lab) -> "Echoes":
        """TCP connections that the peer took instead, and those that the sender began."""
        opened, at = _of(lab.peer, "Tcp", "PassiveOpens"), time.monotonic()
        return cls(opened, _of(lab.here, "Tcp", "ActiveOpens"), at)

    def since(self, before: "Echoes") -> "Echoes":
        return Echoes(self.requests - before.requests, self.replies - before.replies, self.at - before.at)


def _counter(namespace: str, name: str, name6: str = "") -> int:
    lines = _read(namespace, "snmp", "snmp6").splitlines()
    names, values = (line.split() for line in lines if line.startswith("Icmp:"))
    name6 = f"Icmp6{name6 or name}"
    six = next(line.split()[1] for line in lines if line.split()[0] == name6)
    return int(values[names.index(name)]) + int(six)


def _of(namespace: str, protocol: str, name: str) -> int:
    """A counter of /proc/net/snmp."""
    lines = _read(namespace, "snmp").splitlines()
    names, values = (line.split() for line in lines if line.startswith(f"{protocol}:"))
    return int(values[names.index(name)])


def _read(namespace: str, *files: str) -> str:
    """Files of /proc/net of a namespace, by a thread that goes there: a process would take too long."""
    found: list[str] = []

    def visit() -> None:
        with Path(f"/run/netns/{namespace}").open() as there:
            if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        found.extend(Path(f"/proc/thread-self/net/{file}").read_text() for file in files)

    visitor = threading.Thread(target=visit)
    visitor.start()
    visitor.join()
    return "".join(found)
