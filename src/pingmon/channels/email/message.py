"""A mail as bytes: plain text and HTML, with what mail programs thread it by. Pure but for the time."""

from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate

from pingmon.channels.email.address import Mailbox
from pingmon.model.delivery import OutgoingMessage
from pingmon.text.printable import UNPRINTABLE

LONGEST_SUBJECT = 200  # characters
# 7 bits and short lines are taken by every server.
_POLICY = SMTP.clone(cte_type="7bit")
_PAGE = '<!DOCTYPE html>\n<html><body style="font-family: sans-serif">\n{}\n</body></html>\n'


def message_number(message: OutgoingMessage) -> int:
    """What stands for the message in the outbox: 63 bits of its key, never 0."""
    return (int(message.key[:16], 16) >> 1) or 1


def message_id(number: int, sender: Mailbox) -> str:
    return f"<{number:016x}.pingmon@{sender.address.partition('@')[2]}>"


def build_mail(message: OutgoingMessage, sender: Mailbox, recipient: str, now: float) -> bytes:
    """now: epoch seconds. The same message has the same Message-ID whenever it is sent."""
    mail = EmailMessage(policy=_POLICY)
    mail["To"] = Address(addr_spec=recipient)
    mail["Date"] = formatdate(now)
    mail["Message-ID"] = message_id(message_number(message), sender)
    if message.reply_to:
        mail["In-Reply-To"] = mail["References"] = message_id(message.reply_to, sender)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers it by machine
    mail["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    mail.set_content(f"{message.text}\n", charset="utf-8")
    if message.html:
        page = _PAGE.format(message.html.replace("\n", "<br>\n"))
        mail.add_alternative(page, subtype="html", charset="utf-8")
    subject = _encoded("Subject", _one_line(message.title) or "pingmon")
    return f"From: {_sender(sender)}\r\nSubject: {subject}\r\n".encode() + mail.as_bytes()


def _sender(sender: Mailbox) -> str:
    if _is_plain(sender.name):
        return formataddr(sender)
    return f"{_encoded('From', sender.name)} <{sender.address}>"


def _encoded(name: str, text: str) -> str:
    """The value of a header (RFC 2047). EmailMessage loses a space between two words that are not ASCII,
    with Python 3.11 and 3.12.
    """
    charset = None if _is_plain(text) else "utf-8"
    return Header(text, charset, header_name=name).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text


def _one_line(title: str) -> str:
    """Nothing in it can begin another header."""
    text = " ".join(UNPRINTABLE.sub(" ", title).split())
    return text if len(text) <= LONGEST_SUBJECT else f"{text[: LONGEST_SUBJECT - 1]}…"
