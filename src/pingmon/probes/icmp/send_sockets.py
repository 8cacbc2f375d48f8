"""The raw sockets that echo requests leave by.

A packet for a neighbour that does not answer ARP or neighbour discovery waits in the kernel for three
seconds, and takes room in the send buffer of its socket meanwhile (arp(7), socket(7)). So probes of
targets that are up have a socket of their own: no number of absent neighbours keeps them from leaving.
The other probes share as many sockets as they fill, since only CAP_NET_ADMIN may have a large buffer.
"""

import errno
import fcntl
import os
import socket
import struct
import termios
from contextlib import suppress
from typing import NamedTuple

from pingmon.probes.icmp.batch_socket import SendTo
from pingmon.probes.icmp.destination import Envelope
from pingmon.probes.icmp.socket_options import set_send_buffer, set_send_only

# Probes of one second to 5,900 absent neighbours, where net.core.wmem_max is what Linux sets.
MOST = 16
_NUMBER = struct.Struct("@i")
_NO_ROOM = (errno.ENOBUFS, errno.EAGAIN)
_FULL = "the send buffer is full of probes that wait for neighbours"
_OTHER = "the neighbour table or the queue of the network device is full"


class _Sender(NamedTuple):
    socket: socket.socket
    fileno: int
    buffer: int  # bytes; the kernel takes twice as many


class SendSockets:
    """Not thread-safe. reports_drops: whether the kernel tells when it drops a packet at once."""

    def __init__(self, family: int, protocol: int, sendto: SendTo | None, buffer: int = 0) -> None:
        """sendto: as in batch_socket, None to send with Python. buffer: bytes, 0 for a large one.

        Raises OSError.
        """
        self._family, self._protocol, self._buffer = family, protocol, buffer
        self._sendto = sendto
        self.reports_drops = True
        self._settled = self._open()
        self._others = [self._open()]
        self._turn = 0  # which of the others has room

    def close(self) -> None:
        for one in (self._settled, *self._others):
            one.socket.close()

    def send(self, packet: bytes, to: bytes | Envelope, is_settled: bool) -> None:
        """Raises OSError: a local failure, which says nothing about the device."""
        sender = self._settled if is_settled else self._others[self._turn]
        try:
            if self._sendto is not None and type(to) is bytes:  # nearly always
                self._sendto(sender.fileno, packet, to)
            else:
                self._send(sender, packet, to)
            return
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            code = error.errno
        for _ in range(0 if is_settled else MOST):
            if not _is_full(sender):
                break
            sender = self._next()
            with suppress(OSError):
                self._send(sender, packet, to)
                return
        words = _FULL if _is_full(sender) else _OTHER
        raise OSError(code, f"{os.strerror(code)} ({words})")

    def _send(self, sender: _Sender, packet: bytes, to: bytes | Envelope) -> None:
        if isinstance(to, Envelope):
            sender.socket.sendmsg([packet], to.control, 0, to.to)
        elif self._sendto is not None:
            self._sendto(sender.fileno, packet, to)

    def _next(self) -> _Sender:
        """The socket whose turn it is, a new one while there are few."""
        if len(self._others) < MOST and self._turn == len(self._others) - 1:
            with suppress(OSError):
                self._others.append(self._open())
        self._turn = (self._turn + 1) % len(self._others)
        return self._others[self._turn]

    def _open(self) -> _Sender:
        made = socket.socket(self._family, socket.SOCK_RAW, self._protocol)
        made.setblocking(False)
        version = 4 if self._family == socket.AF_INET else 6
        self.reports_drops &= set_send_only(made, version)
        size = set_send_buffer(made, self._buffer)
        return _Sender(made, made.fileno(), size)


def _is_full(sender: _Sender) -> bool:
    waiting = fcntl.ioctl(sender.fileno, termios.TIOCOUTQ, bytes(_NUMBER.size))
    return int(_NUMBER.unpack(waiting)[0]) >= sender.buffer
