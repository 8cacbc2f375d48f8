"""TCP servers in a lab's peer namespace: they accept on ports of all its addresses and close.

Run by itself: `python -m tests.support.tcp_servers LOG PORT...`. LOG gets a line for each SYN that comes
to one of the ports, also where a firewall takes it: monotonic seconds, source port, address, port.
"""

import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.support.lab import Lab
from tests.support.paths import ROOT

_ETH_IP, _TCP, _SYN, _ACK = 0x0800, 6, 2, 16


class TcpServers:
    """While the block runs. `ports` take connections; SYNs to them are seen until the end."""

    def __init__(self, lab: Lab, log: Path, *ports: int) -> None:
        self._lab, self.log, self.ports = lab, log, ports
        self._log_from: subprocess.Popen[str] | None = None

    def open(self) -> None:
        module = [sys.executable, "-m", "tests.support.tcp_servers", str(self.log), *map(str, self.ports)]
        inside = ["ip", "netns", "exec", self._lab.peer, *module]
        self._log_from = subprocess.Popen(inside, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._log_from.stdout is not None
        assert self._log_from.stdout.readline() == "ready\n"

    def close(self) -> None:
        """From now on the ports are closed."""
        if self._log_from is not None:
            self._log_from.kill()
            self._log_from.wait()
            self._log_from = None

    def probes(self, address: str, port: int) -> list[float]:
        """When each connection was begun, not when its SYN was sent again; seconds."""
        first: dict[str, float] = {}
        for line in self.log.read_text().splitlines():
            at, source, to, number = line.split()
            if (to, number) == (address, str(port)):
                first.setdefault(source, float(at))
        return sorted(first.values())

    def __enter__(self) -> "TcpServers":
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _accept(port: int) -> None:
    with socket.create_server(("", port), backlog=1000) as server:
        while True:
            accepted, _ = server.accept()
            accepted.close()


def main(log: str, *ports: str) -> None:
    for port in ports:
        threading.Thread(target=_accept, args=(int(port),), daemon=True).start()
    # Before the firewall, as tcpdump sees them.
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_IP)) as wire:
        print("ready", flush=True)
        with Path(log).open("a", buffering=1) as file:
            while True:
                packet = wire.recv(200)
                start = (packet[0] & 15) * 4
                if packet[9] != _TCP or packet[start + 13] & (_SYN | _ACK) != _SYN:
                    continue
                source, port_to = struct.unpack_from("!HH", packet, start)
                to = socket.inet_ntoa(packet[16:20])
                file.write(f"{time.monotonic():.4f} {source} {to} {port_to}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
