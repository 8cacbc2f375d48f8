"""A mail server (aiosmtpd) on loopback whose moods a test chooses, and what came to it."""

import asyncio
import email
import email.policy
import json
import ssl
import sys
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 OK"


class MailServer:
    """mails: as they were taken. at: stage (`MAIL`, `RCPT`, `DATA`, `END`, `AUTH`) → what is answered
    instead of OK; `drop` closes the connection. unknown: addresses that are refused.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        is_tls: bool = False,
    ) -> None:
        """context: for STARTTLS, or from the start if `is_tls`. login: user and password."""
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []  # of each of `mails`
        self.at: dict[str, str] = {}
        self.unknown = set[str]()
        self.longest = 0  # characters of a plain text, 0: any
        self.connections = 0
        self._context, self._login, self._is_tls = context, login, is_tls
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def start(self, port: int = 0) -> "MailServer":
        self.port = port
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        tls = self._context if self._is_tls else None
        made = self._loop.create_server(self._new, "127.0.0.1", self.port, ssl=tls)
        server = self._loop.run_until_complete(made)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    def _new(self) -> SMTP:
        self.connections += 1
        starttls = None if self._is_tls else self._context
        more: dict[str, Any] = {}
        if self._login:
            more = {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": self._context is not None and not self._is_tls,
            }
        return SMTP(
            self,
            hostname="mail.test",
            loop=self._loop,
            tls_context=starttls,
            require_starttls=starttls is not None,
            **more,
        )

    def _authenticate(self, *given: Any) -> AuthResult:
        data = given[-1]
        assert isinstance(data, LoginPassword) and self._login
        user, password = self._login
        right = data.login == user.encode() and data.password == password.encode()
        return AuthResult(success=right, handled=False)

    # As aiosmtpd calls them

    def _mood(self, server: SMTP, stage: str) -> str:
        words = self.at.get(stage, "")
        if words == "drop":
            transport: Any = server.transport
            transport.abort()
            return OK
        return words

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._mood(server, "MAIL") or OK

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 no such user"
        if words := self._mood(server, "RCPT"):
            return words
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if words := self._mood(server, "DATA"):
            return words
        raw = envelope.content
        assert isinstance(raw, bytes) and len(envelope.rcpt_tos) == 1
        mail = email.message_from_bytes(raw, policy=email.policy.SMTP)
        assert isinstance(mail, EmailMessage)
        if self.longest and len(plain_text(mail)) > self.longest:
            return "552 5.3.4 message too big"
        self.mails.append(mail)
        self.recipients.append(envelope.rcpt_tos[0])
        return self._mood(server, "END") or OK


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def plain_text(mail: EmailMessage) -> str:
    return _part(mail, "plain").replace("\r\n", "\n").removesuffix("\n")


def html_text(mail: EmailMessage) -> str:
    """As it was written, without the page around it."""
    page = _part(mail, "html").replace("\r\n", "\n")
    inside = page.partition('sans-serif">\n')[2].rpartition("\n</body>")[0]
    return inside.replace("<br>\n", "\n")


def told(mail: EmailMessage, recipient: str) -> dict[str, str]:
    """As a line of a log."""
    names = {"subject": "Subject", "message_id": "Message-ID", "in_reply_to": "In-Reply-To"}
    head = {key: str(mail[name] or "") for key, name in names.items()}
    return {"to": recipient, "text": plain_text(mail), **head}


class LoggedMailServer(MailServer):
    """A program of its own: a line of JSON for each mail. holds: no mail gets an answer."""

    def __init__(self, log: Path, holds: bool, login: tuple[str, str] | None = None) -> None:
        super().__init__(login=login)
        self._log, self._holds = log, holds

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        if answer == OK:
            with self._log.open("a") as file:
                file.write(json.dumps(told(self.mails[-1], self.recipients[-1])) + "\n")
        if self._holds:
            await asyncio.sleep(3600)
        return answer


if __name__ == "__main__":
    given = [one.partition("=")[2] for one in sys.argv if one.startswith("login=")]
    user, _, password = given[0].partition(":") if given else ("", "", "")
    wanted = (user, password) if given else None
    LoggedMailServer(Path(sys.argv[2]), "hold" in sys.argv, wanted).start(int(sys.argv[1]))
    threading.Event().wait()
