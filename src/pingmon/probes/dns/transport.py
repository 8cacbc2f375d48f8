"""A question goes to a server, and its answer comes back: over UDP, or over TCP.

dnspython's own functions end with the first packet that is no answer, in some versions: so anyone who
sends one to our port, with any number in it, could make a server look broken. Here what is no answer to
the question is left aside until the time is over.
"""

import asyncio
import socket
import struct

import dns.exception
import dns.flags
import dns.message

from pingmon.probes.paced.connecting import connect

Message = dns.message.Message
_LARGEST = 65535  # bytes of a message


class BadAnswer(Exception):
    """The other side broke off, or sent what is no DNS; says so in words."""


async def ask_udp(server: str, port: int, question: Message, source: str) -> Message:
    """Raises NotSent, OSError. The socket is connected: packets of others don't reach it."""
    loop = asyncio.get_running_loop()
    with await connect(server, port, socket.SOCK_DGRAM, source) as sock:
        await loop.sock_sendall(sock, question.to_wire())
        while True:
            answer = parsed(await loop.sock_recv(sock, _LARGEST), question)
            if answer is not None:
                return answer


async def ask_tcp(server: str, port: int, question: Message, source: str) -> Message:
    """Raises NotSent, BadAnswer, OSError."""
    loop = asyncio.get_running_loop()
    with await connect(server, port, source=source) as sock:
        data = question.to_wire()
        await loop.sock_sendall(sock, struct.pack("!H", len(data)) + data)
        (length,) = struct.unpack("!H", await _exactly(sock, 2))
        answer = parsed(await _exactly(sock, length), question)
        if answer is None:
            raise BadAnswer("the answer is not one to the question")
        return answer


def parsed(data: bytes, question: Message) -> Message | None:
    """None if it is no answer to the question: by its number, its flags and what it repeats of it."""
    if len(data) < 12 or data[:2] != struct.pack("!H", question.id):
        return None
    try:
        answer = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
        return answer if question.is_response(answer) else None
    except (dns.exception.DNSException, ValueError, IndexError, struct.error):
        return None


def is_truncated(answer: Message) -> bool:
    return bool(answer.flags & dns.flags.TC)


async def _exactly(sock: socket.socket, length: int) -> bytes:
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < length:
        part = await loop.sock_recv(sock, length - len(data))
        if not part:
            begun = "in the middle of its answer" if data else "without an answer"
            raise BadAnswer(f"closed the connection {begun}")
        data += part
    return data
