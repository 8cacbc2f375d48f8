"""Messages are posted to real servers, of which some misbehave."""

import logging
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pingmon.channels.webhook.client import CHECK_TIMEOUT, WebhookClient, WebhookSettings
from pingmon.channels.webhook.service import WebhookService
from pingmon.channels.webhook.signature import parse_key
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus, OutgoingMessage
from pingmon.model.errors import InvalidValue, Refused, Unreachable
from pingmon.model.redaction import redact
from tests.support.certificates import Authority
from tests.support.raw_server import RawServer, answering, http, timed, trickling
from tests.support.webhook_receiver import SECRET, WebhookReceiver

KEY = "0123456789abcdef0123456789abcdef"
EVENT = {
    "type": "down",
    "monitor": None,
    "at": "2026-11-26T12:00:00Z",
    "reason": "no reply",
    "previous_seconds": None,
}
MESSAGE = OutgoingMessage("printer is down\nsince 12:00", "", "printer is down", key=KEY, events=(EVENT,))
PRIVATE = WebhookSettings(allow_private=True)
PATH = "/hook/CanaryPath?token=CanaryQuery"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_shows(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield
    shown = [redact(one.getMessage()) for one in caplog.records]
    assert not [one for one in shown if "Canary" in one]


def send(url: str, settings: WebhookSettings = PRIVATE) -> DeliveryAnswer:
    answer = WebhookService(settings).open(url + PATH).send("", None, MESSAGE)
    assert "Canary" not in answer.reason + answer.remedy
    return answer


def test_a_message_is_posted_as_the_schema_has_it(receiver: WebhookReceiver) -> None:
    assert send(receiver.url).is_delivered
    assert receiver.faults == []
    (got,) = receiver.messages
    assert got["to"] == PATH and got["events"] == [EVENT]
    assert (got["id"], got["title"], got["version"]) == (KEY, "printer is down", 1)


def test_a_message_is_signed_when_there_is_a_secret(receiver: WebhookReceiver) -> None:
    receiver.secret = SECRET
    assert send(receiver.url, WebhookSettings(parse_key(SECRET), True)).is_delivered
    assert send(receiver.url, WebhookSettings(b"x" * 32, True)).reason == "HTTP 400 Bad Request"
    assert send(receiver.url).status is DeliveryStatus.REFUSED
    assert len(receiver.messages) == 1 and len(receiver.faults) == 2


@pytest.mark.parametrize("mood", ["410", "302"])
def test_a_receiver_that_is_gone_or_elsewhere_gets_nothing_more(
    receiver: WebhookReceiver, mood: str
) -> None:
    receiver.always = mood
    answer = send(receiver.url)
    assert answer.status is DeliveryStatus.REFUSED and answer.remedy
    assert receiver.requests == 1


def test_a_receiver_says_how_long_to_wait(receiver: WebhookReceiver) -> None:
    receiver.always = "429"
    answer = send(receiver.url)
    assert (answer.status, answer.retry_after) == (DeliveryStatus.LATER, 1.0)


def test_an_answer_that_is_lost_is_uncertain_and_the_same_id_comes_again(
    receiver: WebhookReceiver,
) -> None:
    receiver.always = "after"
    answer = send(receiver.url)
    assert answer.status is DeliveryStatus.LATER and answer.uncertain
    receiver.always = ""
    assert send(receiver.url).is_delivered
    assert [one["id"] for one in receiver.messages] == [KEY, KEY]


def test_what_was_never_sent_is_not_uncertain() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = send(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert answer.status is DeliveryStatus.LATER and not answer.uncertain and not answer.was_heard
    assert answer.reason.endswith("connection refused")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_private_address_is_refused_before_anything_is_sent(
    receiver: WebhookReceiver, host: str
) -> None:
    url = f"http://{host}:{receiver.port}"
    answer = send(url, WebhookSettings())
    assert answer.status is DeliveryStatus.REFUSED and not answer.uncertain
    assert "this machine, which is not allowed" in answer.reason and "allow_private" in answer.remedy
    assert "127.0.0.1 is" not in answer.reason
    assert receiver.requests == 0


def test_a_name_is_looked_at_again_with_each_connection(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what the name meant when the monitor was added says nothing."""
    meant = ["1.1.1.1", "127.0.0.1"]
    stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    asked = []

    def resolve(host: str, port: int, *_: object) -> list[object]:
        asked.append(host)
        return [(*stream, (meant[min(len(asked), 2) - 1], port))]

    def refuse(address: tuple[object, tuple[str, int]]) -> socket.socket:
        assert address[1][0] == "1.1.1.1"
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("pingmon.channels.dial._begin", refuse)
    client = WebhookClient(f"http://rebind.example:{receiver.port}{PATH}", WebhookSettings())
    assert client.send("", None, MESSAGE).reason.endswith("connection refused")
    assert client.send("", None, MESSAGE).status is DeliveryStatus.REFUSED
    assert client.check_address("").status is DeliveryStatus.REFUSED
    assert receiver.requests == 0 and len(asked) == 3


def test_a_body_of_any_length_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    with RawServer(trickling(head + b"x", 0.0)) as server:
        answer, took = timed(lambda: send(server.url))
    assert answer.is_delivered and took < 5


def test_a_server_that_trickles_its_head_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pingmon.channels.webhook.client._TIMEOUT", (0.5, 0.5))
    with RawServer(trickling(b"HTTP/1.1 200 OK\r\nX: x", 0.05)) as server:
        answer, took = timed(lambda: send(server.url))
    assert answer.status is DeliveryStatus.LATER and answer.uncertain and took < 3
    assert answer.reason.endswith("no answer in time")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", b"SSH-2.0-OpenSSH_9.2\r\n", b"\0" * 1000])
def test_a_server_that_closes_half_way_or_speaks_something_else_is_asked_again_later(
    said: bytes,
) -> None:
    with RawServer(answering(said)) as server:
        assert send(server.url).status is DeliveryStatus.LATER


def test_a_head_without_end_is_not_read_for_long() -> None:
    def serve(server: RawServer, connection: socket.socket) -> None:
        server.read(connection)
        while not server.stopped.is_set():
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    with RawServer(serve) as server:
        answer, seconds = timed(lambda: send(server.url))
    assert answer.status is DeliveryStatus.LATER and answer.uncertain and seconds < 5


def test_a_redirect_to_a_private_address_is_not_followed(receiver: WebhookReceiver) -> None:
    with RawServer(answering(http("302 Found", b"", f"Location: {receiver.url}{PATH}"))) as server:
        answer = send(server.url)
    assert answer.status is DeliveryStatus.REFUSED and "points to 127.0.0.1" in answer.reason
    assert receiver.requests == 0


@pytest.mark.parametrize(
    ("name", "made", "words"),
    [
        ("localhost", "", ""),
        ("other.example", "", "mismatch"),
        ("localhost", "400 days ago", "expired"),
    ],
)
def test_certificates_are_verified(tmp_path: Path, name: str, made: str, words: str) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.sign("server", f"DNS:{name}", made=made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with WebhookReceiver() as receiver:
        receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
        url = f"https://localhost:{receiver.port}"
        trusting = WebhookSettings(allow_private=True, ca_file=str(authority.ca_file))
        sent = send(url, trusting)
        checked = WebhookClient(url + PATH, trusting).check_address("")
        for answer in (sent, checked):
            assert answer.is_delivered == (not words) and words in answer.reason.lower()
            assert not answer.uncertain
        assert not send(url).is_delivered
        assert "TLS" in WebhookClient(url + PATH, PRIVATE).check_address("").reason
    assert len(receiver.messages) == (0 if words else 1)


def _mute(server: RawServer, _: socket.socket) -> None:
    server.stopped.wait(30)


def test_a_check_sends_nothing_and_ends_in_time() -> None:
    with RawServer(_mute) as mute:
        client = WebhookClient(mute.url + PATH, PRIVATE)
        assert client.check_address("").is_delivered
        tls = WebhookClient(mute.url.replace("http:", "https:") + PATH, PRIVATE)
        answer, took = timed(lambda: tls.check_address(""))
        assert not answer.is_delivered and took < CHECK_TIMEOUT + 2
    assert mute.requests == []


def test_what_a_hotspot_could_answer_proves_no_way_out(receiver: WebhookReceiver) -> None:
    """A server without TLS does only where no hotspot is in between."""
    service = WebhookService(PRIVATE)
    assert service.is_reachable(receiver.url) and service.is_local(receiver.url)
    assert not WebhookService(WebhookSettings()).is_reachable(receiver.url)
    assert not service.is_reachable(receiver.url.replace("http:", "https:"))
    assert receiver.messages == []


def test_adding_says_what_is_wrong(receiver: WebhookReceiver) -> None:
    service = WebhookService(PRIVATE)
    good = service.parse({"webhook": receiver.url + PATH}, {})
    assert service.check(good).account == good.account == good.address
    assert receiver.requests == 0
    with pytest.raises(Refused, match="this machine, which is not allowed; allow_private"):
        WebhookService(WebhookSettings()).check(good)
    unknown = service.parse({"webhook": f"https://no.such.name.invalid{PATH}"}, {})
    with pytest.raises(Unreachable, match="DNS does not know this name") as error:
        service.check(unknown)
    assert "Canary" not in str(error.value)


def test_a_url_is_shown_by_its_host_and_known_by_that() -> None:
    service = WebhookService(PRIVATE)
    url = f"https://me:Canary@hooks.example:8443{PATH}"
    request = service.parse({"webhook": f" {url}\n"}, {})
    assert request.secret == url and "Canary" not in request.address + repr(request)
    assert request.address.startswith("https://hooks.example:8443/...")
    assert service.parse({"webhook": request.address}, {request.account: url}) == request
    with pytest.raises(InvalidValue, match="give the URL itself"):
        service.parse({"webhook": request.address}, {})
    other = service.parse({"webhook": url + "x"}, {})
    assert other.address != request.address and not service.is_same_account(url, other.secret)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Canary",
        "ftp://h/Canary",
        "http:///Canary",
        "http://h:99999/Canary",
        "http://h:0/Canary",
        "http://[::1/Canary",
        "http://h/Canary two",
        "http://h/Canary\x00",
        "http://h/" + 2000 * "Canary",
        "//h/Canary",
        "http:h/Canary",
        "http://*.example/Canary",
        "file:///etc/Canary",
    ],
)
def test_what_is_no_url_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        WebhookService(PRIVATE).parse({"webhook": text}, {})
    assert error.value.field == "webhook" and "Canary" not in str(error.value)


def test_a_thousand_urls_cost_a_line_of_the_log_little() -> None:
    service = WebhookService(PRIVATE)
    for number in range(1000):
        service.open(f"https://hooks.example/{number:06}/secret")
    line = "2026-11-26 12:00:00 INFO monitor printer (10.0.0.1) is down: no reply"
    began = time.perf_counter()
    for _ in range(20):
        assert redact(line) == line
    assert (time.perf_counter() - began) / 20 < 0.01
