"""Echo requests and replies of some addresses with the kernel's own timestamps.

`python -m benchmarks.capture DEVICE NETWORK FILE` in the sender's namespace: sees both directions on
a device, writes one line per packet to FILE until it gets SIGTERM: time (ns), ICMP type, address of
the device that was pinged, identifier, sequence number.
"""

import ctypes
import ipaddress
import signal
import socket
import struct
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from types import FrameType, TracebackType

from tests.support.lab import Lab, until

from benchmarks.packages import ROOT

_SO_TIMESTAMPNS, _SO_ATTACH_FILTER, _SO_RCVBUFFORCE, _ETH_P_ALL = 35, 26, 33, 3
_TIMESPEC = struct.Struct("@qq")


def _only(sock: socket.socket, network: ipaddress.IPv4Network) -> None:
    """The kernel drops all but ICMP from or to the network (classic BPF)."""
    net, mask = int(network.network_address), int(network.netmask)
    load_byte, load_word, mask_it, equal, give = 0x30, 0x20, 0x54, 0x15, 0x06
    code = [
        (load_byte, 0, 0, 9),
        (equal, 0, 7, 1),
        (load_word, 0, 0, 12),
        (mask_it, 0, 0, mask),
        (equal, 3, 0, net),
        (load_word, 0, 0, 16),
        (mask_it, 0, 0, mask),
        (equal, 0, 1, net),
        (give, 0, 0, 65535),
        (give, 0, 0, 0),
    ]
    packed = b"".join(struct.pack("@HBBI", *one) for one in code)
    buffer = ctypes.create_string_buffer(packed)
    program = struct.pack("@HP", len(code), ctypes.addressof(buffer))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def main() -> None:
    device, network, file = sys.argv[1:]
    # Only the tap for all protocols is shown what leaves.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    _only(sock, ipaddress.IPv4Network(network))
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 << 20)
    sock.bind((device, _ETH_P_ALL))

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, stop)
    with Path(file).open("w", 1 << 20) as out:
        print("ready", flush=True)
        while True:
            packet, control, _, _ = sock.recvmsg(128, 64)
            start = (packet[0] & 15) * 4
            if (
                packet[0] >> 4 != 4
                or len(packet) < start + 8
                or packet[start] not in (0, 8)
                or not control
            ):
                continue
            seconds, nanoseconds = _TIMESPEC.unpack_from(control[0][2])
            kind, identifier, sequence = packet[start], *struct.unpack_from("!HH", packet, start + 4)
            address = socket.inet_ntoa(packet[16:20] if kind == 8 else packet[12:16])
            at = seconds * 1_000_000_000 + nanoseconds
            out.write(f"{at} {kind} {address} {identifier} {sequence}\n")


class Capture:
    """A capture that runs while the block does."""

    def __init__(self, lab: Lab, network: str, directory: Path) -> None:
        self.file = directory / "capture"
        command = ["ip", "netns", "exec", lab.here, sys.executable, "-m", "benchmarks.capture"]
        self.command = [*command, "v0", network, str(self.file)]

    def __enter__(self) -> "Capture":
        self.child = subprocess.Popen(self.command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.child.stdout is not None
        until(lambda: self.child.stdout is not None and self.child.stdout.readline() == "ready\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.child.terminate()
        self.child.communicate(timeout=10)

    def round_trips(self) -> dict[str, list[tuple[float, float]]]:
        """Per address: when a request left (s since the epoch) and its round trip (s), in order."""
        return self._matched()[0]

    def unanswered(self) -> int:
        """Requests without a reply, but for those of the last second."""
        left, last = self._matched()[1:]
        return sum(at < last - 1_000_000_000 for at in left)

    def _matched(self) -> tuple[dict[str, list[tuple[float, float]]], list[int], int]:
        """Round trips, times (ns) of requests without a reply, and of the last packet."""
        waiting: dict[tuple[str, str, str], int] = {}
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        left: list[int] = []
        now = 0
        for line in self.file.read_text().splitlines():
            at, kind, address, identifier, sequence = line.split()
            which, now = (address, identifier, sequence), int(at)
            if kind == "8":
                left += [waiting[which]] if which in waiting else []
                waiting[which] = now
            elif which in waiting:
                sent = waiting.pop(which)
                found[address].append((sent / 1e9, (now - sent) / 1e9))
        return found, left + list(waiting.values()), now

    def lateness(self, interval: float = 1.0) -> list[tuple[float, float]]:
        """When a request left (s since the epoch) and how far it was from one interval after the last."""
        last: dict[str, int] = {}
        found = []
        for line in self.file.read_text().splitlines():
            at, kind, address, *_ = line.split()
            if kind == "8":
                if address in last:
                    found.append((int(at) / 1e9, (int(at) - last[address]) / 1e9 - interval))
                last[address] = int(at)
        return found


if __name__ == "__main__":
    main()
