"""Devices behind a bad path: answers echo requests for a whole subnet, from a TUN device.

`python -m tests.tun SUBNET [options]`, run in the peer's namespace. Loss comes in bursts in time
(Gilbert), of each address apart; what is lost may be answered by an ICMP error of a router whose
address is nobody's. Replies are late by a delay with jitter, some come twice. Commands on stdin:
`silence ADDRESS …`, `answer ADDRESS …`. Prints `ready` once it answers.
"""

import argparse
import fcntl
import heapq
import ipaddress
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field

from pythonping.icmp import checksum

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
DEVICE, ROUTER = "tun0", "10.0.254.254"


@dataclass
class Burst:
    """Gilbert's chain in continuous time: good and bad spells of exponential length, seconds."""

    good: float
    bad: float
    chance: random.Random
    is_bad: bool = True  # the first spell is a good one
    until: float = 0.0

    def lost(self, now: float) -> bool:
        if not self.good:
            return False
        self.until = self.until or now
        while self.until <= now:
            self.is_bad = not self.is_bad
            self.until += self.chance.expovariate(1 / (self.bad if self.is_bad else self.good))
        return self.is_bad


@dataclass
class Network:
    """What becomes of an echo request; `later` holds packets by the time at which they leave."""

    options: argparse.Namespace
    silent: set[str] = field(default_factory=set)
    later: list[tuple[float, int, bytes]] = field(default_factory=list)
    bursts: dict[str, Burst] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.options.seed)

    def take(self, packet: bytes, now: float) -> None:
        if len(packet) < 28 or packet[9] != socket.IPPROTO_ICMP or packet[20] != 8:
            return
        device = socket.inet_ntoa(packet[16:20])
        if device in self.silent:
            return
        options, chance = self.options, self.chance
        delay = options.delay + chance.random() * options.jitter
        if self._burst(device).lost(now):
            if chance.random() < options.errors:
                self._send(now + delay, unreachable(packet))
            return
        answer = reply(packet)
        self._send(now + delay, answer)
        if chance.random() < options.duplicates:
            self._send(now + delay + options.jitter, answer)

    def _send(self, at: float, packet: bytes) -> None:
        self.count += 1
        heapq.heappush(self.later, (at, self.count, packet))

    def _burst(self, device: str) -> Burst:
        if device not in self.bursts:
            loss, bad = self.options.loss, self.options.burst
            chance = random.Random(f"{self.options.seed} {device}")
            self.bursts[device] = Burst(bad * (1 - loss) / loss if loss else 0.0, bad, chance)
        return self.bursts[device]

    def command(self, line: str) -> None:
        word, *devices = line.split()
        (self.silent.update if word == "silence" else self.silent.difference_update)(devices)


def reply(packet: bytes) -> bytes:
    return ip(packet[16:20], packet[12:16], icmp(0, 0, packet[24:28], packet[28:]))


def unreachable(packet: bytes) -> bytes:
    """Type 3, code 1, with the header and the first eight bytes (RFC 792)."""
    return ip(socket.inet_aton(ROUTER), packet[12:16], icmp(3, 1, b"\0\0\0\0", packet[:28]))


def icmp(kind: int, code: int, rest: bytes, data: bytes) -> bytes:
    body = struct.pack("!BBH", kind, code, 0) + rest + data
    return body[:2] + struct.pack("=H", checksum(body)) + body[4:]


def ip(source: bytes, to: bytes, body: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 1, 0) + source + to
    return head[:10] + struct.pack("=H", checksum(head)) + head[12:] + body


def open_tun(subnet: str) -> int:
    """A device that owns the subnet, also when all around it is local (AnyIP)."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    for command in (
        f"ip link set {DEVICE} up",
        f"ip route add unicast {subnet} dev {DEVICE} table local",
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0",
        f"sysctl -qw net.ipv4.conf.{DEVICE}.rp_filter=0",
    ):
        subprocess.run(command.split(), check=True)
    return tun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("subnet", type=ipaddress.ip_network)
    parser.add_argument("--loss", type=float, default=0.0, help="share of time in bursts")
    parser.add_argument("--burst", type=float, default=1.0, help="mean length, seconds")
    parser.add_argument("--errors", type=float, default=0.0, help="share of lost that a router answers")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds, at least")
    parser.add_argument("--jitter", type=float, default=0.0, help="seconds, at most on top")
    parser.add_argument("--duplicates", type=float, default=0.0, help="share of replies")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tun, network = open_tun(str(options.subnet)), Network(options)
    print("ready", flush=True)
    while True:
        wait = max(0.0, network.later[0][0] - time.monotonic()) if network.later else 1.0
        readable = select.select([tun, sys.stdin], [], [], wait)[0]
        if sys.stdin in readable:
            line = sys.stdin.readline()
            if not line:
                return
            network.command(line)
        now = time.monotonic()
        if tun in readable:
            try:
                while True:
                    network.take(os.read(tun, 2048), now)
            except BlockingIOError:
                pass
        while network.later and network.later[0][0] <= now:
            os.write(tun, heapq.heappop(network.later)[2])


if __name__ == "__main__":
    main()
