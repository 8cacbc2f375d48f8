"""Hands mail to a mail server: one connection for many mails, each of them in a bounded time."""

import logging
import re
import smtplib
import time
from collections.abc import Callable
from contextlib import suppress

from pingmon.channels.email.answer import lacks, smtp_answer
from pingmon.channels.email.connection import BoundedSmtp
from pingmon.channels.email.message import build_mail, message_number
from pingmon.channels.email.settings import SmtpSettings
from pingmon.channels.network_errors import network_words
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus, OutgoingMessage

log = logging.getLogger(__name__)

KEPT = 20.0  # s; a connection that rested longer is not used again: servers and routers forget it
MOST_MAILS = 50  # of one connection; servers allow no more than some hundreds
CHECK_TIMEOUT = 8.0  # s; somebody waits; a client gives up after 10 s (client/patience.py)
_QUIT = 2.0  # s
NOT_CONFIGURED = DeliveryAnswer(
    DeliveryStatus.ACCOUNT_REFUSED,
    "pingmond's configuration has no table [smtp]",
    "add it (man pingmon.toml), then systemctl reload pingmon",
    is_from_service=False,
)
_DELIVERED = DeliveryAnswer(DeliveryStatus.DELIVERED)


class _Refused(Exception):
    """An answer that ends the exchange; the connection is as good as before."""

    def __init__(self, answer: DeliveryAnswer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class SmtpClient:
    """See model.delivery.ChannelClient. Not for several threads at once: it keeps one connection."""

    def __init__(self, settings: SmtpSettings | None) -> None:
        """settings: None when the configuration has none."""
        self._settings = settings
        self._smtp: BoundedSmtp | None = None
        self._last_used, self._mails = 0.0, 0
        self._has_content = False  # the mail under way was handed over, and may be on its way

    def send(self, address: str, topic: int | None, message: OutgoingMessage) -> DeliveryAnswer:
        settings = self._settings
        if settings is None:
            return NOT_CONFIGURED
        mail = build_mail(message, settings.sender, address, time.time())

        def hand_over(smtp: BoundedSmtp) -> DeliveryAnswer:
            if 0 < _size_limit(smtp) < len(mail):
                return DeliveryAnswer(DeliveryStatus.TOO_LONG, f"the mail has {len(mail)} bytes")
            self._address(smtp, address)
            self._content(smtp, mail)
            self._mails += 1
            return DeliveryAnswer(DeliveryStatus.DELIVERED, message_id=message_number(message))

        return self._exchange(settings, settings.timeout, hand_over)

    def check_account(self) -> DeliveryAnswer:
        def ask(smtp: BoundedSmtp) -> DeliveryAnswer:
            self._step(smtp, "connect", *smtp.noop())
            return _DELIVERED

        return self._ask(ask)

    def check_address(self, address: str) -> DeliveryAnswer:
        """Whether the server would take mail for it: all of an exchange but the mail."""

        def ask(smtp: BoundedSmtp) -> DeliveryAnswer:
            self._address(smtp, address)
            smtp.rset()
            return _DELIVERED

        return self._ask(ask)

    def close(self) -> None:
        """What is connected; it may be used again."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.deadline = time.monotonic() + _QUIT
            with suppress(smtplib.SMTPException, OSError, ValueError):
                smtp.quit()
            smtp.close()

    def _ask(self, ask: Callable[[BoundedSmtp], DeliveryAnswer]) -> DeliveryAnswer:
        if self._settings is None:
            return NOT_CONFIGURED
        return self._exchange(self._settings, min(CHECK_TIMEOUT, self._settings.timeout), ask)

    def _exchange(
        self, settings: SmtpSettings, seconds: float, what: Callable[[BoundedSmtp], DeliveryAnswer]
    ) -> DeliveryAnswer:
        """Once more on a new connection when the one that was kept turns out to be closed."""
        deadline = time.monotonic() + seconds
        while True:
            was_kept = self._is_usable()
            self._has_content = False
            try:
                smtp = self._connected(settings, deadline)
                return what(smtp)
            except _Refused as refused:
                answer = refused.answer
                if not self._reset():
                    self._drop()
                if was_kept and answer.reason.startswith("421"):  # it ended the connection that rested
                    self._drop()
                    continue
                return answer
            except (smtplib.SMTPException, OSError, ValueError) as error:
                is_again = was_kept and not self._has_content
                self._drop()
                if not is_again:
                    return self._failed(settings, error)

    def _is_usable(self) -> bool:
        if self._smtp is None:
            return False
        is_old = time.monotonic() - self._last_used > KEPT or self._mails >= MOST_MAILS
        if is_old:
            self.close()
        return not is_old

    def _connected(self, settings: SmtpSettings, deadline: float) -> BoundedSmtp:
        if self._smtp is None:
            self._mails = 0
            self._smtp = _opened(settings, deadline)
        self._smtp.deadline, self._smtp.heard = deadline, 0
        self._last_used = time.monotonic()
        return self._smtp

    def _address(self, smtp: BoundedSmtp, address: str) -> None:
        assert self._settings is not None
        self._step(smtp, "sender", *smtp.mail(self._settings.sender.address))
        self._step(smtp, "recipient", *smtp.rcpt(address))

    def _content(self, smtp: BoundedSmtp, mail: bytes) -> None:
        code, words = smtp.docmd("DATA")
        if code != 354:
            raise _Refused(smtp_answer("content", code, words, smtp.secrets()))
        self._has_content = True
        smtp.send(_dotted(mail))
        self._step(smtp, "content", *smtp.getreply())
        self._has_content = False

    def _step(self, smtp: BoundedSmtp, stage: str, code: int, words: bytes) -> None:
        """Raises _Refused unless the server agrees."""
        if not 200 <= code < 300:
            self._has_content = False
            raise _Refused(smtp_answer(stage, code, words, smtp.secrets()))

    def _reset(self) -> bool:
        """Whether the connection is ready for another mail."""
        smtp = self._smtp
        if smtp is None:
            return False
        with suppress(smtplib.SMTPException, OSError, ValueError):
            return bool(smtp.rset()[0] == 250)
        return False

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _failed(self, settings: SmtpSettings, error: Exception) -> DeliveryAnswer:
        """The connection did not come about, or broke."""
        log.debug("%s: %s", settings.url, type(error).__name__)
        reason = network_words(error, settings.url)
        if isinstance(error, smtplib.SMTPServerDisconnected) and error.__context__ is None:
            reason = f"{settings.host} closed the connection without an answer"
        return DeliveryAnswer(
            DeliveryStatus.LATER,
            reason,
            was_heard=False,
            is_from_service=False,
            uncertain=self._has_content,
        )


def _opened(settings: SmtpSettings, deadline: float) -> BoundedSmtp:
    """Raises _Refused, smtplib.SMTPException, OSError, UnicodeError."""
    smtp = BoundedSmtp(settings, deadline)
    try:
        smtp.begin()
    except smtplib.SMTPResponseException as error:
        smtp.close()
        answer = smtp_answer(smtp.stage, error.smtp_code, error.smtp_error, smtp.secrets())
        raise _Refused(answer) from None
    except smtplib.SMTPNotSupportedError as error:
        smtp.close()
        raise _Refused(lacks(smtp.stage, str(error))) from None
    except BaseException:
        smtp.close()
        raise
    return smtp


def is_answering(settings: SmtpSettings) -> bool:
    """Whether a mail server greets there."""
    smtp = BoundedSmtp(settings, time.monotonic() + CHECK_TIMEOUT)
    try:
        smtp.greet()
    except smtplib.SMTPResponseException:
        return True
    except (smtplib.SMTPException, OSError, ValueError):
        return False
    finally:
        smtp.close()
    return True


def _size_limit(smtp: BoundedSmtp) -> int:
    """Bytes that the server takes (RFC 1870), 0 if it does not say."""
    said = smtp.esmtp_features.get("size", "")
    return int(said) if re.fullmatch("[0-9]{1,20}", said) else 0


def _dotted(mail: bytes) -> bytes:
    """With dots at the start of lines doubled, and the end of the mail (RFC 5321, section 4.5.2)."""
    body = mail.replace(b"\r\n.", b"\r\n..")
    body = b"." + body if body.startswith(b".") else body
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + b".\r\n"
