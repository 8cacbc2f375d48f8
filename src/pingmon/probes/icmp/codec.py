"""The ICMP message codec (RFC 792, RFC 4443), on pythonping's `icmp.ICMP`. Pure: bytes in, values out.

Whatever arrives, parsing never raises: what is not a well-formed answer to an echo request of
ours is `None`.
"""

import struct
from typing import NamedTuple

from pythonping.executor import Response
from pythonping.icmp import ICMP, ICMPType, Types

NONCE_BYTES = 8
_FILLING = bytes(range(256))  # behind the nonce, each byte is its position: as iputils fills a payload
# Native order, as pythonping reads and writes; a checksum does not care (RFC 1071, 2 (B)).
_WORD, _HEADER = struct.Struct("=H"), struct.Struct("=HHH")
_NO_HEADER = bytes(20)  # pythonping reads messages behind an IPv4 header


class EchoRequestV6(ICMPType):  # type: ignore[misc]
    """Echo Request of ICMPv6; the kernel fills in its checksum (RFC 3542)."""

    type_id = 128


class Echo(NamedTuple):
    """An echo reply, or the echo request that an ICMP error quotes (`error` tells which one)."""

    identifier: int
    sequence: int
    nonce: bytes
    error: tuple[int, int] | None = None  # ICMP type and code


class Received(NamedTuple):
    """An answer to an echo request of somebody on this machine.

    source: packed address of who sent it; at_ns: the kernel's receive time, nanoseconds since the
    epoch, 0 if unknown. error: ICMP type and code, None for a reply; about: the packed address that
    was pinged (errors only), may be empty.
    """

    identifier: int
    sequence: int
    nonce: bytes
    source: bytes
    scope: int
    at_ns: int
    error: tuple[int, int] | None = None
    about: bytes = b""


class ReplyLayout(NamedTuple):
    """Where a received reply has what.

    layout: of its first bytes (struct): two marks, identifier, sequence, nonce. marks: what a reply
    has there; any other packet is parsed with care.
    """

    layout: str
    marks: tuple[int, int]


def reply_layout(version: int, has_ip_header: bool) -> ReplyLayout:
    """Of the marks, the first is IP version and header length, or the ICMP type; the second 0.

    Native order, as pythonping has it.
    """
    if has_ip_header:  # of 20 bytes unless it has options (0x45), then the ICMP type
        return ReplyLayout("B19xB3xHH8s", (0x45, 0))
    return ReplyLayout("BB2xHH8s", (0 if version == 4 else 129, 0))


_V4_ERRORS = {3, 11, 12}  # 4, source quench, must be ignored (RFC 6633)
TTL_EXCEEDED = {4: (11, 0), 6: (3, 0)}  # of an IP version
_V4_WORDS = {  # that pythonping lacks
    (11, 0): "time to live exceeded in transit",
    (11, 1): "fragment reassembly time exceeded",
    (12, 0): "parameter problem",
}
_V6_ERRORS = {
    (1, 0): "no route to destination",
    (1, 1): "administratively prohibited",
    (1, 2): "beyond scope of source address",
    (1, 3): "address unreachable",
    (1, 4): "port unreachable",
    (1, 5): "source address failed policy",
    (1, 6): "reject route to destination",
    (2, 0): "packet too big",
    (3, 0): "hop limit exceeded in transit",
    (3, 1): "fragment reassembly time exceeded",
}


def build_echo(version: int, identifier: int, sequence: int, nonce: bytes) -> bytes:
    """An echo request, ready for a raw or datagram ICMP socket of IP version 4 or 6."""
    kind = Types.EchoRequest if version == 4 else EchoRequestV6
    packet: bytes = ICMP(kind, nonce, identifier, sequence).packet
    return packet


class EchoTemplate:
    """An echo request of which only identifier and sequence change: built once, patched per probe.

    pythonping builds it; the checksum is then updated incrementally (RFC 1624), which takes a
    tenth of the time of building anew.
    """

    __slots__ = ("_packet", "_sum", "nonce")

    def __init__(self, version: int, nonce: bytes, payload_size: int = NONCE_BYTES) -> None:
        """payload_size: bytes, not below those of the nonce, with which the payload begins."""
        self.nonce = nonce
        filling = (_FILLING * (payload_size // 256 + 1))[len(nonce) : payload_size]
        self._packet = bytearray(build_echo(version, 0, 0, nonce + filling))
        (checksum,) = _WORD.unpack_from(self._packet, 2)
        self._sum = ~checksum & 0xFFFF

    def packet(self, identifier: int, sequence: int) -> bytes:
        total = self._sum + identifier + sequence
        total = (total & 0xFFFF) + (total >> 16)
        checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        _HEADER.pack_into(self._packet, 2, checksum, identifier, sequence)
        return bytes(self._packet)


def parse_v4(packet: bytes, has_ip_header: bool = True) -> Echo | None:
    """What a raw (or, without IP header, datagram) IPv4 ICMP socket received."""
    if not has_ip_header:
        packet = _NO_HEADER + packet
    elif packet[:1] != b"\x45":  # options, or no IPv4 at all
        header = (packet[0] & 15) * 4 if packet else 0
        if header < 20:
            return None
        packet = packet[header - 20 :]
    if len(packet) < 28:
        return None
    message = ICMP.generate_from_raw(packet)
    if message.message_type == 0:
        return _echo(message)
    if message.message_type not in _V4_ERRORS:
        return None
    quoted = message.payload
    inner = (quoted[0] & 15) * 4 if quoted else 0
    if inner < 20 or len(quoted) < inner + 8 or quoted[9] != 1 or quoted[inner] != 8:
        return None
    return _quoted(quoted[inner:], message.message_type, message.message_code)


def parse_v6(packet: bytes) -> Echo | None:
    """What an ICMPv6 socket received (the kernel strips the IPv6 header)."""
    if len(packet) < 8:
        return None
    message = ICMP.generate_from_raw(_NO_HEADER + packet)
    if message.message_type == 129:
        return _echo(message)
    quoted = message.payload
    if message.message_type not in (1, 2, 3, 4) or len(quoted) < 48:
        return None
    if quoted[6] != 58 or quoted[40] != 128:
        return None
    return _quoted(quoted[40:], message.message_type, message.message_code)


def parse_quoted(request: bytes, kind: int, code: int) -> Echo | None:
    """Our own request as the error queue of a datagram socket hands it back."""
    return _quoted(request, kind, code) if len(request) >= 8 else None


def quoted_destination(version: int, packet: bytes) -> bytes:
    """The packed address that the probe quoted in an ICMP error went to, empty if there is none."""
    if version == 6:
        return packet[8 + 24 : 8 + 40]
    start = (packet[0] & 15) * 4 + 8 if packet else 0
    return packet[start + 16 : start + 20]


def describe_error(version: int, kind: int, code: int) -> str:
    """The error in words; pythonping's where it has them."""
    if version == 6:
        words = _V6_ERRORS.get((kind, code), "ICMPv6 error")
    else:
        message = ICMP(Types.DestinationUnreachable)
        message.message_type, message.message_code = kind, code
        known = _V4_WORDS.get((kind, code)) or Response.error_message.fget(_Answered(message))
        words = known or "ICMP error"
    return f"{words.lower()} (type {kind}, code {code})"


class _Answered:
    """Just enough of a pythonping Response for its `error_message`."""

    success = False

    def __init__(self, message: ICMP) -> None:
        self.message = type("Packet", (), {"packet": message})()


def _echo(message: ICMP) -> Echo:
    return Echo(message.id, message.sequence_number, message.payload[:NONCE_BYTES])


def _quoted(request: bytes, kind: int, code: int) -> Echo:
    return _echo(ICMP.generate_from_raw(_NO_HEADER + request))._replace(error=(kind, code))
