"""One ICMP socket per address family: raw when allowed, datagram otherwise."""

import errno
import socket
import struct
from typing import Any

from pingmon.probes.icmp.batch_socket import SLOTS, BatchSocket, Packet, make_sendto
from pingmon.probes.icmp.codec import (
    Received,
    describe_error,
    parse_quoted,
    parse_v4,
    parse_v6,
    quoted_destination,
    reply_layout,
)
from pingmon.probes.icmp.destination import Destination, Envelope, resolve
from pingmon.probes.icmp.options import DEFAULT, EchoOptions
from pingmon.probes.icmp.send_sockets import SendSockets
from pingmon.probes.icmp.socket_options import IP_RECVERR, IPV6_RECVERR, SO_RXQ_OVFL, set_options

# A Linux constant that the socket module does not name.
_MSG_ERRQUEUE = 0x2000
_COUNT, _EXT_ERR = struct.Struct("@I"), struct.Struct("@IBBBBII")
REMEDY = (
    "pingmon may not send pings: give the service CAP_NET_RAW, or let its group use datagram "
    "ICMP sockets: sysctl -w net.ipv4.ping_group_range='0 2147483647'"
)


class IcmpSocket:
    """Sends and receives ICMP messages of one IP version; never blocks.

    Raw sockets to send by are others than the one that receives: see send_sockets.
    """

    def __init__(self, version: int) -> None:
        """Raises PermissionError with both remedies when neither kind of socket is allowed.

        missing: what this machine lacks, and what that means, in words. may_have_more: whether the
        latest `receive` left something behind.
        """
        self.version = version
        self._dropped = 0
        self._family = family = socket.AF_INET if version == 4 else socket.AF_INET6
        protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
        self.socket, self.raw = _open(family, protocol)
        self.socket.setblocking(False)
        # An IPv4 raw socket shows the IP header.
        layout = reply_layout(version, has_ip_header=version == 4 and self.raw)
        self._reply, self._reply_marks = struct.Struct(f"={layout.layout}"), layout.marks
        self.may_have_more = True
        self._time, self.missing = set_options(self.socket, version, self.raw)
        self._time_layout = struct.Struct(f"={self._time.layout if self._time else ''}")
        self._batch: BatchSocket | None = None
        self._senders: SendSockets | None = None
        if not self.raw:
            self.missing.append("raw ICMP sockets: packets are handled one by one, which is slower")
            return
        if self._time and self._time.unit == 1:  # else the control messages lie otherwise
            try:
                fileno = self.socket.fileno()
                self._batch = BatchSocket(fileno, version, self._time, layout, self._parse)
            except (OSError, AttributeError, MemoryError) as error:
                words = f"recvmmsg: packets are handled one by one, which is slower ({error})"
                self.missing.append(words)
        self._senders = SendSockets(family, protocol, make_sendto() if self._batch else None)
        if not self._senders.reports_drops:
            self.missing.append("IP_RECVERR: packets that our own kernel drops count as losses")

    @property
    def dropped(self) -> int:
        """Packets lost in our own receive queue so far."""
        return self._batch.dropped if self._batch else self._dropped

    def fileno(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        self.socket.close()
        if self._senders:
            self._senders.close()

    def resolve(self, address: str, options: EchoOptions = DEFAULT) -> Destination:
        """Raises OSError when a zone or the source names no interface."""
        return resolve(address, options, as_sockaddr=self._batch is not None)

    def send(self, packet: bytes, to: bytes | Envelope, is_settled: bool) -> None:
        """to: of a destination. is_settled: of a target that is up.

        Raises OSError: a local failure, which says nothing about the device.
        """
        try:
            if self._senders:
                self._senders.send(packet, to, is_settled)
            else:
                self._send_datagram(packet, to)
        except OSError as error:
            if error.errno == errno.EINVAL and isinstance(to, Envelope) and to.source:
                words = f"{to.source} is not an address of this machine"
                raise OSError(errno.EADDRNOTAVAIL, words) from None
            raise

    def _send_datagram(self, packet: bytes, to: Any) -> None:
        try:
            self.socket.sendmsg([packet], to.control, 0, to.to)
        except OSError as error:
            # A datagram socket reports the error of an *earlier* probe here; the queue has it.
            if error.errno not in _PENDING:
                raise
            self.socket.sendmsg([packet], to.control, 0, to.to)

    def receive(self) -> list[Received]:
        """Answers that have arrived, some of them; raises BlockingIOError when there is nothing."""
        if self._batch:
            replies, taken = self._batch.receive()
            if not taken:
                raise BlockingIOError
            self.may_have_more = taken == SLOTS
            return replies
        return [one for one in self._receive_singly() if one is not None]

    def _parse(self, packet: Packet) -> Received | None:
        data, source, scope, at_ns = packet
        # Replies take this way, unless the batch has read them already; all else is parsed with care.
        if len(data) >= self._reply.size:
            first, second, identifier, sequence, nonce = self._reply.unpack_from(data)
            if (first, second) == self._reply_marks:
                return Received(identifier, sequence, nonce, source, scope, at_ns)
        whole = bytes(data)
        echo = parse_v6(whole) if self.version == 6 else parse_v4(whole, has_ip_header=self.raw)
        if echo is None:
            return None
        about = quoted_destination(self.version, whole) if echo.error else b""
        return Received(*echo[:3], source, scope, at_ns, echo.error, about)

    def _receive_singly(self) -> list[Received | None]:
        found: list[Received | None] = []
        while len(found) < SLOTS:
            try:
                data, control, _, sender = self.socket.recvmsg(2048, 256)
            except BlockingIOError:
                if found:
                    return found
                raise
            except OSError:
                found.append(None if self.raw else self._receive_error())
                continue
            source = socket.inet_pton(self._family, sender[0].partition("%")[0])
            packet = Packet(memoryview(data), source, _scope(sender), self._read_control(control))
            found.append(self._parse(packet))
        return found

    def _receive_error(self) -> Received | None:
        """One ICMP error out of the error queue of a datagram socket."""
        data, control, _, sender = self.socket.recvmsg(2048, 512, _MSG_ERRQUEUE)
        for level, kind, payload in control:
            if (level, kind) in (
                (socket.IPPROTO_IP, IP_RECVERR),
                (socket.IPPROTO_IPV6, IPV6_RECVERR),
            ):
                _, origin, icmp_type, code, *_ = _EXT_ERR.unpack_from(payload)
                echo = parse_quoted(data, icmp_type, code)
                if echo is None or origin not in (2, 3):
                    return None
                offender = payload[_EXT_ERR.size :]
                source = offender[4:8] if self.version == 4 else offender[8:24]
                about = socket.inet_pton(self._family, sender[0].split("%")[0])
                return Received(*echo[:3], source, _scope(sender), 0, echo.error, about)
        return None

    def _read_control(self, control: list[tuple[int, int, bytes]]) -> int:
        at_ns = 0
        for level, kind, payload in control:
            if level == socket.SOL_SOCKET and self._time and kind == self._time.option:
                seconds, fraction = self._time_layout.unpack_from(payload)
                at_ns = seconds * 1_000_000_000 + fraction * self._time.unit
            elif level == socket.SOL_SOCKET and kind == SO_RXQ_OVFL:
                self._dropped = _COUNT.unpack_from(payload)[0]
        return at_ns


_PENDING = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNREFUSED, errno.EPROTO, errno.EACCES}


_NO_RAW = {errno.EPERM, errno.EACCES, errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT}


def _open(family: int, protocol: int) -> tuple[socket.socket, bool]:
    """A socket, and whether it is a raw one."""
    try:
        return socket.socket(family, socket.SOCK_RAW, protocol), True
    except OSError as error:
        if error.errno not in _NO_RAW:
            raise
        forbidden = isinstance(error, PermissionError)
    try:
        return socket.socket(family, socket.SOCK_DGRAM, protocol), False
    except OSError as error:
        if forbidden or isinstance(error, PermissionError):
            raise PermissionError(errno.EPERM, REMEDY) from None
        raise


def _scope(sender: tuple[object, ...]) -> int:
    return int(sender[3]) if len(sender) > 3 else 0  # type: ignore[call-overload]


def error_words(version: int, received: Received) -> str:
    """An ICMP error for people: what, type, code and who sent it."""
    kind, code = received.error or (0, 0)
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    return f"{describe_error(version, kind, code)} from {socket.inet_ntop(family, received.source)}"
