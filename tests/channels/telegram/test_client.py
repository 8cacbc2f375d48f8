"""How the Bot API is reached: proxies, certificates of one's own, a path prefix; and the operator."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from tests.support.bot_api import TOKEN, BotApi
from tests.support.lab import Lab, Pingmon, until


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    yield made
    made.stop()


class Relay:
    """Takes one connection: as an HTTP proxy, or as a SOCKS5 one (RFC 1928), and passes it on."""

    def __init__(self, target: int, socks: bool) -> None:
        self.target, self.socks = target, socks
        self.asked = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        client, _ = self.listener.accept()
        if self.socks:
            client.recv(262)
            client.sendall(b"\5\0")
            self.asked = client.recv(262)
            client.sendall(b"\5\0\0\1\0\0\0\0\0\0")
            first = b""
        else:
            first = client.recv(65536)
            self.asked = first.split(b"\r\n")[0]
            first = first.replace(b"http://bots.example:80", b"").replace(b"http://bots.example", b"")
        server = socket.create_connection(("127.0.0.1", self.target))
        server.sendall(first)
        threading.Thread(target=_copy, args=(server, client), daemon=True).start()
        _copy(client, server)


def _copy(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_is_used_and_resolves_the_name(api: BotApi, scheme: str) -> None:
    relay = Relay(api.server.server_port, scheme == "socks5h")
    transport = BotApiEndpoint("http://bots.example", f"{scheme}://127.0.0.1:{relay.port}")
    bot = TelegramClient(TOKEN, transport)
    assert bot.call("getMe", {}).ok
    bot.close()
    assert b"bots.example" in relay.asked
    relay.listener.close()


def test_a_proxy_that_is_not_there_is_an_error_without_the_token() -> None:
    answer = TelegramClient(TOKEN, BotApiEndpoint("http://bots.example", "socks5h://127.0.0.1:9")).call(
        "getMe", {}
    )
    assert not answer.ok and not answer.is_permanent and "Canary" not in answer.description


def test_a_certificate_of_ones_own_is_trusted_only_when_given(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.fail("needs openssl, to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    command += " -addext subjectAltName=DNS:localhost"
    done = [*command.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(done, check=True, capture_output=True)
    api = BotApi()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    api.server.socket = context.wrap_socket(api.server.socket, server_side=True)
    api.start()
    url = f"https://localhost:{api.server.server_port}"
    assert not TelegramClient(TOKEN, BotApiEndpoint(url)).call("getMe", {}).ok
    assert TelegramClient(TOKEN, BotApiEndpoint(url, ca_file=str(certificate))).call("getMe", {}).ok
    api.stop()


def test_the_operator_hears_of_a_chat_that_nothing_reaches(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    config = tmp_path / "pingmon.toml"
    config.write_text(
        'language = "ru"\ntime_zone = "Asia/Tokyo"\nuplink = []\n'
        f'[bots.home]\ntoken_file = "{tmp_path / "token"}"\n'
        '[operator]\nbot = "home"\nchat_id = "1002"\n'
    )
    pingmon.start(f"--config={config}")
    fast = ("--interval", "1", "--timeout", "1", "--bot", "home")
    pingmon.ctl("add-mon", "--chat_id", "4242", "--ip_address", "10.0.0.1", "--no_verify", *fast)
    pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", "10.0.0.2", "--quiet", *fast)
    pingmon.ctl("add-mon", "--chat_id", "1003", "--ip_address", "10.0.0.2", "--language", "en", *fast)
    pingmon.wait_state("up", "10.0.0.1", "10.0.0.2")
    lab.unplug("10.0.0.1", "10.0.0.2")

    def of_chat(chat: int) -> list[dict[str, object]]:
        return [message for message in pingmon.messages() if message["chat_id"] == chat]

    until(lambda: bool(of_chat(1002)), 40, "the operator to be told")
    assert "в чат 4242 ничего не доходит" in str(of_chat(1002)[0]["text"])
    assert pingmon.monitors()["10.0.0.1"]["delivery"].startswith("suspended: 400")
    (suspended,) = pingmon.status()["outbox"]["suspended"]
    assert suspended["chat_id"] == "4242" and suspended["reason"].startswith("suspended: 400")
    assert "chat 4242: suspended: 400" in pingmon.ctl("status").stdout
    lab.plug("10.0.0.2")
    until(lambda: len(of_chat(1001)) == 2 and len(of_chat(1003)) == 2, 30, "the recovery")
    down, up = of_chat(1001)
    assert "не отвечает" in str(down["text"]) and "JST" in str(down["text"])
    assert "disable_notification" not in down and up["disable_notification"] is True
    assert isinstance(up["reply_parameters"], dict)
    assert "is up again" in str(of_chat(1003)[1]["text"])
    assert len(of_chat(1002)) == 1


def test_adding_by_the_old_number_of_a_group_and_what_a_test_message_says(
    lab: Lab, pingmon: Pingmon
) -> None:
    pingmon.start_api("moved=-100500")
    pingmon.start()
    fast = ("--interval", "1", "--timeout", "1")
    added = pingmon.ctl("add-mon", "--chat_id=-1002", "--ip_address", "10.0.0.1", *fast).stdout.strip()
    pingmon.ctl("test-mon", "--id", added)
    pingmon.wait_state("up", "10.0.0.1")
    lab.unplug("10.0.0.1")
    messages = pingmon.wait_messages(2)
    assert [message["chat_id"] for message in messages] == [-100500] * 2
    assert "moved to" in pingmon.log.read_text() and "not delivered" not in pingmon.log.read_text()
    unknown = ("add-mon", "--chat_id", "4242", "--ip_address", "10.0.0.2", "--no_verify")
    other = pingmon.ctl(*unknown).stdout.strip()
    refused = pingmon.ctl("test-mon", "--id", other, check=False)
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    assert "chat not found" in refused.stderr and "find-chat lists them" in refused.stderr


@pytest.mark.alone
def test_ipv6_that_is_broken_does_not_hang_a_send(lab: Lab, pingmon: Pingmon) -> None:
    """The name has an address that nothing answers at, and one that works."""
    dead = "fd00:1::dead"
    lab.unplug(dead, into="silent6")
    names = Path("/etc/netns") / lab.here / "hosts"
    names.parent.mkdir(parents=True)
    try:
        names.write_text(f"{dead} bots.example\n127.0.0.1 bots.example localhost\n")
        found = lab.in_here("getent", "ahosts", "bots.example").splitlines()
        assert [line.split()[0] for line in found if "STREAM" in line] == [dead, "127.0.0.1"]
        pingmon.url = "http://bots.example:8081"
        pingmon.start()
        began = time.monotonic()
        pingmon.add("10.0.0.1", "--interval", "1", "--timeout", "1")
        assert time.monotonic() - began < 3  # no timeout is waited for
        pingmon.wait_state("up", "10.0.0.1")
        lab.unplug("10.0.0.1")
        pingmon.wait_state("down", "10.0.0.1")
        began = time.monotonic()
        assert "is down" in pingmon.wait_messages(1)[0]["text"]
        assert time.monotonic() - began < 8
    finally:
        shutil.rmtree(names.parent)
