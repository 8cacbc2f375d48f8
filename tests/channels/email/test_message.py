"""A mail as mail programs read it: parts, threads, and headers that nothing can be smuggled into."""

import email
import email.policy
import re
from email.header import decode_header
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from pingmon.channels.email.address import Mailbox
from pingmon.channels.email.message import LONGEST_SUBJECT, build_mail, message_id, message_number
from pingmon.model.delivery import OutgoingMessage
from tests.support.mail_server import html_text, plain_text

SENDER = Mailbox("Pingmon ☎", "pingmon@example.org")
KEY = "f" * 32


def built(message: OutgoingMessage) -> EmailMessage:
    raw = build_mail(message, SENDER, "noc@example.org", 60.0)
    assert raw.isascii() and all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    found = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(found, EmailMessage) and not found.defects
    return found


def test_a_mail_has_text_html_and_what_programs_thread_it_by() -> None:
    text = "🔴 принтер <1> (10.0.0.2) is down: no reply\nsince 10:00"
    html = "🔴 <b>принтер &lt;1&gt;</b> (10.0.0.2) is down: no reply\nsince 10:00"
    down = OutgoingMessage(text, html, "🔴 принтер (10.0.0.2) is down", key=KEY)
    mail = built(down)
    assert (plain_text(mail), html_text(mail)) == (text, html)
    assert mail["Subject"] == "🔴 принтер (10.0.0.2) is down" and mail["To"] == "noc@example.org"
    assert mail["From"] == "Pingmon ☎ <pingmon@example.org>"
    assert mail["Message-ID"] == "<7fffffffffffffff.pingmon@example.org>"
    assert mail["Date"].datetime.timestamp() == 60
    assert mail["Auto-Submitted"] == "auto-generated" and mail["In-Reply-To"] is None
    up = built(OutgoingMessage("up", title="up", key="1" * 32, reply_to=message_number(down)))
    assert up["In-Reply-To"] == up["References"] == mail["Message-ID"]
    assert not up.is_multipart()


def test_a_message_number_fits_a_column_and_is_never_nothing() -> None:
    for key in ("f" * 32, "0" * 32, "8" + "0" * 31):
        assert 0 < message_number(OutgoingMessage("", key=key)) < 2**63
    assert message_id(1, SENDER) == "<0000000000000001.pingmon@example.org>"


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_title_and_no_text_adds_a_header(title: str, text: str) -> None:
    mail = built(OutgoingMessage(text, title=title, key=KEY))
    plain = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"}
    of_form = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
    assert set(mail.keys()) == plain | of_form


WORDS = ("принтер", "nas", "🔴", "=?utf-8?q?x?=", "(10.0.0.2)")


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=30))
def test_no_space_of_a_title_is_lost(words: list[str]) -> None:
    title = " ".join(words)[:LONGEST_SUBJECT].strip()
    raw = build_mail(OutgoingMessage("x", title=title, key=KEY), SENDER, "noc@example.org", 60.0)
    (subject,) = re.findall(rb"^Subject: (.*(?:\r\n .*)*)\r\n", raw, re.M)
    assert all(len(line) <= 78 for line in subject.split(b"\r\n "))
    ((read, _),) = decode_header(subject.decode().replace("\r\n", ""))  # one run
    assert (read if isinstance(read, str) else read.decode()) == title


def test_a_title_of_several_lines_is_one() -> None:
    mail = built(OutgoingMessage("x", title="down\r\nBcc: all@example.org\x00", key=KEY))
    assert mail["Subject"] == "down Bcc: all@example.org" and mail["Bcc"] is None
