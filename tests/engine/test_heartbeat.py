"""The heartbeat's own work: requests, words for what goes wrong, proxy and certificates."""

import logging
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pingmon.engine.heartbeat import HeartbeatSender, HeartbeatSettings
from pingmon.model.redaction import hide_url, redact
from tests.support.heartbeat_server import HeartbeatServer
from tests.support.raw_server import RawServer, timed, trickling


@pytest.fixture
def server() -> Iterator[HeartbeatServer]:
    made = HeartbeatServer().start()
    yield made
    made.stop()


def sender(
    url: str, method: str = "GET", why_not: str = "", proxy: str = "", ca_file: str = ""
) -> HeartbeatSender:
    settings = HeartbeatSettings(url, 10.0, method)
    return HeartbeatSender(settings, lambda: why_not, lambda: {"health": "ok"}, proxy, ca_file)


def test_get_has_no_body_and_post_has_the_summary(server: HeartbeatServer) -> None:
    for method in ("GET", "POST"):
        one = sender(f"{server.url}/ping/secret", method)
        one.run_once()
        assert one.missing is None and one.describe()["sent_s_ago"] < 5
    got = [(one["method"], one["path"], one["body"]) for one in server.asked]
    assert got == [("GET", "/ping/secret", ""), ("POST", "/ping/secret", '{"health": "ok"}')]


def test_none_is_given_while_something_is_missing(
    server: HeartbeatServer, caplog: pytest.LogCaptureFixture
) -> None:
    words = ["the recorder has not moved"]
    one = HeartbeatSender(HeartbeatSettings(server.url), lambda: words[0], dict)
    with caplog.at_level(logging.WARNING):
        one.run_once()
        words[0] = "nothing answers"
        one.run_once()
        assert server.asked == [] and one.describe()["problem"] == "nothing answers"
        words[0] = ""
        one.run_once()
    assert len(server.asked) == 1 and one.describe()["problem"] is None
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "no heartbeat is given",
        "the heartbeat is given again after 0 s",
    ]


@pytest.mark.parametrize(("status", "words"), [(404, "HTTP 404"), (301, "HTTP 301"), (500, "HTTP 500")])
def test_what_is_no_success_is_said_and_a_redirection_is_not_followed(
    server: HeartbeatServer, status: int, words: str
) -> None:
    server.status = status
    one = sender(f"{server.url}/secret")
    one.run_once()
    assert one.missing and words in one.missing.words and len(server.asked) == 1


def test_a_server_that_is_not_there_is_named_without_the_path() -> None:
    one = sender("http://user:password@127.0.0.1:9/secret-path")
    one.run_once()
    assert one.missing and one.missing.words == "can't reach 127.0.0.1:9: connection refused"


@pytest.mark.parametrize("url", ["{}/secret", "http://heartbeat.invalid/secret"])
def test_an_answer_that_trickles_is_given_up_in_time_also_of_a_proxy(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pingmon.engine.heartbeat.TIMEOUT", (0.5, 1.0))
    with RawServer(trickling(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000, 0.05)) as slow:
        proxy = "" if "{}" in url else slow.url
        one = sender(url.format(slow.url), proxy=proxy)
        _, seconds = timed(one.run_once)
    assert one.missing and "no answer in time" in one.missing.words and "secret" not in one.missing.words
    assert 1.0 < seconds < 4.0


def test_a_body_without_end_is_not_waited_for() -> None:
    with RawServer(trickling(b"HTTP/1.1 200 OK\r\n\r\nx", 0.01)) as slow:
        one = sender(f"{slow.url}/secret")
        _, seconds = timed(one.run_once)
    assert one.missing is None and seconds < 4.0


def test_the_proxy_is_used(server: HeartbeatServer) -> None:
    one = sender("http://heartbeat.invalid/secret", proxy=server.url)
    one.run_once()
    assert one.missing is None
    assert server.asked[0]["path"] == "http://heartbeat.invalid/secret"


def test_a_certificate_of_ones_own_is_trusted_only_when_given(
    server: HeartbeatServer, tmp_path: Path
) -> None:
    if not shutil.which("openssl"):
        pytest.fail("needs openssl, to make a certificate")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
    url = server.url.replace("http", "https") + "/secret"
    one = sender(url)
    one.run_once()
    assert one.missing and "TLS" in one.missing.words
    one = sender(url, ca_file=str(certificate))
    one.run_once()
    assert one.missing is None and len(server.asked) == 1


def test_a_url_is_hidden_in_all_that_libraries_write() -> None:
    hide_url("https://heartbeat.example/ping/abc?key=d")
    assert redact('"GET /ping/abc?key=d HTTP/1.1" 200') == '"GET <url> HTTP/1.1" 200'
    assert (
        redact("with url: https://heartbeat.example/ping/abc?key=d (Caused by")
        == "with url: <url> (Caused by"
    )
    hide_url("https://heartbeat.example/ping")
    assert redact("/var/lib/pingmon and /ping-pong") == "/var/lib/pingmon and /ping-pong"
    assert "secret" not in repr(HeartbeatSettings("https://secret"))
