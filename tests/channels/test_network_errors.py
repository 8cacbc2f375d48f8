"""What the network does is told in words that people understand; real sockets do it."""

import http.server
import logging
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from tests.support.bot_api import TOKEN

SHORT = (0.3, 0.3)  # s: connect, read


def words(endpoint: BotApiEndpoint, timeout: tuple[float, float] = (2.0, 2.0)) -> tuple[str, bool]:
    """What is said, and whether a message may have been delivered."""
    client = TelegramClient(TOKEN, endpoint)
    answer = client.call("getMe", {}, timeout)
    client.close()
    assert not answer.ok and answer.error_code == 0
    assert all(secret not in answer.words for secret in ("Canary", "object at 0x", "Error", "urllib3"))
    return answer.words, answer.uncertain


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def mute_port() -> Iterator[int]:
    """Takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def rude_port() -> Iterator[int]:
    """Takes a request and closes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


@pytest.fixture
def tls_port(tmp_path: Path) -> Iterator[int]:
    """HTTPS with a certificate that nobody signed."""
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    files = ["-keyout", str(key), "-out", str(certificate), "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def proxy_port() -> Iterator[int]:
    """A proxy that wants a password."""

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(407)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_nothing_listens(closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    assert words(BotApiEndpoint(url)) == (
        f"can't reach 127.0.0.1:{closed_port}: connection refused",
        False,
    )


def test_a_name_that_nobody_knows() -> None:
    said, uncertain = words(BotApiEndpoint("https://api.telegram.invalid"))
    assert said.startswith("can't reach api.telegram.invalid: DNS does not ") and not uncertain


def test_no_answer_in_time_may_have_been_delivered(mute_port: int) -> None:
    said = words(BotApiEndpoint(f"http://127.0.0.1:{mute_port}"), SHORT)
    assert said == (f"can't reach 127.0.0.1:{mute_port}: no answer in time", True)


def test_a_connection_that_is_closed_may_have_been_delivered(rude_port: int) -> None:
    said = words(BotApiEndpoint(f"http://127.0.0.1:{rude_port}"))
    reason = "the connection was closed without an answer"
    assert said == (f"can't reach 127.0.0.1:{rude_port}: {reason}", True)


def test_tls_names_its_reason(tls_port: int) -> None:
    said, _ = words(BotApiEndpoint(f"https://localhost:{tls_port}"))
    assert said == f"can't reach localhost:{tls_port}: TLS: self-signed certificate"


def test_plain_http_where_tls_is_expected() -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    said, _ = words(BotApiEndpoint(f"https://127.0.0.1:{server.server_port}"))
    server.shutdown()
    server.server_close()
    assert said.endswith(("TLS: the server does not speak TLS", "closed without an answer")), said


def test_a_proxy_is_named_and_its_password_is_not(closed_port: int, proxy_port: int) -> None:
    for scheme in ("http", "socks5h"):
        proxy = f"{scheme}://user:geheim@127.0.0.1:{closed_port}"
        said = words(BotApiEndpoint("https://api.telegram.invalid", proxy))
        expected = f"can't reach the proxy 127.0.0.1:{closed_port}: connection refused"
        assert said == (expected, False)
    refusing = BotApiEndpoint("https://api.telegram.invalid", f"http://127.0.0.1:{proxy_port}")
    assert words(refusing)[0].startswith(f"the proxy 127.0.0.1:{proxy_port} refuses: 407 ")


def test_the_library_speaks_at_debug_level_only(
    closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pingmon")
    words(BotApiEndpoint(f"http://127.0.0.1:{closed_port}"))
    found = [one for one in caplog.records if "ConnectionError" in one.getMessage()]
    assert found and all(one.levelno == logging.DEBUG for one in found)
    assert all("Canary" not in one.getMessage() for one in found)
