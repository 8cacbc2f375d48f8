"""Kinds of channels, each with an other side that a test can make refuse, fail and forget."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from pingmon.channels.apprise.service import AppriseService, AppriseSettings
from pingmon.channels.email.address import Mailbox
from pingmon.channels.email.service import EmailService
from pingmon.channels.email.settings import SmtpSettings
from pingmon.channels.telegram.client import BotApiEndpoint
from pingmon.channels.telegram.service import TelegramService
from pingmon.channels.webhook.client import WebhookSettings
from pingmon.channels.webhook.service import WebhookService
from pingmon.model.delivery import ChannelClient, ChannelLimits, ChannelService
from pingmon.model.monitor import ChannelRequest
from pingmon.notify.sender import Sender
from pingmon.storage.store import Store
from tests.support.bot_api import TOKEN, BotApi
from tests.support.extra_kinds.directory_channel import (
    MARKER,
    DirectoryClient,
    DirectoryService,
    messages,
)
from tests.support.http_receiver import HttpReceiver
from tests.support.mail_server import MailServer, html_text
from tests.support.services import Ntfy
from tests.support.webhook_receiver import WebhookReceiver


class OtherSide(Protocol):
    """A kind of channel under test. Recipients are numbered from 0."""

    refusal: str  # its words
    is_slow: bool  # a message takes more than a moment
    can_shorten: bool

    @property
    def service(self) -> ChannelService: ...
    def request(self, recipient: int) -> ChannelRequest: ...
    def client(self, secret: str) -> ChannelClient:
        """Of the account that has this secret."""

    def told(self) -> list[tuple[int, str]]:
        """Recipient and text of all that arrived, in order."""

    def refuse(self, recipient: int) -> None: ...
    def accept(self, recipient: int) -> None: ...
    def fail(self) -> None:
        """Until `work`, nothing arrives, which may pass by itself."""

    def work(self) -> None: ...
    def shorten(self, longest: int) -> None:
        """Longer texts are refused, though its limits say otherwise."""

    def stop(self) -> None: ...


class TelegramSide:
    chats = (1001, 1002, -1002)  # of people, and a group
    refusal = "403 Forbidden: bot was blocked by the user"
    is_slow, can_shorten = False, True

    def __init__(self) -> None:
        self.api = BotApi().start()
        self.service = TelegramService(BotApiEndpoint(self.api.url))

    def request(self, recipient: int) -> ChannelRequest:
        return ChannelRequest("telegram", TOKEN, "bot", str(self.chats[recipient]))

    def client(self, secret: str) -> ChannelClient:
        return self.service.open(secret)

    def told(self) -> list[tuple[int, str]]:
        return [(self.chats.index(message["chat_id"]), message["text"]) for message in self.api.messages]

    def refuse(self, recipient: int) -> None:
        self.api.blocked.add(self.chats[recipient])

    def accept(self, recipient: int) -> None:
        self.api.blocked.remove(self.chats[recipient])

    def fail(self) -> None:
        self.api.always = "500"

    def work(self) -> None:
        self.api.always = ""

    def shorten(self, longest: int) -> None:
        self.api.longest = longest

    def stop(self) -> None:
        self.api.stop()


class DirectorySide:
    refusal = "no such directory"
    is_slow, can_shorten = False, True

    def __init__(self, root: Path) -> None:
        self.root, self.service, self._longest = root, DirectoryService(), 1000
        self._made = set[int]()

    def _of(self, recipient: int) -> Path:
        return self.root / f"messages-{recipient}"

    def request(self, recipient: int) -> ChannelRequest:
        if recipient not in self._made:
            self._made.add(recipient)
            self._of(recipient).mkdir()
        return ChannelRequest("directory", "", "", str(self._of(recipient)))

    def client(self, secret: str) -> ChannelClient:
        return DirectoryClient(self._longest)

    def told(self) -> list[tuple[int, str]]:
        found = [(at, one, text) for one in self._made for at, text in messages(self._of(one))]
        return [(recipient, text) for _, recipient, text in sorted(found)]

    def refuse(self, recipient: int) -> None:
        self._of(recipient).rename(self.root / f"away-{recipient}")

    def accept(self, recipient: int) -> None:
        (self.root / f"away-{recipient}").rename(self._of(recipient))

    def fail(self) -> None:
        for one in self._made:
            (self._of(one) / MARKER).touch()

    def work(self) -> None:
        for one in self._made:
            (self._of(one) / MARKER).unlink()

    def shorten(self, longest: int) -> None:
        self._longest = longest

    def stop(self) -> None:
        pass


class EmailSide:
    addresses = ("anna@example.org", "boris@example.org", "noc@example.net")
    kind, is_slow, can_shorten = "email", False, True
    refusal = "550 5.1.1 no such user"

    def __init__(self) -> None:
        self.server = MailServer().start()
        sender = Mailbox("", "pingmon@example.org")
        self.service = EmailService(SmtpSettings("127.0.0.1", self.server.port, "none", sender))

    def request(self, recipient: int) -> ChannelRequest:
        return ChannelRequest("email", "", "e-mail", self.addresses[recipient])

    def client(self, secret: str) -> ChannelClient:
        return self.service.open("")

    def told(self) -> list[tuple[int, str]]:
        found = zip(self.server.recipients, self.server.mails, strict=True)
        return [(self.addresses.index(address), html_text(mail)) for address, mail in found]

    def refuse(self, recipient: int) -> None:
        self.server.unknown.add(self.addresses[recipient])

    def accept(self, recipient: int) -> None:
        self.server.unknown.remove(self.addresses[recipient])

    def fail(self) -> None:
        self.server.at["DATA"] = "451 4.3.0 try again later"

    def work(self) -> None:
        self.server.at.clear()

    def shorten(self, longest: int) -> None:
        self.server.longest = longest

    def stop(self) -> None:
        self.server.stop()


class UrlSide:
    """Of kinds whose accounts are URLs, each of one recipient: its path or its topic is a number."""

    is_slow, can_shorten = False, True
    refusal = "HTTP 410 Gone"
    service: ChannelService

    def __init__(self, receiver: HttpReceiver) -> None:
        self.receiver = receiver.start()

    def url(self, recipient: int) -> str:
        return f"{self.receiver.url}/{recipient}"

    def request(self, recipient: int) -> ChannelRequest:
        return self.service.parse({self.kind: self.url(recipient)}, {})

    kind = "webhook"

    def client(self, secret: str) -> ChannelClient:
        return self.service.open(secret)

    def told(self) -> list[tuple[int, str]]:
        return [(int(one["to"].strip("/")), one["text"]) for one in self.receiver.messages]

    def refuse(self, recipient: int) -> None:
        self.receiver.gone.add(self._at(recipient))

    def accept(self, recipient: int) -> None:
        self.receiver.gone.remove(self._at(recipient))

    def _at(self, recipient: int) -> str:
        return f"/{recipient}"

    def fail(self) -> None:
        self.receiver.always = "500"

    def work(self) -> None:
        self.receiver.always = ""

    def shorten(self, longest: int) -> None:
        self.receiver.longest = longest

    def stop(self) -> None:
        assert self.receiver.faults == [], self.receiver.faults[0]
        self.receiver.stop()


class WebhookSide(UrlSide):
    service = WebhookService(WebhookSettings(allow_private=True))

    def __init__(self) -> None:
        super().__init__(WebhookReceiver())


class AppriseSide(UrlSide):
    """By ntfy."""

    kind = "apprise"
    is_slow, can_shorten = True, False  # the library knows what a service takes before it asks
    refusal = "Failed to send ntfy notification to topic '…': error=410."
    service = AppriseService(AppriseSettings(allow_private=True))

    def __init__(self) -> None:
        super().__init__(Ntfy())

    def url(self, recipient: int) -> str:
        return f"ntfy://127.0.0.1:{self.receiver.port}/{self._at(recipient)}"

    def _at(self, recipient: int) -> str:
        return f"{recipient:04}"


_SIDES: dict[str, Callable[[Path], OtherSide]] = {
    "telegram": lambda _: TelegramSide(),
    "directory": DirectorySide,
    "email": lambda _: EmailSide(),
    "webhook": lambda _: WebhookSide(),
    "apprise": lambda _: AppriseSide(),
}
KINDS = tuple(_SIDES)


def other_side(kind: str, directory: Path) -> OtherSide:
    return _SIDES[kind](directory)


def without_waiting(limits: ChannelLimits) -> ChannelLimits:
    """A turn may follow a turn."""
    return replace(limits, address_spacing=lambda _: 0.0, refused_pause=0.0, burst=lambda _: 1)


class Senders:
    """Those of all accounts of a kind, as one."""

    def __init__(self, senders: list[Sender]) -> None:
        self.senders = senders

    def run_once(self) -> float:
        return min(one.run_once() for one in self.senders)

    def start(self) -> None:
        for one in self.senders:
            one.start()

    def stop(self, timeout: float) -> None:
        for one in self.senders:
            one.stop(timeout)


def new_sender(store: Store, side: OtherSide, now: float = 10.0) -> Senders:
    """Of all its accounts. Without threads. It knows what a restarted daemon knows. now: epoch seconds,
    of messages.
    """
    limits, rendering = without_waiting(side.service.limits), side.service.rendering
    return Senders(
        [
            Sender(store.outbox, one.id, side.client(one.secret), limits, rendering, lambda: now)
            for one in store.channels.accounts()
        ]
    )
