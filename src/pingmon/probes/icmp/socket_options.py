"""Options of ICMP sockets. Where a kernel lacks one (WSL, gVisor), pingmon works with less."""

import ctypes
import socket
import struct
from collections.abc import Iterable
from typing import NamedTuple

# Linux constants that the socket module does not name.
SO_RXQ_OVFL, SO_RCVBUFFORCE, SO_SNDBUFFORCE = 40, 33, 32
IP_RECVERR, IPV6_RECVERR = 11, 25
_SOL_RAW, _ICMP_FILTER, _ICMPV6_FILTER = 255, 1, 1
_RECEIVE_BUFFER = 8 << 20
_SEND_BUFFER = 16 << 20  # some 87,000 echo requests; memory is taken only for those that wait
_V4_TYPES, _V6_TYPES = (0, 3, 11, 12), (1, 2, 3, 4, 129)  # echo replies, and what quotes a request
WORD = ctypes.sizeof(ctypes.c_size_t)  # bytes; a long is as large on Linux


class TimeFormat(NamedTuple):
    """How the kernel tells when a packet came: the option, which is also the control message's type.

    layout: of seconds and a fraction of one (struct). unit: of the fraction, nanoseconds.
    """

    option: int
    layout: str
    unit: int


def time_formats(word: int = WORD) -> tuple[TimeFormat, ...]:
    """The best first. word: size of a long, bytes.

    SO_TIMESTAMPNS and SO_TIMESTAMP. Where a long has 32 bits their times end in 2038; since Linux 5.1
    there are SO_TIMESTAMPNS_NEW and SO_TIMESTAMP_NEW, whose times have 64 bits everywhere.
    """
    if word == 8:
        return TimeFormat(35, "qq", 1), TimeFormat(29, "qq", 1000)
    return (
        TimeFormat(64, "qq", 1),
        TimeFormat(35, "ii", 1),
        TimeFormat(63, "qq", 1000),
        TimeFormat(29, "ii", 1000),
    )


def control_layout(layout: str, word: int = WORD) -> str:
    """Two control messages (cmsg(3)): a time and SO_RXQ_OVFL; each its level, its type and its data.

    Native sizes, padded to whole words, for struct in the mode `=`.
    """
    header = f"{word}xii"
    padding = f"{-struct.calcsize('=' + header + layout) % word}x"
    return f"{header}{layout}{padding}{header}I"


def set_options(sock: socket.socket, version: int, raw: bool) -> tuple[TimeFormat | None, list[str]]:
    """How receive times come, None if they don't; and what this kernel lacks, in words."""
    missing: list[str] = []
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    except OSError:  # without CAP_NET_ADMIN, or not known
        _set(sock, socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    formats = (one for one in time_formats() if _set(sock, socket.SOL_SOCKET, one.option, 1))
    found = next(formats, None)
    if found is None:
        missing.append("SO_TIMESTAMPNS: round-trip times may be some 10 ms too long")
    if not _set(sock, socket.SOL_SOCKET, SO_RXQ_OVFL, 1):
        missing.append("SO_RXQ_OVFL: replies that overflow our receive queue count as losses")
    if raw:  # a packet of another type costs time, no more
        _set_filter(sock, version, _V4_TYPES if version == 4 else _V6_TYPES)
    else:
        set_send_buffer(sock)
        if not _set_error_queue(sock, version):
            missing.append("IP_RECVERR: ICMP errors are not seen, only silence")
    return found, missing


def set_send_only(sock: socket.socket, version: int) -> bool:
    """A raw socket that nothing is received by; whether it tells of packets that the kernel drops.

    Without IP_RECVERR the kernel says nothing when its neighbour table is full (ip(7); raw_sendmsg in
    net/ipv4/raw.c). Nobody reads the errors of other hosts that the option brings along.
    """
    _set_filter(sock, version, ())
    _set(sock, socket.SOL_SOCKET, socket.SO_RCVBUF, 0)  # the least that there is
    return _set_error_queue(sock, version)


def set_send_buffer(sock: socket.socket, size: int = 0) -> int:
    """size: bytes, 0 for a large one. The size that the kernel allows, as it counts (socket(7))."""
    wanted = size or _SEND_BUFFER
    if size or not _set(sock, socket.SOL_SOCKET, SO_SNDBUFFORCE, wanted):
        _set(sock, socket.SOL_SOCKET, socket.SO_SNDBUF, wanted)  # at most net.core.wmem_max
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def _set_error_queue(sock: socket.socket, version: int) -> bool:
    if version == 4:
        return _set(sock, socket.IPPROTO_IP, IP_RECVERR, 1)
    return _set(sock, socket.IPPROTO_IPV6, IPV6_RECVERR, 1)


def _set_filter(sock: socket.socket, version: int, wanted: Iterable[int]) -> None:
    """wanted: the ICMP types that a raw socket receives (raw(7), RFC 3542)."""
    if version == 4:
        taken = sum(1 << kind for kind in wanted)
        _set(sock, _SOL_RAW, _ICMP_FILTER, struct.pack("@I", ~taken & 0xFFFFFFFF))
        return
    blocked = (1 << 256) - 1
    for kind in wanted:
        blocked &= ~(1 << kind)
    _set(sock, socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, blocked.to_bytes(32, "little"))


def _set(sock: socket.socket, level: int, option: int, value: int | bytes) -> bool:
    """Whether the kernel has that option."""
    try:
        sock.setsockopt(level, option, value)
    except OSError:
        return False
    return True
