"""How a peer, one of the tools that pingmon is beside, is run and measured.

A peer is started, left alone for a while, measured from outside for a while and then asked what it
saw. CPU is user + system of its whole process tree; what the kernel does for a packet on its way
through the veth pair, in both directions, is charged to the sender.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.support.lab import Lab

from benchmarks import process
from benchmarks.packages import ROOT, version
from benchmarks.process import Echoes
from benchmarks.report import quantile

WARM = 3.0  # s between start and measurement
MOST_LOST, MOST_CORES, LEAST_SENT = 0.05, 1.9, 0.95


@dataclass(frozen=True)
class Told:
    """What a peer itself says at the end: replies that it lost (share), round-trip times (ms)."""

    lost: float | None = None
    rtt_p50: float | None = None
    rtt_p99: float | None = None
    note: str = ""

    @classmethod
    def of(cls, sent: int, rtts: list[float], note: str = "") -> "Told":
        lost = max(0.0, 1 - len(rtts) / sent) if sent else 1.0
        p50, p99 = (quantile(rtts, share) if rtts else None for share in (0.5, 0.99))
        return cls(lost, p50, p99, note)


@dataclass(frozen=True)
class Result:
    """cpu_us: per ping that was sent; memory: KiB per target; sent: share of targets times seconds."""

    peer: str
    targets: int
    cpu_us: float = 0.0
    cores: float = 0.0
    memory: float | None = None
    sent: float = 0.0
    told: Told = field(default_factory=Told)

    @property
    def collapsed(self) -> str:
        """Why it can't do so many, empty when it can."""
        if self.told.lost is None:
            return self.told.note or "no result"
        if self.told.lost > MOST_LOST:
            return f"{self.told.lost:.0%} lost"
        if self.sent < LEAST_SENT:
            return f"only {self.sent:.0%} sent"
        return f"{self.cores:.1f} cores" if self.cores > MOST_CORES else ""


class Peer:
    """One tool. `launch` starts it; `ask` says what it saw and ends it."""

    name = ""
    package = ""
    warm = WARM
    counted: Callable[[Lab], Echoes] = staticmethod(Echoes.count)  # what it does per target and second
    least = 0.0  # s that it has to be measured for, as some of its work is periodic

    def __init__(self, lab: Lab, directory: Path, addresses: list[str], seconds: float) -> None:
        self.lab, self.directory, self.addresses, self.seconds = lab, directory, addresses, seconds
        self.file = directory / "addresses"
        self.file.write_text("\n".join(addresses) + "\n")
        self.started: list[subprocess.Popen[str]] = []

    @classmethod
    def version(cls) -> str:
        return version(cls.package)

    @property
    def pid(self) -> int:
        return self.started[0].pid

    def cpu(self) -> float:
        """Seconds so far."""
        return process.cpu(self.pid)

    def resident(self) -> int | None:
        return process.resident(self.pid)

    def launch(self) -> None:
        raise NotImplementedError

    def ask(self) -> Told:
        raise NotImplementedError

    def spawn(self, *command: str) -> subprocess.Popen[str]:
        inside = ["ip", "netns", "exec", self.lab.here, *command]
        err = (self.directory / "errors").open("a")
        with err:
            child = subprocess.Popen(inside, cwd=ROOT, stdout=subprocess.PIPE, stderr=err, text=True)
        self.started.append(child)
        return child

    def output(self, child: subprocess.Popen[str]) -> str:
        return child.communicate(timeout=60)[0]

    def fetch(self, url: str) -> str:
        """A page from inside the namespace."""
        code = "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())"
        return self.lab.in_here(sys.executable, "-c", code, url)

    def answers(self, url: str) -> bool:
        try:
            self.fetch(url)
            return True
        except RuntimeError:
            return False

    def close(self) -> None:
        for child in self.started:
            with suppress(ProcessLookupError):
                child.kill()
            child.communicate()


def measure(
    kind: type[Peer], lab: Lab, directory: Path, addresses: list[str], seconds: float, quick: bool = False
) -> Result:
    """One run; a peer that fails gives a result that says so. quick: don't wait until it is settled."""
    seconds = seconds if quick else max(seconds, kind.least)
    peer = kind(lab, directory, addresses, seconds)
    peer.warm = 1.0 if quick else kind.warm
    result = Result(kind.name, len(addresses))
    try:
        peer.launch()
        time.sleep(peer.warm)
        used, before = peer.cpu(), kind.counted(lab)
        time.sleep(seconds)
        used, seen = peer.cpu() - used, kind.counted(lab).since(before)
        memory = peer.resident()
        return Result(
            kind.name,
            len(addresses),
            used / max(1, seen.requests) * 1e6,
            used / seen.at,
            None if memory is None else memory / len(addresses),
            seen.requests / seen.at / len(addresses),
            peer.ask(),
        )
    except subprocess.TimeoutExpired:  # its words have the command, and paths of this machine
        return replace(result, told=Told(note="it did not end in time"))
    except Exception as error:  # whatever it is, the others are still to be measured
        note = f"{type(error).__name__}: {error}".splitlines()[0][:90]
        return replace(result, told=Told(note=note))
    finally:
        peer.close()
