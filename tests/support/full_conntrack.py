"""Fills the table of connections of its network namespace; run it as root.

`python -m tests.support.full_conntrack`. The kernel evicts connections without replies when the table is
full, so these are "assured" (ctnetlink: linux/netfilter/nfnetlink_conntrack.h). Prints how many they are.
"""

import ipaddress
import socket
import struct
from pathlib import Path

_NETFILTER, _NEW = 12, 1 << 8  # NETLINK_NETFILTER; NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW
_REQUEST, _CREATE, _NESTED = 1, 0x400, 0x8000
_SEEN_REPLY, _ASSURED, _CONFIRMED = 2, 4, 8
_BATCH = 100  # messages
PROC = Path("/proc/sys/net/netfilter")


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def connection(source: int, here: int, there: int) -> bytes:
    """A message that makes one, of UDP. source: number of an address. here, there: ports."""

    def way(kind: int, source: int, to: int, ports: tuple[int, int]) -> bytes:
        addresses = attribute(1, ipaddress.IPv4Address(source).packed)
        addresses += attribute(2, ipaddress.IPv4Address(to).packed)
        protocol = attribute(1, bytes([socket.IPPROTO_UDP]))
        protocol += attribute(2, struct.pack("!H", ports[0])) + attribute(3, struct.pack("!H", ports[1]))
        nested = attribute(1 | _NESTED, addresses) + attribute(2 | _NESTED, protocol)
        return attribute(kind | _NESTED, nested)

    to = int(ipaddress.IPv4Address("127.0.0.1"))
    body = struct.pack("=BBH", socket.AF_INET, 0, 0)
    body += way(1, source, to, (here, there)) + way(2, to, source, (there, here))
    body += attribute(3, struct.pack("!I", _SEEN_REPLY | _ASSURED | _CONFIRMED))
    body += attribute(7, struct.pack("!I", 600))
    return struct.pack("=IHHII", 16 + len(body), _NEW, _REQUEST | _CREATE, 0, 0) + body


def main() -> None:
    most = int((PROC / "nf_conntrack_max").read_text())
    first = int(ipaddress.IPv4Address("127.1.0.0"))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER) as netlink:
        for start in range(0, most + 1000, _BATCH):
            numbers = range(start, start + _BATCH)
            made = (connection(first + one // 50000, 1024 + one % 50000, 9) for one in numbers)
            netlink.send(b"".join(made))
    print((PROC / "nf_conntrack_count").read_text().strip())


if __name__ == "__main__":
    main()
