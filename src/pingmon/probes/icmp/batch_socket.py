"""Raw sockets without giving the interpreter away: recvmmsg(2) and sendto(2), called with the GIL held.

Python's own socket calls release the GIL around each packet, and then have to wait for whoever took
it: during long lists probes are 14 ms late instead of 9 (docs/performance.md). These calls never
block, so there is nothing to release it for; and one call takes up to 64 packets.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Callable
from typing import NamedTuple

from pingmon.probes.icmp.codec import Received, ReplyLayout
from pingmon.probes.icmp.socket_options import SO_RXQ_OVFL, TimeFormat, control_layout

SLOTS = 64  # packets of one call
# One slot: the sender's address, control messages, the packet (all that an ICMP error has to quote).
_NAME, _CONTROL, _DATA = 32, 64, 256
_SLOT = _NAME + _CONTROL + _DATA
_DONTWAIT = 0x40
_SOL_SOCKET = 1
_NAMES = {4: "4x4sI20x", 6: "8x16sI4x"}  # address and scope


class Packet(NamedTuple):
    """source: packed address. at_ns: the kernel's receive time, ns since the epoch, 0 if unknown."""

    data: memoryview
    source: bytes
    scope: int
    at_ns: int


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("len", ctypes.c_size_t))


class _MsgHdr(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("namelen", ctypes.c_uint),
        ("iov", ctypes.c_void_p),
        ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _MMsgHdr(ctypes.Structure):
    _fields_ = (("hdr", _MsgHdr), ("len", ctypes.c_uint))


_LENGTH = struct.Struct(f"={_MMsgHdr.len.offset}xI{ctypes.sizeof(_MMsgHdr) - _MMsgHdr.len.offset - 4}x")


SendTo = Callable[[int, bytes, bytes], None]  # file descriptor, packet, sockaddr; raises OSError


def make_sendto() -> SendTo:
    """Raises OSError or AttributeError where the C library can't be called."""
    call = ctypes.PyDLL(None, use_errno=True).sendto
    text, size = ctypes.c_char_p, ctypes.c_size_t
    call.argtypes = [ctypes.c_int, text, size, ctypes.c_int, text, ctypes.c_uint]
    call.restype = ctypes.c_ssize_t

    def sendto(fileno: int, packet: bytes, to: bytes) -> None:
        if call(fileno, packet, len(packet), _DONTWAIT, to, len(to)) < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    return sendto


class BatchSocket:
    """Receives on a raw socket of IP version 4 or 6. Not thread-safe."""

    def __init__(
        self,
        fileno: int,
        version: int,
        time_format: TimeFormat,
        reply: ReplyLayout,
        parse: Callable[[Packet], Received | None],
    ) -> None:
        """time_format: one whose unit is the nanosecond. parse: of what is no plain reply.

        Raises OSError or AttributeError where the C library can't be called or the kernel lacks the call.
        """
        libc = ctypes.PyDLL(None, use_errno=True)
        self.dropped = 0  # packets lost in our own receive queue so far
        self._fileno = fileno
        self._recvmmsg, pointer = libc.recvmmsg, ctypes.c_void_p
        self._recvmmsg.argtypes = [ctypes.c_int, pointer, ctypes.c_uint, ctypes.c_int, pointer]
        # The kernel's time comes first, then the count of packets lost in our queue.
        self._stamp = time_format.option
        # One slot, and where its reply ends: all that a reply has to tell is unpacked at once.
        control = control_layout(time_format.layout)
        padding = _CONTROL - struct.calcsize(f"={control}")
        self._slot = struct.Struct(f"={_NAMES[version]}{control}{padding}x{reply.layout}")
        self._marks, self._least = reply.marks, struct.calcsize(f"={reply.layout}")
        self._parse = parse
        self._buffer = ctypes.create_string_buffer(SLOTS * _SLOT)
        self._bytes = memoryview(self._buffer).cast("B")
        self._vectors, self._headers = (_IoVec * SLOTS)(), (_MMsgHdr * SLOTS)()
        self._point()
        self._fresh = bytes(self._headers)  # the kernel overwrites lengths
        self._headers_at = ctypes.addressof(self._headers)
        self._header_bytes = memoryview(self._headers).cast("B")
        if self._recvmmsg(fileno, self._headers_at, 0, _DONTWAIT, None) < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def receive(self) -> tuple[list[Received], int]:
        """What has arrived, and of how many packets; of SLOTS: there may be more."""
        ctypes.memmove(self._headers_at, self._fresh, len(self._fresh))
        count = self._recvmmsg(self._fileno, self._headers_at, SLOTS, _DONTWAIT, None)
        if count <= 0:
            code = ctypes.get_errno()
            if count < 0 and code not in (errno.EAGAIN, errno.EINTR):
                raise OSError(code, os.strerror(code))
            return [], 0
        whole, stamp, found = self._bytes, self._stamp, list[Received]()
        unpack, (mark, mark2), least = self._slot.unpack_from, self._marks, self._least
        made = tuple.__new__
        for slot in range(count):
            start = slot * _SLOT
            (source, scope, level, kind, seconds, ns, level2, kind2, lost,
             first, second, identifier, sequence, nonce) = unpack(whole, start)  # fmt: skip
            at_ns = seconds * 1_000_000_000 + ns if level == _SOL_SOCKET and kind == stamp else 0
            if lost > self.dropped and level2 == _SOL_SOCKET and kind2 == SO_RXQ_OVFL:
                self.dropped = lost
            (length,) = _LENGTH.unpack_from(self._header_bytes, slot * _LENGTH.size)
            if first == mark and second == mark2 and length >= least:
                reply = (identifier, sequence, nonce, source, scope, at_ns, None, b"")
                found.append(made(Received, reply))  # in half of the time that its constructor takes
                continue
            start += _NAME + _CONTROL
            other = self._parse(Packet(whole[start : start + length], source, scope, at_ns))
            if other is not None:
                found.append(other)
        return found, count

    def _point(self) -> None:
        base = ctypes.addressof(self._buffer)
        for slot in range(SLOTS):
            at, vector, header = base + slot * _SLOT, self._vectors[slot], self._headers[slot].hdr
            vector.base, vector.len = at + _NAME + _CONTROL, _DATA
            header.name, header.namelen = at, _NAME
            header.iov, header.iovlen = ctypes.addressof(vector), 1
            header.control, header.controllen = at + _NAME, _CONTROL


def sockaddr(family: int, packed: bytes, scope: int) -> bytes:
    """struct sockaddr_in or sockaddr_in6, of port 0."""
    if len(packed) == 4:
        return struct.pack("=H2x4s8x", family, packed)
    return struct.pack("=H6x16sI", family, packed, scope)
