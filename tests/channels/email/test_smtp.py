"""Mail is handed over: what each answer means, how long all may take, what is kept, what is hidden."""

import base64
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pingmon.channels.email.address import Mailbox
from pingmon.channels.email.client import NOT_CONFIGURED, SmtpClient
from pingmon.channels.email.service import EmailService
from pingmon.channels.email.settings import SmtpSettings, smtp_settings
from pingmon.kinds.email import EMAIL
from pingmon.model.delivery import DeliveryStatus, OutgoingMessage
from pingmon.model.errors import InvalidValue, Refused, Unreachable
from pingmon.model.monitor import ChannelRequest
from tests.support.certificates import Authority
from tests.support.mail_server import MailServer, plain_text
from tests.support.raw_server import RawServer

SENDER = Mailbox("", "pingmon@example.org")
NOC = "noc@example.org"
MESSAGE = OutgoingMessage(".a line\n..\n.\n☎ ö", "<b>x</b>", "title", key="a" * 32)
LOGIN = ("pingmon", "pässwörd-canary")


def settings(port: int, **more: Any) -> SmtpSettings:
    return SmtpSettings("localhost", port, more.pop("security", "none"), SENDER, **more)


@contextmanager
def serving(server: MailServer) -> Iterator[MailServer]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with serving(MailServer()) as made:
        yield made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def tls(authority: Authority, names: str = "DNS:localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign(f"server-{len(names)}", names))
    return context


def test_many_mails_go_over_one_connection_unchanged(server: MailServer) -> None:
    client = SmtpClient(settings(server.port))
    for _ in range(3):
        answer = client.send(NOC, None, MESSAGE)
        assert answer.is_delivered and answer.message_id
    assert server.connections == 1 and server.recipients == [NOC] * 3
    assert {plain_text(one) for one in server.mails} == {MESSAGE.text}
    assert len({one["Message-ID"] for one in server.mails}) == 1
    client.close()
    assert client.send(NOC, None, MESSAGE).is_delivered and server.connections == 2


@pytest.mark.parametrize(
    ("stage", "said", "status", "is_from_service"),
    [
        ("MAIL", "451 4.7.1 later", DeliveryStatus.LATER, False),
        ("MAIL", "550 5.7.1 not you", DeliveryStatus.ACCOUNT_REFUSED, True),
        ("RCPT", "450 4.2.0 greylisted", DeliveryStatus.LATER, True),
        ("RCPT", "550 5.1.1 no such user", DeliveryStatus.REFUSED, True),
        ("RCPT", "530 5.7.0 log in first", DeliveryStatus.ACCOUNT_REFUSED, True),
        ("DATA", "452 4.3.1 disk full", DeliveryStatus.LATER, True),
        ("DATA", "552 5.3.4 too big", DeliveryStatus.TOO_LONG, True),
        ("DATA", "552 5.2.2 mailbox full", DeliveryStatus.REFUSED, True),
        ("DATA", "554 5.7.1 spam", DeliveryStatus.REFUSED, True),
    ],
)
def test_each_answer_means_what_its_stage_and_its_code_say(
    server: MailServer, stage: str, said: str, status: DeliveryStatus, is_from_service: bool
) -> None:
    client = SmtpClient(settings(server.port))
    server.at[stage] = said
    answer = client.send(NOC, None, MESSAGE)
    assert (answer.status, answer.reason, answer.is_from_service) == (status, said, is_from_service)
    assert not answer.uncertain and bool(answer.remedy) == answer.is_permanent
    server.at.clear()
    assert client.send(NOC, None, MESSAGE).is_delivered and server.connections == 1


def test_one_recipient_that_is_refused_harms_no_other(server: MailServer) -> None:
    client = SmtpClient(settings(server.port))
    server.unknown.add("gone@example.org")
    assert client.send("gone@example.org", None, MESSAGE).status is DeliveryStatus.REFUSED
    assert client.send(NOC, None, MESSAGE).is_delivered
    assert server.recipients == [NOC]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
def test_a_connection_that_was_closed_while_it_rested_is_made_anew(
    server: MailServer, stage: str
) -> None:
    client = SmtpClient(settings(server.port))
    assert client.send(NOC, None, MESSAGE).is_delivered
    server.at[stage] = "drop"
    answer = client.send(NOC, None, MESSAGE)  # also the second connection is closed
    assert answer.status is DeliveryStatus.LATER and not answer.was_heard and not answer.uncertain
    assert server.connections == 2
    server.at.clear()
    assert client.send(NOC, None, MESSAGE).is_delivered


def test_a_lost_answer_makes_a_double_with_the_same_message_id(server: MailServer) -> None:
    client = SmtpClient(settings(server.port))
    server.at["END"] = "drop"
    answer = client.send(NOC, None, MESSAGE)
    assert answer.uncertain and answer.status is DeliveryStatus.LATER and server.connections == 1
    server.at.clear()
    assert client.send(NOC, None, MESSAGE).is_delivered
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("is_tls", [False, True])
def test_the_connection_is_encrypted_and_the_certificate_checked(
    authority: Authority, is_tls: bool
) -> None:
    security = "tls" if is_tls else "starttls"
    user, password = LOGIN
    with serving(MailServer(tls(authority), LOGIN, is_tls)) as server:
        right = settings(
            server.port, security=security, user=user, password=password, ca_file=str(authority.ca_file)
        )
        assert SmtpClient(right).send(NOC, None, MESSAGE).is_delivered
        unknown = SmtpClient(replace(right, ca_file="")).send(NOC, None, MESSAGE)
        assert unknown.status is DeliveryStatus.LATER and "TLS: " in unknown.reason
        other = SmtpClient(replace(right, host="127.0.0.1")).send(NOC, None, MESSAGE)
        assert "IP address mismatch" in other.reason
        wrong = SmtpClient(replace(right, password="other-cänary")).send(NOC, None, MESSAGE)
        assert wrong.status is DeliveryStatus.ACCOUNT_REFUSED and wrong.reason.startswith("535")
        assert "user and password" in wrong.remedy and "cänary" not in f"{wrong}"
        assert len(server.mails) == 1


def test_a_server_that_offers_no_encryption_gets_neither_mail_nor_password(server: MailServer) -> None:
    user, password = LOGIN
    asked = settings(server.port, security="starttls", user=user, password=password)
    answer = SmtpClient(asked).send(NOC, None, MESSAGE)
    assert answer.status is DeliveryStatus.ACCOUNT_REFUSED and "STARTTLS" in answer.reason
    assert "security" in answer.remedy and not server.mails


def answering(*lines: bytes, pause: float = 0.0) -> RawServer:
    """Says one line to each thing that it hears; the first at once."""

    def serve(server: RawServer, connection: socket.socket) -> None:
        for line in lines:
            for at in range(len(line)):
                connection.sendall(line[at : at + 1])
                if server.stopped.wait(pause):
                    return
            server.requests.append(connection.recv(65536))

    return RawServer(serve)


def test_a_server_that_trickles_holds_nobody_longer_than_a_mail_may_take() -> None:
    line = b"220 " + b"x" * 100 + b"\r\n"
    with answering(line, pause=0.1) as server:
        began = time.monotonic()
        answer = SmtpClient(settings(server.port, timeout=1.5)).send(NOC, None, MESSAGE)
        assert time.monotonic() - began < 3
    assert answer.status is DeliveryStatus.LATER and not answer.was_heard


def test_a_server_that_never_ends_its_answer_fills_no_memory() -> None:
    def serve(server: RawServer, connection: socket.socket) -> None:
        while not server.stopped.is_set():
            connection.sendall(b"220-" + b"x" * 900 + b"\r\n")

    with RawServer(serve) as server:
        answer = SmtpClient(settings(server.port, timeout=20.0)).send(NOC, None, MESSAGE)
    assert answer.status is DeliveryStatus.LATER


@pytest.mark.parametrize("line", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\r\n", b"\r\n", b""])
def test_what_is_no_mail_server_is_tried_again_later(line: bytes) -> None:
    with answering(line) as server:
        answer = SmtpClient(settings(server.port, timeout=3.0)).send(NOC, None, MESSAGE)
    assert answer.status is DeliveryStatus.LATER and answer.reason


def test_a_secret_that_the_server_repeats_is_not_shown() -> None:
    both = base64.b64encode(b"\0pingmon\0canary-secret")
    lines = (
        b"220 hi\r\n",
        b"250-hi\r\n250 AUTH PLAIN\r\n",
        b"535 5.7.8 no: " + both + b" canary-secret " + both[:20] + b" CANARY-SEC\r\n",
    )
    with answering(*lines) as server:
        asked = settings(server.port, user="pingmon", password="canary-secret")
        answer = SmtpClient(asked).send(NOC, None, MESSAGE)
    assert answer.status is DeliveryStatus.ACCOUNT_REFUSED and answer.reason == "535 5.7.8 no: … … … …"
    assert "canary" not in repr(asked)


def test_without_a_mail_server_in_the_configuration_all_waits() -> None:
    service = EmailService(None)
    client = service.open("")
    for answer in (client.send(NOC, None, MESSAGE), client.check_account(), client.check_address(NOC)):
        assert answer is NOT_CONFIGURED
    with pytest.raises(Refused, match=r"no table \[smtp\]"):
        service.check(ChannelRequest("email", "", "e-mail", NOC))
    assert not service.is_reachable("")


def test_an_address_is_checked_as_far_as_a_server_says_so_without_a_mail(server: MailServer) -> None:
    service = EmailService(settings(server.port))
    wanted = ChannelRequest("email", "", "e-mail", NOC)
    assert service.check(wanted).account == "e-mail"
    server.at["RCPT"] = "450 4.2.0 greylisted"
    assert service.check(wanted).account == "e-mail"
    server.at["RCPT"] = "550 5.1.1 no such user"
    with pytest.raises(Refused, match=r"550 5\.1\.1 no such user; check the address"):
        service.check(wanted)
    server.at["RCPT"] = "drop"
    with pytest.raises(Unreachable, match="closed the connection without an answer"):
        service.check(wanted)
    assert not server.mails


def test_only_a_server_elsewhere_proves_that_the_network_works(server: MailServer) -> None:
    near = EmailService(settings(server.port))
    assert near.is_local("") and not near.is_reachable("")


TABLE = {"host": "mail.example.org", "port": 0, "security": "starttls", "user": "", "password": ""}
TABLE |= {"from": "pingmon@example.org", "ca_file": "", "timeout": 30}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user": "pingmon"}, "password_file"),
        ({"password": "x"}, "user"),
        ({"user": "pingmon", "password": "x", "security": "none"}, "security"),
        ({"host": "mail example"}, "host"),
        ({"host": "smtp://mail.example.org"}, "host"),
        ({"from": "pingmon"}, "from"),
        ({"ca_file": "/none"}, "ca_file"),
    ],
)
def test_settings_that_can_not_work_are_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as found:
        smtp_settings({EMAIL.section: TABLE | change})
    assert found.value.field == field


def test_ports_are_those_of_the_standards(tmp_path: Path) -> None:
    for security, port in (("starttls", 587), ("tls", 465), ("none", 25)):
        found = smtp_settings({EMAIL.section: TABLE | {"security": security}})
        assert found is not None and found.port == port
    assert smtp_settings({}) is None
