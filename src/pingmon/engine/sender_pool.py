"""The senders: a thread per account, of whatever kind of channel; and messages past the queue."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from pingmon.model.chat_service import ChatService
from pingmon.model.delivery import (
    ChannelClient,
    ChannelService,
    DeliveryAnswer,
    DeliveryStatus,
    OutgoingMessage,
)
from pingmon.notify.answers import Talk
from pingmon.notify.message_text import plain_text, title_of
from pingmon.notify.sender import Sender
from pingmon.notify.translation import Translation, translation_for
from pingmon.storage.channels import Account, Recipient
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

WITNESSES = 3  # accounts of a kind that are asked whether their service answers


class SenderPool:
    """Thread-safe."""

    def __init__(
        self,
        store: Store,
        services: Mapping[str, ChannelService],
        language: str,
        zone: str,
    ) -> None:
        """services: by kind of channel. language, zone: of messages, unless a monitor says otherwise."""
        self._store, outbox = store, store.outbox
        self._outbox, self._services = outbox, services
        self._language, self._zone = language, zone
        self._lock = threading.Lock()
        self._senders: dict[int, Sender] = {}
        self._opened: dict[int, tuple[str, str]] = {}  # account → its kind and secret

    @property
    def is_polled(self) -> Callable[[int], bool]:
        """Of an account: whether somebody hears when a button is pressed."""
        return self._store.is_polled

    @is_polled.setter
    def is_polled(self, is_polled: Callable[[int], bool]) -> None:
        self._store.is_polled = is_polled

    def start_sender(self, account_id: int, kind: str, secret: str) -> None:
        """Unless it runs. Messages of a kind that is not known here wait."""
        with self._lock:
            if account_id in self._senders:
                return
            service = self._services.get(kind)
            if service is None:
                log.error("nothing is sent for account %d: no kind of channel %r", account_id, kind)
                return
            sender = Sender(
                self._outbox,
                account_id,
                service.open(secret),
                service.limits,
                service.rendering,
                language=self._language,
                zone=self._zone,
                talk=self._talk(account_id) if isinstance(service, ChatService) else None,
            )
            self._senders[account_id], self._opened[account_id] = sender, (kind, secret)
            sender.start()

    def _talk(self, account_id: int) -> Talk:
        return Talk(self._store.answers, self._store.told, lambda: self._store.is_polled(account_id))

    def renew(self, account_id: int, kind: str, secret: str) -> None:
        """The account has another secret: it sends with that from now on."""
        self.start_sender(account_id, kind, secret)
        with self._lock:
            sender = self._senders.get(account_id)
            if sender:
                self._opened[account_id] = (kind, secret)
                sender.renew(self._services[kind].open(secret))

    def all(self) -> list[tuple[int, Sender]]:
        """With the number of the account."""
        with self._lock:
            return list(self._senders.items())

    def wake(self, account_ids: set[int] | None) -> None:
        """None: all of them."""
        for account_id, sender in self.all():
            if account_ids is None or account_id in account_ids:
                sender.wake()

    def retry(self, account_id: int, channel_ids: Iterable[int]) -> None:
        """See Sender.retry."""
        with self._lock:
            sender = self._senders.get(account_id)
        if sender:
            sender.retry(channel_ids)

    def stop(self, within: float = 1.0) -> None:
        """Messages not sent yet stay in the outbox."""
        deadline = time.monotonic() + within
        for _, sender in self.all():
            sender.stop(max(0.0, deadline - time.monotonic()))

    def uncertain(self) -> int:
        """How many messages may have come twice."""
        return sum(sender.uncertain for _, sender in self.all())

    def can_reach_anybody(self) -> bool:
        """Whether a service that has an account here can be reached; takes seconds."""
        asked = self._witnesses()
        if len(asked) < 2:
            return any(self._services[kind].is_reachable(secret) for kind, secret in asked)
        pool = ThreadPoolExecutor(len(asked), "reachable")
        try:
            tries = [pool.submit(self._services[kind].is_reachable, secret) for kind, secret in asked]
            return any(one.result() for one in as_completed(tries))
        finally:
            pool.shutdown(wait=False)

    def is_local(self) -> bool:
        """Whether all services that have an account here are on this machine: that proves no way out."""
        asked = self._witnesses()
        return bool(asked) and all(self._services[kind].is_local(secret) for kind, secret in asked)

    def _witnesses(self) -> list[tuple[str, str]]:
        """Kinds and secrets of accounts whose services may prove a way out: the newest of each kind.

        Services on this machine prove less, and are asked when there are no others.
        """
        with self._lock:
            opened = list(reversed(self._opened.values()))
        some = list[tuple[str, str]]()
        for kind in dict.fromkeys(kind for kind, _ in opened):
            some += [one for one in opened if one[0] == kind][:WITNESSES]
        remote = [(kind, secret) for kind, secret in some if not self._services[kind].is_local(secret)]
        return remote or some

    def reopen(self, kinds: Iterable[str]) -> None:
        """The configuration of these kinds of channels is another one: what waits is tried with that."""
        wanted = set(kinds)
        with self._lock:
            for account_id, (kind, secret) in self._opened.items():
                if kind in wanted:
                    self._senders[account_id].renew(self._services[kind].open(secret))

    def send_now(
        self,
        account: Account,
        recipient: Recipient,
        write: Callable[[Translation], str],
        language: str = "",
        events: tuple[dict[str, Any], ...] = (),
    ) -> tuple[DeliveryAnswer, str]:
        """Now, past the queue; the answer, and the address that was written to in the end.

        write: the text as HTML, as notify.message_text writes it. language: empty is the daemon's.
        events: what it tells, see OutgoingMessage.
        """
        text = write(translation_for(language or self._language, self._zone))
        service = self._services[account.kind]
        client, address = service.open(account.secret), recipient.address
        message = OutgoingMessage(
            plain_text(text),
            text if service.rendering.html else "",
            title_of(text),
            key=uuid.uuid4().hex,
            events=events,
        )
        try:
            answer = self._send_unless_flooded(client, account, address, recipient.topic, message)
            if answer.moved_to:
                self._outbox.move_address(account.id, address, answer.moved_to)
                address = answer.moved_to
                answer = self._send_unless_flooded(client, account, address, recipient.topic, message)
        finally:
            client.close()
        return answer, address

    def _send_unless_flooded(
        self,
        client: ChannelClient,
        account: Account,
        address: str,
        topic: int | None,
        message: OutgoingMessage,
    ) -> DeliveryAnswer:
        """What the service wants to wait for is waited for by all who send."""
        if left := self._outbox.floods(account.id).get(address):
            words = f"the service takes nothing for it before {left:.0f} s have passed"
            return DeliveryAnswer(DeliveryStatus.LATER, words, retry_after=left)
        answer = client.send(address, topic, message)
        if answer.retry_after is not None:
            self._outbox.set_flood(account.id, address, answer.retry_after)
            with self._lock:
                sender = self._senders.get(account.id)
            if sender:
                sender.note_flood(address, answer.retry_after)
        return answer
