"""Answers to echo requests, made from the request: bytes of whole IP packets in and out."""

import socket
import struct

_ROUTER4, _ROUTER6 = socket.inet_aton("192.0.2.1"), socket.inet_pton(socket.AF_INET6, "2001:db8::1")


def checksum(data: bytes) -> int:
    """RFC 1071, in network byte order."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def reply4(packet: bytes) -> bytes:
    """Addresses change places and the type goes from 8 to 0, so the checksum grows by 0x0800."""
    start = (packet[0] & 15) * 4
    summed = int.from_bytes(packet[start + 2 : start + 4], "big") + 0x0800
    summed = (summed & 0xFFFF) + (summed >> 16)
    head = packet[:12] + packet[16:20] + packet[12:16] + packet[20:start]
    return head + b"\0\0" + summed.to_bytes(2, "big") + packet[start + 4 :]


def reply6(packet: bytes) -> bytes:
    """The type goes from 128 to 129."""
    summed = int.from_bytes(packet[42:44], "big") - 0x0100
    summed = summed if summed > 0 else summed - 1 + 0x10000
    return packet[:8] + packet[24:40] + packet[8:24] + b"\x81\0" + summed.to_bytes(2, "big") + packet[44:]


def other_reply(packet: bytes, payload: bytes | None = None, source: bytes | None = None) -> bytes:
    """A reply with another payload or from another address than was asked, all sums right."""
    version = packet[0] >> 4
    start = 40 if version == 6 else (packet[0] & 15) * 4
    wanted, asker = (packet[24:40], packet[8:24]) if version == 6 else (packet[16:20], packet[12:16])
    sender = source or wanted
    body = packet[start + 4 : start + 8] + (packet[start + 8 :] if payload is None else payload)
    if version == 6:
        pseudo = sender + asker + struct.pack("!II", len(body) + 4, 58)
        summed = checksum(pseudo + b"\x81\0\0\0" + body)
        head = struct.pack("!IHBB", 6 << 28, len(body) + 4, 58, 64) + sender + asker
        return head + b"\x81\0" + summed.to_bytes(2, "big") + body
    summed = checksum(b"\0\0\0\0" + body)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 24 + len(body), 0, 0, 64, 1, 0) + sender + asker
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return head + b"\0\0" + summed.to_bytes(2, "big") + body


def error4(packet: bytes, kind: int, code: int) -> bytes:
    """The router's word to the sender, with all of the request's first 548 bytes (RFC 1812)."""
    body = struct.pack("!BBHI", kind, code, 0, 0) + packet[:548]
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 1, 0) + _ROUTER4 + packet[12:16]
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def error6(packet: bytes, kind: int, code: int) -> bytes:
    body = struct.pack("!BBHI", kind, code, 0, 0) + packet[:1200]
    pseudo = _ROUTER6 + packet[8:24] + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    return struct.pack("!IHBB", 6 << 28, len(body), 58, 64) + _ROUTER6 + packet[8:24] + body
