"""A real name server (dnsmasq) for the daemon's namespace, whose answers a test gives."""

import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.lab import Lab, until

ADDRESS = "10.99.0.2"  # in `peer`
TTL = 5  # s
_SILENT = """
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("{}", 53))
while True:
    sock.recv(4096)
"""


def need_dnsmasq() -> None:
    """Skips, or fails in CI, when there is none."""
    if shutil.which("dnsmasq"):
        return
    reason = "needs dnsmasq (Debian: dnsmasq-base)"
    if os.environ.get("CI"):
        pytest.fail(f"CI must not skip this: {reason}")
    pytest.skip(reason)


class NameServer:
    """What /etc/resolv.conf of the namespace names (`ip netns exec` mounts /etc/netns/NAME)."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        need_dnsmasq()
        self.lab, self.hosts, self.log = lab, directory / "names", directory / "dnsmasq.log"
        self._etc = Path("/etc/netns") / lab.here
        self._etc.mkdir(parents=True)
        (self._etc / "hosts").write_text("127.0.0.1 localhost\n")
        self.set_options("timeout:1 attempts:1")
        self._process: subprocess.Popen[bytes] | None = None
        self._names: dict[str, Sequence[str]] = {}
        self.start()

    def set_options(self, options: str) -> None:
        """Of /etc/resolv.conf."""
        (self._etc / "resolv.conf").write_text(f"nameserver {ADDRESS}\noptions {options}\n")

    def serve(self, names: Mapping[str, Sequence[str]]) -> None:
        """Names and their addresses besides those of before."""
        self._names |= names
        lines = [f"{address} {name}\n" for name, its in self._names.items() for address in its]
        self.hosts.write_text("".join(lines))
        if self._process:
            self._process.send_signal(signal.SIGHUP)

    def start(self) -> None:
        self.serve({})
        command = (
            *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts", "--no-resolv"),
            *(f"--addn-hosts={self.hosts}", f"--local-ttl={TTL}", f"--listen-address={ADDRESS}"),
            *("--bind-interfaces", "--log-queries", f"--log-facility={self.log}", "--user=root"),
            *("--pid-file", "--local=/example.net/", "--log-async=100"),
        )
        before = self._starts()
        self._spawn(*command)
        until(lambda: self._starts() > before, 10, "dnsmasq")

    def _starts(self) -> int:
        return self.log.read_text().count("]: started") if self.log.exists() else 0

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def start_silent(self) -> None:
        """In its place something that takes questions and never answers."""
        self.stop()
        self._spawn("python3", "-c", _SILENT.format(ADDRESS))
        until(lambda: ":53 " in self.lab.in_peer("ss", "-lun"), 10, "the silent server")

    def questions(self) -> Counter[str]:
        """How often each name was asked for so far, for whatever type."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return Counter(line.split()[-3] for line in lines if " query[" in line)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._etc)

    def _spawn(self, *command: str) -> None:
        inside = ("ip", "netns", "exec", self.lab.peer, *command)
        self._process = subprocess.Popen(inside, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
