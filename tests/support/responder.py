"""Devices with known faults: answers echo requests to whole subnets out of a TUN device.

`python -m tests.support.responder DEVICE SUBNET... [--log FILE]`, as root, in the namespace of
the devices; it makes the device and its routes and goes when its standard input ends. All of it
answers at once until it is told otherwise, a line each, acknowledged by `ok` or `error: …`:

    delay WHO MEAN_MS [JITTER_MS]        answers after a time drawn evenly from MEAN ± JITTER
    gilbert WHO SHARE BURST_S [SEED]     lost: this share of the time, in bursts of this mean length
    pareto WHO EVERY_S ALPHA LEAST_S MOST_S [SEED]  lost: bursts of a Pareto length between two bounds
    refuse WHO SHARE                     this share of what gilbert loses gets a router's ICMP error
    duplicate WHO COPIES                 so many answers to each request
    payload WHO zero|windows|cut N|noise  answers with another payload than was sent
    only WHO SIZE...                     answers only requests with so many bytes of payload
    sender WHO ADDRESS...                answers come from there, one from each
    error WHO TYPE CODE                  an ICMP error from a router, 192.0.2.1 or 2001:db8::1
    warn WHO TYPE CODE                   such an error, and then the answer
    silent WHO                           no answer
    plain WHO                            forgets all of it
    count                                acknowledged by `ok REQUESTS ANSWERS`

WHO is an address or `*`, for those that nothing was said about. Loss is Gilbert's chain in
continuous time: two states, with exponential stays in each, so that it does not depend on how often
one looks. Every address has a chain of its own, whose seed is SEED and the address. With --log, FILE
gets a line per request: time (ns), address, identifier, sequence, fate, delay (ms).
"""

import argparse
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from tests.support.packets import error4, error6, other_reply, reply4, reply6

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 1, 0x1000
_AT_ONCE = 512  # packets before delayed answers and commands get their turn


class Chain:
    """Gilbert's chain: `lost(now)` with now in seconds, which must not go back."""

    def __init__(self, share: float, burst: float, seed: str) -> None:
        """share of time in the bad state (0 to 1); burst: its mean stay, seconds."""
        self._random = random.Random(seed)
        self._stays = (burst * (1 - share) / share if share else float("inf"), burst)
        self._bad = self._random.random() < share
        self._until: float | None = None

    def lost(self, now: float) -> bool:
        if self._until is None:
            self._until = now + self._stay()
        while self._until <= now:
            self._bad = not self._bad
            self._until += self._stay()
        return self._bad

    def _stay(self) -> float:
        mean = self._stays[self._bad]
        return self._random.expovariate(1 / mean) if mean < float("inf") else mean


class ParetoBursts:
    """Bursts of a length between two bounds, at any time, one about every so many seconds."""

    def __init__(self, every: float, alpha: float, least: float, most: float, seed: str) -> None:
        self._random, self._every, self._alpha = random.Random(seed), every, alpha
        self._least, self._cut = least, 1 - (least / most) ** alpha
        self._bad, self._until = False, 0.0

    def lost(self, now: float) -> bool:
        self._until = self._until or now + self._random.expovariate(1 / self._every)
        while self._until <= now:
            self._bad = not self._bad
            stay = self._random.expovariate(1 / self._every)
            if self._bad:
                stay = self._least * (1 - self._random.random() * self._cut) ** (-1 / self._alpha)
            self._until += stay
        return self._bad


@dataclass(frozen=True)
class Behaviour:
    """delay and jitter in seconds; error, warning: ICMP type and code; gilbert: share, burst (s), seed.
    pareto: every (s), alpha, least, most (s), seed.

    payload: how it is changed; sizes: of payloads that are answered; senders: packed addresses.
    """

    delay: float = 0.0
    jitter: float = 0.0
    copies: int = 1
    silent: bool = False
    error: tuple[int, int] | None = None
    gilbert: tuple[float, float, str] | None = None
    pareto: tuple[float, float, float, float, str] | None = None
    refused: float = 0.0
    payload: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    senders: tuple[bytes, ...] = ()
    warning: tuple[int, int] | None = None


class Responder:
    """One packet in, none or more out, now or later."""

    def __init__(self, device: int, log: IO[str] | None = None) -> None:
        self.device, self.log = device, log
        self.requests = self.answers = 0
        self.default = Behaviour()
        self.behaviours: dict[bytes, Behaviour] = {}
        self.chains: dict[bytes, Chain | ParetoBursts] = {}
        self.later: list[tuple[float, int, bytes]] = []
        self.random = random.Random(1)

    def serve(self, commands: int) -> None:
        """Until the commands end."""
        pending = b""
        while True:
            pause = self.later[0][0] - time.monotonic() if self.later else 1.0
            # poll(2) would round up to whole milliseconds.
            ready, _, _ = select.select([self.device, commands], [], [], max(0.0, pause))
            if commands in ready:
                if not (read := os.read(commands, 65536)):
                    return
                *lines, pending = (pending + read).split(b"\n")
                for line in lines:
                    print(self.command(line.decode()), flush=True)
            if self.device in ready:
                self.take_in()
            self.send_due()

    def take_in(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                packet = os.read(self.device, 2048)
            except BlockingIOError:
                return
            version = packet[0] >> 4
            start = 40 if version == 6 else (packet[0] & 15) * 4
            if len(packet) < start + 8:
                continue
            if version == 4 and packet[9] == 1 and packet[start] == 8:
                self.request(packet, packet[16:20], 4, start)
            elif version == 6 and packet[6] == 58 and packet[start] == 128:
                self.request(packet, packet[24:40], 6, start)

    def request(self, packet: bytes, who: bytes, version: int, start: int) -> None:
        self.requests += 1
        how, now = self.behaviours.get(who, self.default), time.monotonic()
        fate, delay = "reply", how.delay
        if how.jitter:
            delay = max(0.0, delay + how.jitter * (2 * self.random.random() - 1))
        wrong_size = bool(how.sizes) and len(packet) - start - 8 not in how.sizes
        if how.silent or wrong_size or self.is_lost(who, how, now):
            fate = "silent" if how.silent or wrong_size else "lost"
            if fate == "lost" and self.random.random() < how.refused:
                self.send((error4(packet, 3, 1) if version == 4 else error6(packet, 1, 3)), now, delay)
        elif how.error:
            fate = "error"
            answer = (error4 if version == 4 else error6)(packet, *how.error)
            self.send(answer, now, delay)
        else:
            if how.warning:
                self.send((error4 if version == 4 else error6)(packet, *how.warning), now, delay)
            for answer in replies(packet, version, start, how):
                for _ in range(how.copies):
                    self.send(answer, now, delay)
        if self.log:
            family = socket.AF_INET if version == 4 else socket.AF_INET6
            identifier, sequence = struct.unpack_from("!HH", packet, start + 4)
            name = socket.inet_ntop(family, who)
            print(time.time_ns(), name, identifier, sequence, fate, f"{delay * 1000:.3f}", file=self.log)

    def is_lost(self, who: bytes, how: Behaviour, now: float) -> bool:
        if who not in self.chains:
            if how.gilbert:
                share, burst, seed = how.gilbert
                self.chains[who] = Chain(share, burst, f"{seed} {who.hex()}")
            elif how.pareto:
                every, alpha, least, most, seed = how.pareto
                self.chains[who] = ParetoBursts(every, alpha, least, most, f"{seed} {who.hex()}")
            else:
                return False
        return self.chains[who].lost(now)

    def send(self, answer: bytes, now: float, delay: float) -> None:
        if delay > 0:
            heapq.heappush(self.later, (now + delay, self.requests, answer))
        else:
            self.write(answer)

    def send_due(self) -> None:
        while self.later and self.later[0][0] <= time.monotonic():
            self.write(heapq.heappop(self.later)[2])

    def write(self, answer: bytes) -> None:
        self.answers += 1
        os.write(self.device, answer)

    def command(self, line: str) -> str:
        """The acknowledgement."""
        try:
            name, *words = line.split()
            if name == "count":
                return f"ok {self.requests} {self.answers}"
            who, *values = words
            before = self.default if who == "*" else self.behaviours.get(packed(who), self.default)
            after = changed(before, name, values)
        except (ValueError, OSError) as error:
            return f"error: {line}: {error}"
        if who == "*":
            self.default = after
            self.chains.clear()
        else:
            self.behaviours[packed(who)] = after
            self.chains.pop(packed(who), None)
        if name == "plain":
            self.behaviours.pop(packed(who) if who != "*" else b"", None)
        return "ok"


def replies(packet: bytes, version: int, start: int, how: Behaviour) -> list[bytes]:
    if not (how.payload or how.senders):
        return [(reply4 if version == 4 else reply6)(packet)]
    sent = packet[start + 8 :]
    payload = sent
    if how.payload:
        name, *more = how.payload
        payload = {
            "zero": lambda: bytes(len(sent)),
            "windows": lambda: b"abcdefghijklmnopqrstuvwabcdefghi"[: len(sent)],
            "cut": lambda: sent[: int(more[0])],
            "noise": lambda: os.urandom(len(sent)),
        }[name]()
    return [other_reply(packet, payload, sender) for sender in how.senders or (None,)]


def changed(before: Behaviour, name: str, values: list[str]) -> Behaviour:
    """Raises ValueError for what it does not know."""
    if name == "payload" and values[0] in ("zero", "windows", "cut", "noise"):
        return replace(before, payload=tuple(values))
    if name == "sender":
        return replace(before, senders=tuple(packed(one) for one in values))
    numbers = [float(value) for value in values]
    if name == "only":
        return replace(before, sizes=tuple(int(one) for one in numbers))
    if name == "delay":
        return replace(before, delay=numbers[0] / 1000, jitter=sum(numbers[1:2]) / 1000)
    if name == "gilbert":
        return replace(before, gilbert=(numbers[0], numbers[1], values[2] if values[2:] else "1"))
    if name == "pareto":
        every, alpha, least, most = numbers[:4]
        return replace(before, pareto=(every, alpha, least, most, values[4] if values[4:] else "1"))
    if name == "refuse":
        return replace(before, refused=numbers[0])
    if name == "duplicate":
        return replace(before, copies=int(values[0]))
    if name == "error":
        return replace(before, error=(int(values[0]), int(values[1])))
    if name == "warn":
        return replace(before, warning=(int(values[0]), int(values[1])))
    if name == "silent":
        return replace(before, silent=True)
    if name == "plain":
        return Behaviour()
    raise ValueError("no such command")


def packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def open_tun(name: str, subnets: list[str]) -> int:
    """Makes the device and routes the subnets to it; the namespace forwards from now on."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    for command in (
        f"ip link set {name} up txqueuelen 10000",
        *(f"ip -{6 if ':' in one else 4} route replace {one} dev {name}" for one in subnets),
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
        f"sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{name}.rp_filter=0",
    ):
        subprocess.run(command.split(), check=True)
    return device


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("device")
    parser.add_argument("subnets", nargs="+")
    parser.add_argument("--log", type=Path)
    chosen = parser.parse_args()
    log = chosen.log.open("w", 1 << 16) if chosen.log else None
    responder = Responder(open_tun(chosen.device, chosen.subnets), log)
    print("ready", flush=True)
    responder.serve(sys.stdin.fileno())
    if log:
        log.close()


if __name__ == "__main__":
    main()
