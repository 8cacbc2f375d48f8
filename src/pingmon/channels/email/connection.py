"""SMTP (RFC 5321) whose exchanges all end by a deadline, however the other side behaves.

smtplib gives a timeout to each read, so that an answer of a byte every ten seconds takes for ever.
"""

import base64
import io
import smtplib
import socket
import ssl
import time
from typing import Any

from pingmon.channels.dial import dial
from pingmon.channels.email.settings import SmtpSettings

LONGEST_ANSWERS = 1 << 18  # bytes that a server may say in one connection
_PIECE = 1 << 14  # bytes that are sent at a time
READY = 220
CONTINUE = 334  # of AUTH


class BoundedSmtp(smtplib.SMTP):
    """One connection. deadline: of what is under way, monotonic seconds. heard: bytes.

    stage: of the beginning, how far it came. All methods raise smtplib.SMTPException, OSError,
    UnicodeError.
    """

    def __init__(self, settings: SmtpSettings, deadline: float) -> None:
        super().__init__(local_hostname="localhost")  # else the resolver is asked, which may take long
        self.deadline, self.heard, self.stage = deadline, 0, "connect"
        self._settings = settings
        self._host = settings.host  # whose certificate starttls() wants

    def begin(self) -> None:
        """Connected, encrypted and logged in as the settings want."""
        settings = self._settings
        self.greet()
        self.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            self.stage = "tls"
            self.starttls(context=_context(settings))
            self.ehlo_or_helo_if_needed()
        if settings.user:
            self.stage = "auth"
            self._log_in(settings.user, settings.password)
        self.stage = "ready"

    def greet(self) -> None:
        """Connected, and the server says that it is one."""
        settings = self._settings
        connected = dial(settings.host, settings.port, self.left())
        self.sock = connected
        if settings.security == "tls":
            self.stage = "tls"
            connected.settimeout(self.left())
            self.sock = _context(settings).wrap_socket(connected, server_hostname=settings.host)
        self.local_hostname = _own_name(self.sock)
        code, words = self.getreply()
        if code != READY:
            raise smtplib.SMTPConnectError(code, words)
        self.stage = "connect"

    def _log_in(self, user: str, password: str) -> None:
        """In UTF-8, which smtplib does not do. The ways that need no other secret (RFC 4616)."""
        offered = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            code, words = self.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")
        elif "LOGIN" in offered:
            code, words = self.docmd("AUTH", f"LOGIN {_base64(user)}")
            if code == CONTINUE:
                code, words = self.docmd(_base64(password))
        else:
            raise smtplib.SMTPNotSupportedError("the server offers no login by PLAIN or LOGIN")
        if not 200 <= code < 300:
            raise smtplib.SMTPAuthenticationError(code, words)

    def secrets(self) -> tuple[str, ...]:
        """What a server may repeat and nobody may see."""
        user, password = self._settings.user, self._settings.password
        both = f"\0{user}\0{password}"
        return (_base64(both), _base64(password), password) if password else ()

    def left(self) -> float:
        """Seconds. Raises TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = io.BufferedReader(_Answers(self))
        return super().getreply()

    def send(self, s: Any) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("please run connect() first")
        data = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        try:
            for start in range(0, len(data), _PIECE):
                self.sock.settimeout(self.left())
                self.sock.sendall(data[start : start + _PIECE])
        except OSError:
            self.close()
            raise


class _Answers(io.RawIOBase):
    """What the server says, each byte of it in time."""

    def __init__(self, smtp: BoundedSmtp) -> None:
        self._smtp = smtp

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        sock = self._smtp.sock
        if sock is None:
            return 0
        sock.settimeout(self._smtp.left())
        count: int = sock.recv_into(buffer)
        self._smtp.heard += count
        if self._smtp.heard > LONGEST_ANSWERS:
            raise OSError("the mail server says too much")
        return count


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file or None)


def _own_name(connected: socket.socket) -> str:
    """What we greet with: our name if it is a full one, else our address (RFC 5321, section 4.1.3)."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = str(connected.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
