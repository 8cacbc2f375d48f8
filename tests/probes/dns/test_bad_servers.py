"""The kind `dns` against servers that lie, and those that are not there."""

import asyncio
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from pingmon.model.errors import InvalidValue
from pingmon.model.probe_result import Outcome
from pingmon.probes.dns.probe import DnsProbe
from pingmon.probes.paced.answer import Answer
from tests.support.raw_server import RawServer

Reply = Callable[[dns.message.Message], list[bytes]]


@contextmanager
def responder(reply: Reply) -> Iterator[int]:
    """Answers each question over UDP with these packets; gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def run() -> None:
            with suppress(OSError):
                while True:
                    data, sender = sock.recvfrom(4096)
                    if not data:
                        return
                    for packet in reply(dns.message.from_wire(data)):
                        sock.sendto(packet, sender)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        port = sock.getsockname()[1]
        yield port
        sock.sendto(b"", ("127.0.0.1", port))
        thread.join(5)


def right(question: dns.message.Message) -> dns.message.Message:
    answer = dns.message.make_response(question)
    answer.answer.append(dns.rrset.from_text("a.example.", 60, "IN", "A", "192.0.2.1"))
    return answer


def ask(port: int, timeout: float = 1.0, **options: Any) -> Answer:
    probe = DnsProbe("127.0.0.1", {"query": "a.example", "port": port, **options})
    return asyncio.run(probe.run(timeout))


def wrong_number(question: dns.message.Message) -> bytes:
    forged = right(question)
    forged.id = question.id ^ 1
    return forged.to_wire()


def wrong_question(question: dns.message.Message) -> bytes:
    other = dns.message.make_query("b.example", "A", id=question.id)
    return dns.message.make_response(other).to_wire()


FORGED: dict[str, Reply] = {
    "wrong number": lambda question: [wrong_number(question)],
    "other question": lambda question: [wrong_question(question)],
    "the question itself": lambda question: [question.to_wire()],
    "not DNS": lambda question: [b"", b"x", question.to_wire()[:2] + b"\xff" * 40, b"\0" * 600],
    "cut off": lambda question: [right(question).to_wire()[:-3]],
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_no_answer_to_the_question_is_silence(name: str) -> None:
    with responder(FORGED[name]) as port:
        began = time.monotonic()
        answer = ask(port, 0.3)
    assert (answer.outcome, answer.detail) == (Outcome.TIMEOUT, "no answer within 0.3 s")
    assert time.monotonic() - began < 20


FLOOD = """
import socket, dns.message, dns.rrset
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 0))
print(sock.getsockname()[1], flush=True)
data, asker = sock.recvfrom(4096)
other = dns.message.make_query("b.example", "A", id=dns.message.from_wire(data).id)
answer = dns.message.make_response(other)
for number in range(8):
    answer.answer.append(dns.rrset.from_text(f"n{number}.example.", 60, "IN", "A", "192.0.2.1"))
packet = answer.to_wire()
while True:
    sock.sendto(packet, asker)
"""


def test_flood_of_packets_that_are_no_answer_does_not_hold_up_others() -> None:
    async def run(port: int) -> tuple[Answer, float]:
        probe = DnsProbe("127.0.0.1", {"query": "a.example", "port": port})
        asked, latest = asyncio.create_task(probe.run(0.7)), 0.0
        while not asked.done():
            began = time.monotonic()
            await asyncio.sleep(0.01)
            latest = max(latest, time.monotonic() - began)
        return asked.result(), latest

    # In a process of its own, else it sends no faster than we read.
    with subprocess.Popen([sys.executable, "-c", FLOOD], stdout=subprocess.PIPE) as flood:
        assert flood.stdout
        end = threading.Timer(10, flood.kill)
        end.start()
        answer, latest = asyncio.run(run(int(flood.stdout.readline())))
        end.cancel()
        flood.kill()
    assert answer.outcome is Outcome.TIMEOUT and latest < 0.5


def test_answer_of_thousands_of_records_that_take_long_to_read_is_not_read() -> None:
    def many(question: dns.message.Message) -> list[bytes]:
        asked = question.to_wire()
        name = b"".join(b"\1" + bytes([97 + at % 26]) for at in range(120)) + b"\0"
        first = struct.pack("!HHHIHH", 0xC00C, 15, 1, 60, 2 + len(name), 0) + name
        other = struct.pack("!HHHIH", 0xC00C, 15, 1, 60, 4)
        records = [other + struct.pack("!HH", number, 0xC000 | len(asked) + 14) for number in range(220)]
        head = asked[:2] + b"\x84\0" + asked[4:6] + struct.pack("!HHH", 1000, 0, 0)
        return [head + asked[12:] + first + b"".join(records)]

    with responder(many) as port:
        answer = ask(port)
    assert answer.outcome is Outcome.ERROR
    assert answer.detail == "its answer has 1,001 records, which are too many to look at"


@pytest.mark.parametrize("name", FORGED)
def test_right_answer_counts_though_others_came_before(name: str) -> None:
    with responder(lambda question: [*FORGED[name](question), right(question).to_wire()]) as port:
        assert ask(port).outcome is Outcome.REPLY


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        (dns.rcode.REFUSED, "the server refuses to answer (REFUSED)"),
        (dns.rcode.SERVFAIL, "the server failed (SERVFAIL)"),
        (dns.rcode.NOTAUTH, "the server answers NOTAUTH"),
        (dns.rcode.FORMERR, "the server does not understand the question (FORMERR)"),
    ],
)
def test_refusals_are_told_apart(code: dns.rcode.Rcode, detail: str) -> None:
    def refuse(question: dns.message.Message) -> list[bytes]:
        answer = dns.message.make_response(question)
        answer.set_rcode(code)
        return [answer.to_wire()]

    with responder(refuse) as port:
        assert ask(port) == Answer(Outcome.ERROR, None, detail)


def test_truncated_answer_and_no_tcp() -> None:
    def truncate(question: dns.message.Message) -> list[bytes]:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.TC
        return [answer.to_wire()]

    with responder(truncate) as port:
        answer = ask(port)
    words = "by TCP, as its answer was too long for UDP: connection refused"
    assert (answer.outcome, answer.detail) == (Outcome.ERROR, words)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "closed the connection without an answer"),
        (b"\0\x50half", "closed the connection in the middle of its answer"),
        (b"\0\x04four", "the answer is not one to the question"),
    ],
)
def test_tcp_server_that_breaks_off(data: bytes, detail: str) -> None:
    def serve(_: RawServer, connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(data)

    with RawServer(serve) as server:
        assert ask(server.port, dns_over="tcp") == Answer(Outcome.ERROR, None, detail)


def silent(server: RawServer, _: socket.socket) -> None:
    server.stopped.wait(5)


def test_silent_tcp_server() -> None:
    with RawServer(silent) as server:
        assert ask(server.port, 0.2, dns_over="tcp").outcome is Outcome.TIMEOUT


def test_nobody_listens() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        answer = ask(port)
        assert (answer.outcome, answer.detail) == (Outcome.ERROR, f"nothing listens on UDP port {port}")
        answer = ask(port, dns_over="tcp")
        assert (answer.outcome, answer.detail) == (Outcome.ERROR, "connection refused")


def test_name_that_is_another_name_of_one() -> None:
    """The address is that of where CNAME leads."""

    def reply(question: dns.message.Message) -> list[bytes]:
        answer = dns.message.make_response(question)
        answer.answer.append(dns.rrset.from_text("a.example.", 60, "IN", "CNAME", "b.example."))
        answer.answer.append(dns.rrset.from_text("b.example.", 60, "IN", "A", "192.0.2.7"))
        answer.answer.append(dns.rrset.from_text("c.example.", 60, "IN", "A", "192.0.2.8"))
        return [answer.to_wire()]

    with responder(reply) as port:
        assert ask(port, expect=("192.0.2.7",)).outcome is Outcome.REPLY
        assert ask(port, expect=("192.0.2.8",)).detail == "the answer is 192.0.2.7, without 192.0.2.8"


def test_values_of_a_server_are_shown_escaped() -> None:
    def reply(question: dns.message.Message) -> list[bytes]:
        answer = dns.message.make_response(question)
        text = dns.rrset.from_text("a.example.", 60, "IN", "TXT", '"\\027[31mred \\226\\128\\174"')
        answer.answer.append(text)
        return [answer.to_wire()]

    with responder(reply) as port:
        answer = ask(port, record="TXT", expect=("blue",))
    assert answer.detail == r"the answer is \x1b[31mred \u202e, without blue"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": "a..b"}, "query"),
        ({"query": "x" * 64 + ".example"}, "query"),
        ({"query": "a.example", "expect": ("not an address",)}, "expect"),
        ({"query": "a.example", "record": "MX", "expect": ("mail.example",)}, "expect"),
    ],
)
def test_settings_that_are_refused(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        DnsProbe("127.0.0.1", options)
    assert caught.value.field == field
    record = options.get("record", "A")
    assert field != "expect" or f"is no {record} record, as '" in str(caught.value)
