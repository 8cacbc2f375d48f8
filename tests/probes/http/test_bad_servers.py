"""The kind `http` against servers that do what no server should."""

import asyncio
import encodings
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pingmon.model.probe_result import Outcome
from pingmon.probes.http.charset import decoded
from pingmon.probes.http.probe import HttpProbe
from pingmon.probes.paced.answer import Answer
from tests.support.raw_server import RawServer

OK = b"HTTP/1.1 200 OK\r\n"


def ask(server: RawServer, timeout: float = 5.0, **options: Any) -> Answer:
    url = options.pop("url", server.url + "/")
    address = options.pop("address", "127.0.0.1")
    return asyncio.run(HttpProbe(address, {"url": url, **options}).run(timeout))


def says(*parts: bytes) -> RawServer:
    """Answers with these, and closes."""

    def serve(this: RawServer, connection: socket.socket) -> None:
        this.read(connection)
        for part in parts:
            connection.sendall(part)

    return RawServer(serve)


@pytest.mark.parametrize(
    ("parts", "detail"),
    [
        ([], "closed the connection without an answer"),
        ([b"HTTP/1.1 2"], "closed the connection before the end of its answer, after 10 bytes"),
        ([OK], "closed the connection before the end of its answer, after 17 bytes"),
        (
            [OK, b"Content-Length: 1000\r\n\r\nbegun"],
            "closed the connection before the end of its answer, after 46 bytes",
        ),
        (
            [OK, b"Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n"],
            "closed the connection before the end of its answer, after 57 bytes",
        ),
        ([b"220 mail.example ESMTP\r\n"], "does not speak HTTP"),
        ([OK, b"Content-Length: -1\r\n\r\n"], "does not speak HTTP as it should"),
        ([OK, b"X: " + b"x" * 70_000], "its headers are longer than 65,536 bytes"),
        ([b"x" * 70_000], "does not speak HTTP"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" * 30], "answers without end that it goes on"),
        (
            [b"HTTP/1.1 302 Found\r\nLocation: ftp://a.example/\r\n\r\n"],
            "redirects to what can't be followed: url: 'ftp://a.example/' must begin with http:// or https://",
        ),
        (
            [b"HTTP/1.1 302 Found\r\nLocation: http://me:pw@a.example/\r\n\r\n"],
            "redirects to what can't be followed: url: a user and a password in it would be shown; "
            "give them with --auth_file",
        ),
        (
            [b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n"],
            "redirects to what can't be followed: url: 'http://[::1' is none",
        ),
        ([b"HTTP/1.1 503 \x1b[31mred\r\n\r\n"], "answered 503 Service Unavailable"),
        ([b"HTTP/1.1 599 Evil words\r\n\r\n"], "answered 599"),
    ],
)
def test_bad_answer_is_an_error_in_words(parts: list[bytes], detail: str) -> None:
    with says(*parts) as server:
        answer = ask(server)
    assert (answer.outcome, answer.detail) == (Outcome.ERROR, detail)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"header": ["X-Key: S3cretToken"]}, "found S3cretToken, S3CRETTOKEN and S3creT"),
        (
            {"header": ["A: S3cretLong99", "B: S3cretL1", "C: S3cre"]},
            "S3cretL1; S3cretLong99; S3cre; S3cret",
        ),
        ({"header": ["Authorization: Bearer S3cretToken"]}, "Bearer S3cretToken; or S3cretToken"),
        ({"auth": "me:S3cret pass"}, "Basic bWU6UzNjcmV0IHBhc3M= S3cret%20pass S3cret pass"),
    ],
)
def test_secret_that_the_server_repeats_is_hidden(options: dict[str, Any], words: str) -> None:
    with says(OK, b'\r\n{"said": "' + words.encode() + b'"}') as server:
        answer = ask(server, expect_json=["said=1"], **options)
    assert answer.detail.startswith("said in the JSON is '") and answer.detail.endswith("', not 1")
    assert not re.search("s3cre|bWU6|Bearer|99|1;", answer.detail, re.IGNORECASE), answer.detail


def test_answer_of_a_million_pieces_does_not_hold_up_others() -> None:
    pieces = OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nX\r\n" * 100_000
    with says(pieces) as server:
        latest = asyncio.run(latest_turn(HttpProbe("127.0.0.1", {"url": server.url + "/"}), 1.0))
    assert latest < 0.4


async def latest_turn(probe: HttpProbe, timeout: float) -> float:
    """Seconds by which others were kept waiting at most."""
    asked, latest = asyncio.create_task(probe.run(timeout)), 0.0
    while not asked.done():
        began = time.monotonic()
        await asyncio.sleep(0.005)
        latest = max(latest, time.monotonic() - began)
    return latest


def trickle(this: RawServer, connection: socket.socket) -> None:
    """A byte every 50 ms, headers without end."""
    this.read(connection)
    connection.sendall(OK)
    while not this.stopped.wait(0.05):
        connection.sendall(b"X")


def test_deadline_is_one_for_all() -> None:
    """A server that sends a byte now and then does not make it longer."""
    with RawServer(trickle) as server:
        began = time.monotonic()
        answer = ask(server, timeout=0.5)
        assert 0.4 < time.monotonic() - began < 20
    assert answer.outcome is Outcome.TIMEOUT
    assert answer.detail.startswith("no answer within 0.5 s, but ")


def test_deadline_goes_on_over_redirects() -> None:
    def serve(this: RawServer, connection: socket.socket) -> None:
        this.read(connection)
        this.stopped.wait(0.2)
        connection.sendall(b"HTTP/1.1 307 On\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    with RawServer(serve) as server:
        answer = ask(server, timeout=0.5)
    where = f"redirected to 127.0.0.1:{server.port}"
    assert answer.outcome is Outcome.TIMEOUT
    assert answer.detail == f"{where}: no answer within 0.5 s"


def silent(this: RawServer, connection: socket.socket) -> None:
    this.stopped.wait(10)


@pytest.mark.parametrize(("scheme", "what"), [("http", "answer"), ("https", "TLS handshake")])
def test_silence_is_a_timeout_that_says_what_was_waited_for(scheme: str, what: str) -> None:
    with RawServer(silent) as server:
        answer = ask(server, timeout=0.3, url=f"{scheme}://127.0.0.1:{server.port}/")
    assert (answer.outcome, answer.detail) == (Outcome.TIMEOUT, f"no {what} within 0.3 s")


def test_server_that_breaks_tls_off() -> None:
    with RawServer(lambda _this, connection: connection.close()) as server:
        answer = ask(server, url=f"https://127.0.0.1:{server.port}/")
    assert answer.outcome is Outcome.ERROR
    assert answer.detail in (
        "it closed the connection during the TLS handshake",
        "the connection was reset",
    )


def test_nobody_listens() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        answer = asyncio.run(HttpProbe("127.0.0.1", {"url": url}).run(5))
    assert (answer.outcome, answer.detail) == (Outcome.ERROR, "connection refused")


def test_no_route_is_a_local_error() -> None:
    answer = asyncio.run(HttpProbe("fe80::1%none9", {"url": "http://a.example/"}).run(5))
    assert (answer.outcome, answer.kind) == (Outcome.LOCAL_ERROR, "ENODEV")


def endless(this: RawServer, connection: socket.socket) -> None:
    this.read(connection)
    connection.sendall(OK + b"\r\n")
    while not this.stopped.is_set():
        connection.sendall(b"x" * 65536)


def test_no_more_than_max_body_is_read() -> None:
    with RawServer(endless) as server:
        assert ask(server, max_body=100_000).outcome is Outcome.REPLY
        answer = ask(server, max_body=100_000, expect_text="y")
    assert answer.detail == "the text was not found in the first 100,000 bytes"


@pytest.fixture
def thief() -> Iterator[RawServer]:
    with says(OK, b"Content-Length: 0\r\n\r\n") as server:
        yield server


SECRETS: dict[str, Any] = {"header": ("X-Key: s3cret",), "auth": "me:pw"}


def test_redirect_to_another_host_gets_no_secrets(thief: RawServer) -> None:
    location = f"Location: http://localhost:{thief.port}/\r\n\r\n".encode()
    with says(b"HTTP/1.1 302 Found\r\n", location) as server:
        assert ask(server, **SECRETS).outcome is Outcome.REPLY
        assert b"X-Key: s3cret" in server.requests[0] and b"Basic " in server.requests[0]
    assert b"s3cret" not in thief.requests[0] and b"uthorization" not in thief.requests[0]
    assert f"Host: localhost:{thief.port}".encode() in thief.requests[0]


def test_redirect_to_another_port_gets_no_secrets(thief: RawServer) -> None:
    location = f"Location: http://127.0.0.1:{thief.port}/\r\n\r\n".encode()
    with says(b"HTTP/1.1 302 Found\r\n", location) as server:
        assert ask(server, **SECRETS).outcome is Outcome.REPLY
    assert b"s3cret" not in thief.requests[0] and b"uthorization" not in thief.requests[0]


def test_redirect_on_the_same_server_keeps_secrets() -> None:
    def serve(this: RawServer, connection: socket.socket) -> None:
        this.read(connection)
        is_first = len(this.requests) == 1
        further = b"HTTP/1.1 302 Found\r\nLocation: next\r\n\r\n"
        connection.sendall(further if is_first else OK + b"Content-Length: 0\r\n\r\n")

    with RawServer(serve) as server:
        assert ask(server, method="POST", **SECRETS).outcome is Outcome.REPLY
    assert server.requests[1].startswith(b"GET /next ") and b"X-Key: s3cret" in server.requests[1]


def test_redirect_to_a_name_that_does_not_exist() -> None:
    with says(b"HTTP/1.1 302 Found\r\nLocation: http://gone.invalid/\r\n\r\n") as server:
        answer = ask(server)
    # A machine without a resolver can't know.
    assert answer.outcome in (Outcome.ERROR, Outcome.LOCAL_ERROR)
    assert answer.detail.startswith("redirected to gone.invalid: ")


def test_redirects_to_names_without_an_answer_leave_the_resolver_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered, real = threading.Event(), socket.getaddrinfo

    def look_up(host: str, *more: Any, **named: Any) -> Any:
        if host.endswith(".silent.example"):
            answered.wait(20)
        return real("127.0.0.1", *more, **named)

    def serve(this: RawServer, connection: socket.socket) -> None:
        asked = this.read(connection)
        other = "fine" if b"/fine" in asked else f"n{len(this.requests)}.silent"
        target = f"http://{other}.example:{this.port}/".encode()
        answer = b"HTTP/1.1 302 Found\r\nLocation: " + target + b"\r\n\r\n"
        connection.sendall(OK + b"Content-Length: 0\r\n\r\n" if b"fine.example" in asked else answer)

    async def run(server: RawServer) -> tuple[Answer, Answer]:
        bad, good = (HttpProbe("127.0.0.1", {"url": server.url + path}) for path in ("/bad", "/fine"))
        asked = [asyncio.create_task(bad.run(10)) for _ in range(50)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        found = await good.run(5)
        refused = next(one.result() for one in asked if one.done())
        answered.set()
        await asyncio.wait(asked)
        return found, refused

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with RawServer(serve) as server:
        found, refused = asyncio.run(run(server))
    assert found.outcome is Outcome.REPLY
    assert refused.outcome is Outcome.LOCAL_ERROR and "the resolver has no answer yet" in refused.detail


def test_regular_expression_can_not_hold_up_others() -> None:
    """The loop goes on while one takes for ever, and that one is ended."""
    body = b"a" * 40 + b"!"
    moved = list[float]()

    async def run(server: RawServer) -> Answer:
        async def tick() -> None:
            while True:
                moved.append(time.monotonic())
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        options = {"url": server.url, "expect_regex": r"^(a|a)+$"}
        answer = await HttpProbe("127.0.0.1", options).run(60)
        ticking.cancel()
        return answer

    with says(OK, b"Content-Length: %d\r\n\r\n" % len(body), body) as server:
        answer = asyncio.run(run(server))
    words = "the regular expression takes longer than 0.2 s on 41 bytes"
    assert (answer.outcome, answer.detail) == (Outcome.ERROR, words)
    assert len(moved) > 2


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("ISO-8859-1", b"caf\xe9"),
        ("utf-16", "café".encode("utf-16")),
        ("windows-1251; x=y", "кафé кафе".encode("cp1251", "replace")),
        ("no-such", "café".encode()),
        ("zlib", "café".encode()),
    ],
)
def test_content_is_read_in_its_charset(charset: str, content: bytes) -> None:
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Length: {len(content)}\r\n\r\n"
    text = "кафе" if "1251" in charset else "café"
    with says(OK, head.encode(), content) as server:
        assert ask(server, expect_text=text).outcome is Outcome.REPLY


def test_charsets_that_a_server_invents_are_not_remembered() -> None:
    before = len(encodings._cache)
    for number in range(100):
        assert decoded(b"abc", f"text/html; charset=none{number}") == "abc"
    assert len(encodings._cache) == before


def test_charset_that_takes_long_to_decode_is_not_used() -> None:
    """Of punycode Python makes work with the square of the length."""
    head = b"Content-Type: text/plain; charset=punycode\r\nContent-Length: 300000\r\n\r\n"
    with says(OK, head, b"a" * 100_000 + b"-" + b"9a" * 100_000) as server:
        began = time.process_time()
        ask(server, expect_text="zzz")
        assert time.process_time() - began < 5


def test_wrong_status_is_said_though_the_content_never_ends() -> None:
    with RawServer(stuck) as server:
        assert ask(server, timeout=10).detail == "answered 503 Service Unavailable"


def stuck(this: RawServer, connection: socket.socket) -> None:
    this.read(connection)
    connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\nx")
    this.stopped.wait(20)


def test_nothing_stays_open() -> None:
    """Also of a probe that is cancelled."""

    async def run(server: RawServer) -> None:
        task = asyncio.create_task(HttpProbe("127.0.0.1", {"url": server.url}).run(60))
        while not server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    closed = []

    def serve(this: RawServer, connection: socket.socket) -> None:
        this.read(connection)
        try:
            closed.append(connection.recv(1))
        except ConnectionResetError:
            closed.append(b"")

    with RawServer(serve) as server:
        asyncio.run(run(server))
        deadline = time.monotonic() + 20
        while not closed and time.monotonic() < deadline:
            time.sleep(0.01)
    assert closed == [b""]
