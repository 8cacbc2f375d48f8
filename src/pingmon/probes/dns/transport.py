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
_LARGEST_UDP = 4096  # bytes of a message; who is asked without EDNS sends 512 at most (RFC 1035)
_HEAD = 12  # bytes
_MOST_RECORDS, _FEW_RECORDS = 300, 10  # of an answer; of one that is looked at while others wait
_AT_ONCE = 10  # packets that are no answer; whoever sends more gets the processor in turns only
_NAP = 0.01  # s


class BadAnswer(Exception):
    """The other side broke off, or sent what is no DNS; says so in words."""


async def ask_udp(server: str, port: int, question: Message, source: str) -> Message:
    """Raises NotSent, OSError. The socket is connected: packets of others don't reach it."""
    loop = asyncio.get_running_loop()
    with await connect(server, port, socket.SOCK_DGRAM, source) as sock:
        await loop.sock_sendall(sock, question.to_wire())
        count = 0
        while True:
            # Of a flood there is always another packet at once: nothing else would ever run.
            answer = await _read(await loop.sock_recv(sock, _LARGEST_UDP), question)
            if answer is not None:
                return answer
            count += 1
            await asyncio.sleep(0.0 if count < _AT_ONCE else _NAP)


async def ask_tcp(server: str, port: int, question: Message, source: str) -> Message:
    """Raises NotSent, BadAnswer, OSError."""
    loop = asyncio.get_running_loop()
    with await connect(server, port, source=source) as sock:
        data = question.to_wire()
        await loop.sock_sendall(sock, struct.pack("!H", len(data)) + data)
        (length,) = struct.unpack("!H", await _exactly(sock, 2))
        answer = await _read(await _exactly(sock, length), question)
        if answer is None:
            raise BadAnswer("the answer is not one to the question")
        return answer


async def _read(data: bytes, question: Message) -> Message | None:
    """As `parsed`. Raises BadAnswer.

    dnspython takes milliseconds for a record whose name has a hundred parts, and 64 KiB hold thousands.
    """
    if not _is_of(data, question):
        return None
    count = sum(struct.unpack("!4H", data[4:_HEAD]))
    if count > _MOST_RECORDS:
        asked = question.to_wire()[_HEAD:]
        if data[_HEAD : _HEAD + len(asked)].lower() != asked.lower():
            return None
        raise BadAnswer(f"its answer has {count:,} records, which are too many to look at")
    if count > _FEW_RECORDS:
        return await asyncio.to_thread(parsed, data, question)
    return parsed(data, question)


def _is_of(data: bytes, question: Message) -> bool:
    return len(data) >= _HEAD and data[:2] == struct.pack("!H", question.id)


def parsed(data: bytes, question: Message) -> Message | None:
    """None if it is no answer to the question: by its number, its flags and what it repeats of it."""
    if not _is_of(data, question):
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
