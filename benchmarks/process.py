"""What processes cost, read from /proc: CPU of whole trees, memory, echo packets of a namespace."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.lab import Lab


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
        at = time.monotonic()
        requests, replies = (
            _counters(lab.peer, "InEchos"),
            _counters(lab.here, "InEchoReps", "InEchoReplies"),
        )
        return cls(requests, replies, at)

    def since(self, before: "Echoes") -> "Echoes":
        return Echoes(self.requests - before.requests, self.replies - before.replies, self.at - before.at)


def _counters(namespace: str, name: str, name6: str = "") -> int:
    command = ["ip", "netns", "exec", namespace, "cat", "/proc/net/snmp", "/proc/net/snmp6"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    names, values = (line.split() for line in lines if line.startswith("Icmp:"))
    total = int(values[names.index(name)])
    for line in lines:
        if line.startswith(f"Icmp6{name6 or name}"):
            total += int(line.split()[1])
    return total
