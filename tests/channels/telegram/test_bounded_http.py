"""What networks do to a request: forget its connection, trickle, answer for somebody else, refuse."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pingmon.channels.telegram.answer import BotApiAnswer
from pingmon.channels.telegram.checks import bot_api_reachable
from pingmon.channels.telegram.client import KEPT, LONGEST_ANSWER, BotApiEndpoint, TelegramClient
from tests.support.bot_api import TOKEN, BotApi
from tests.support.lab import Lab, run, until
from tests.support.raw_server import RawServer, answering, http, in_namespace, timed, trickling

OK = b'{"ok":true,"result":{"message_id":7}}'
BODIES: dict[str, dict[str, Any]] = {
    "sendMessage": {"chat_id": 1001, "text": "x"},
    "getMe": {},
    "getChat": {"chat_id": 1001},
    "getUpdates": {},
}
METHODS = tuple(BODIES)
Timeout = tuple[float, float]


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    yield made
    made.stop()


def call(
    url: str, method: str = "sendMessage", timeout: Timeout = (2.0, 2.0), **more: str
) -> BotApiAnswer:
    client = TelegramClient(TOKEN, BotApiEndpoint(url, **more))
    answer = client.call(method, {"chat_id": 1001, "text": "x"}, timeout)
    client.close()
    assert "Canary" not in answer.words
    return answer


def _at_once(ask: Callable[[str], Any]) -> list[tuple[str, Any]]:
    """Each method, and what became of it: they mostly wait, so they do it side by side."""
    with ThreadPoolExecutor(len(METHODS)) as pool:
        return list(zip(METHODS, pool.map(ask, METHODS), strict=True))


class SilentRelay:
    """Passes connections on until `forget`: from then on what they carry vanishes, though it is taken."""

    def __init__(self, target: int) -> None:
        self._target, self._forgotten = target, threading.Event()
        self.connections = 0
        self.server = RawServer(self._serve)

    def _serve(self, _: RawServer, client: socket.socket) -> None:
        self.connections += 1
        forgotten = self._forgotten
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            back = threading.Thread(target=self._copy, args=(server, client, forgotten), daemon=True)
            back.start()
            self._copy(client, server, forgotten)

    @staticmethod
    def _copy(source: socket.socket, to: socket.socket, forgotten: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not forgotten.is_set():
                    to.sendall(data)

    def forget(self) -> None:
        """The connections that there are."""
        self._forgotten.set()
        self._forgotten = threading.Event()


@pytest.mark.parametrize("method", METHODS)
def test_a_connection_that_rested_is_not_trusted(api: BotApi, method: str) -> None:
    with (relay := SilentRelay(api.server.server_port)).server as server:
        client = TelegramClient(TOKEN, BotApiEndpoint(server.url))
        for _ in range(3):
            assert client.call("getMe", {}).ok
        assert relay.connections == 1  # a burst has one
        relay.forget()
        threading.Event().wait(KEPT + 0.1)
        answer, took = timed(lambda: client.call(method, BODIES[method]))
        assert answer.ok and took < 1 and relay.connections == 2
        client.close()


def _drop_established(lab: Lab, port: int) -> None:
    """Packets of all connections to `port` that there are vanish, in both directions."""
    lines = lab.in_here("ss", "-Htn", "state", "established", f"( dport = :{port} )").splitlines()
    ports = ", ".join(line.split()[2].rpartition(":")[2] for line in lines)
    rules = (
        "add table inet forget; add chain inet forget i { type filter hook input priority 0; }; "
        f"add rule inet forget i tcp sport {{ {ports} }} drop; "
        f"add rule inet forget i tcp dport {{ {ports} }} drop"
    )
    lab.in_here("nft", rules)


@pytest.mark.alone
def test_a_forgotten_connection_costs_seconds_and_is_not_uncertain(lab: Lab) -> None:
    """In the midst of a burst, so that the connection is used again."""

    def talk(method: str) -> tuple[BotApiAnswer, float, BotApi]:
        api = BotApi().start()
        client = TelegramClient(TOKEN, BotApiEndpoint(api.url))
        assert client.call("getMe", {}).ok
        _drop_established(lab, api.server.server_port)
        # The rules took a moment: whether it was used a moment ago is not this test's.
        client._last_used = time.monotonic()
        answer, took = timed(lambda: client.call(method, BODIES[method]))
        client.close()
        api.stop()
        return answer, took, api

    for method, (answer, took, api) in _at_once(
        lambda method: in_namespace(lab.here, partial(talk, method))
    ):
        assert answer.ok and 4 < took < 8, method
        assert api.asked == ["getMe", method] and len(api.messages) == (method == "sendMessage")


def test_a_connection_that_is_closed_while_it_rests_is_made_anew() -> None:
    with RawServer(answering(http("200 OK", OK))) as server:  # and it is closed without a word
        client = TelegramClient(TOKEN, BotApiEndpoint(server.url))
        for count, method in enumerate(METHODS, 1):
            assert client.call(method, {}).ok
            until(lambda count=count: server.closed == count, 2, "it to be closed")  # type: ignore[misc]
        # Whether a message sent at that moment was read can't be known; a question is asked again.
        for _ in range(20):
            assert client.call("getMe", {}).ok
        client.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.alone
@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK",  # not even its first line ends
        HEAD + b"X-Pad: a",
        HEAD + b"Content-Length: 100\r\n\r\n" + b"{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n ",
        HEAD + b"\r\n{",
        b"",
    ],
    ids=["status", "header", "length", "chunks", "close", "nothing"],
)
def test_an_answer_that_trickles_ends_at_the_deadline(data: bytes) -> None:
    with RawServer(trickling(data or b"\r", 0.2)) as server:
        done = _at_once(lambda method: timed(lambda: call(server.url, method, (0.5, 1.0))))
    # Its reads each come in time; the call ends all the same.
    for method, (answer, took) in done:
        assert not answer.ok and took < 2.2, method
        assert answer.uncertain and answer.error_code == 0, method


@pytest.mark.parametrize("framing", [b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n", b"X-Y: "])
@pytest.mark.parametrize("method", METHODS)
def test_an_answer_without_an_end_is_cut(framing: bytes, method: str) -> None:
    amount = 0

    def flood(server: RawServer, connection: socket.socket) -> None:
        nonlocal amount
        server.read(connection)
        connection.sendall(HEAD + framing)
        part = b" " * 65536
        part = b"10000\r\n" + part + b"\r\n" if b"chunked" in framing else part
        while not server.stopped.is_set():
            connection.sendall(part)
            amount += len(part)

    with RawServer(flood) as server:
        answer, took = timed(lambda: call(server.url, method, (2.0, 5.0)))
    assert not answer.ok and took < 4
    assert amount < 8 * LONGEST_ANSWER  # what the kernel's buffers hold is beyond our limit


def test_an_answer_with_no_end_but_spaces_is_read(api: BotApi) -> None:
    with RawServer(answering(HEAD + b"\r\n" + OK + b" " * 2 * LONGEST_ANSWER)) as server:
        assert call(server.url).ok


def test_a_redirect_is_not_followed_and_the_token_stays_here(api: BotApi) -> None:
    with RawServer(answering(http("200 OK", OK))) as portal:
        for status in ("301 Moved", "302 Found", "303 See Other", "307 Again", "308 Moved"):
            to = f"Location: {portal.url}/login?from=/bot{TOKEN}/sendMessage"
            with RawServer(answering(http(status, b"", to))) as server:
                for method in METHODS:
                    answer = call(server.url, method)
                    assert not answer.ok and not answer.uncertain and answer.retry_after is None
                    assert answer.words == (
                        f"HTTP {status[:3]} without a Bot API answer: it points to 127.0.0.1, "
                        "which is not followed"
                    )
        assert portal.requests == []


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><h1>Log in</h1>", b"\n <html>", b""])
def test_the_page_of_a_portal_delivers_nothing_and_proves_nothing(page: bytes) -> None:
    with RawServer(answering(http("200 OK", page, "Content-Type: text/html"))) as server:
        answer = call(server.url)
        assert (
            not answer.ok
            and not answer.is_permanent
            and not bot_api_reachable(TOKEN, BotApiEndpoint(server.url))
        )


@pytest.mark.parametrize(
    "data", [b"\x00\x01garbage\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/9.9 x\r\n\r\n"]
)
def test_what_does_not_speak_http_is_an_error(data: bytes) -> None:
    with RawServer(answering(data)) as server:
        answer = call(server.url)
    assert not answer.ok and answer.words.startswith("can't reach 127.0.0.1:")


# Known as not sent


def _refusing_tls(context: ssl.SSLContext) -> Callable[[RawServer, socket.socket], None]:
    def serve(server: RawServer, connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            server.read(secured)

    return serve


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost that nobody signed, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    command += " -addext subjectAltName=DNS:localhost"
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return folder / "certificate", folder / "key"


def _server_context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.mark.alone  # the alert has to come before the connection is closed
def test_tls_that_is_refused_was_not_sent(certificate: tuple[Path, Path]) -> None:
    strict = _server_context(certificate)
    strict.verify_mode = ssl.CERT_REQUIRED  # with TLS 1.3 the alert comes after the handshake
    strict.load_verify_locations(certificate[0])
    old = _server_context(certificate)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES128-SHA")
    trusted = str(certificate[0])
    for context, ca_file in ((_server_context(certificate), ""), (strict, trusted), (old, "")):
        with RawServer(_refusing_tls(context)) as server:
            url = f"https://localhost:{server.port}"
            for method in METHODS:
                answer = call(url, method, ca_file=ca_file)
                assert not answer.ok and not answer.uncertain and ": TLS: " in answer.words, answer.words
            assert server.requests == []


def _closing(server: RawServer, connection: socket.socket) -> None:
    connection.recv(65536)


def _resetting(server: RawServer, connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _silent(server: RawServer, connection: socket.socket) -> None:
    server.stopped.wait(10)


@pytest.mark.parametrize("serve", [_closing, _resetting, _silent, answering(b"HTTP/1.1 200 OK\r\n\r\n")])
def test_a_handshake_that_fails_was_not_sent(serve: Any) -> None:
    with RawServer(serve) as server:
        answer = call(f"https://localhost:{server.port}", timeout=(0.5, 0.5))
    assert not answer.ok and not answer.uncertain


@pytest.mark.parametrize("serve", [_closing, _silent, answering(b"HTTP/1.1 403 No\r\n\r\n")])
@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_that_refuses_was_not_sent(serve: Any, scheme: str) -> None:
    with RawServer(serve) as server:
        proxy = f"{scheme}://127.0.0.1:{server.port}"
        answer = call("https://api.telegram.invalid", timeout=(0.5, 0.5), proxy=proxy)
    assert not answer.ok and not answer.uncertain


def test_names_and_ports_that_do_not_answer_were_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for url in (
            f"http://127.0.0.1:{port}",
            "https://api.telegram.invalid",
            f"http://{'a' * 70}.example",
        ):
            for method in METHODS:
                answer = call(url, method)
                assert not answer.ok and not answer.uncertain and answer.words.startswith("can't reach ")


def test_a_full_queue_of_connections_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        answer, took = timed(lambda: call(f"http://127.0.0.1:{port}", timeout=(0.5, 5.0)))
        for one in waiting:
            one.close()
    assert not answer.ok and not answer.uncertain and took < 1
    assert answer.words.endswith("the connection timed out")


def test_what_was_taken_and_not_answered_is_uncertain() -> None:
    for serve in (_silent, lambda server, connection: server.read(connection) and None):
        with RawServer(serve) as server:
            assert call(server.url, timeout=(0.5, 0.5)).uncertain


def test_the_namespace_of_a_test_is_its_own(lab: Lab) -> None:
    assert "forget" not in run("nft", "list", "tables")
