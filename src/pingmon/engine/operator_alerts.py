"""The operator is told of suspended channels and of messages that wait for long."""

import time
from collections.abc import Mapping
from typing import Any

from pingmon.engine.undelivered import FEW, SUSPENDED, Place, Undelivered, undelivered
from pingmon.model.channel_words import has_sender
from pingmon.model.monitor import ChannelRequest
from pingmon.storage.outbox_counts import Failing
from pingmon.storage.store import Store

OLD = 900.0  # s that a message may wait
EVERY = 10.0  # s between looks


class OperatorAlerts:
    """`run_once` is called from one thread, at any rate."""

    def __init__(self, store: Store, channel: ChannelRequest) -> None:
        self._store = store
        self.channel = store.channels.ensure(channel)
        # What was suspended when pingmond last ran was told then.
        self._suspended = _suspended(store)
        self._is_old = False
        self._next = 0.0

    def run_once(self) -> bool:
        """Whether there is something new for the operator."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + EVERY
        outbox = self._store.outbox
        failing, suspended = outbox.failing(), _suspended(self._store)
        events = self._reasons(
            {one: failing[one] for one in (suspended - self._suspended) & set(failing)}
        )
        waiting, oldest = outbox.depth()
        is_old = bool(waiting) and time.time() - oldest > OLD
        if is_old and not self._is_old:
            seconds = round(time.time() - oldest)
            text = f"{waiting} messages wait, the oldest for {seconds} s"
            events.append({"text": text, "waiting": waiting, "seconds": seconds})
        self._queue(*events)
        self._suspended, self._is_old = suspended, is_old  # not before it is queued: that may fail
        return bool(events)

    def tell(self, text: str) -> None:
        """One message to the operator. Raises PingmonError."""
        self._queue({"text": text})

    def _queue(self, *events: dict[str, Any]) -> None:
        """All of them or none."""
        more = {"kind": "operator", "decided_at": time.time()}
        if events:
            self._store.outbox.queue_events((self.channel.id, None, one | more) for one in events)

    def _reasons(self, failing: Mapping[int, Failing]) -> list[dict[str, Any]]:
        """One event a reason: an account that is refused suspends all its channels.

        A chat that can't be reached is not told so itself.
        """
        if not failing:
            return []
        places = {channel: Place(*one) for channel, one in self._store.channels.places().items()}
        own = self.channel.address
        others = {one: why for one, why in failing.items() if places[one].address != own}
        return [_event(one) for one in undelivered(others, places)]


def _suspended(store: Store) -> set[int]:
    found = store.outbox.deliveries()
    return {channel for channel, words in found.items() if words.startswith(SUSPENDED)}


def _event(found: Undelivered) -> dict[str, Any]:
    """text: what tells it apart from others, and what an older version says; the rest is translated."""
    return {
        "text": found.describe(),
        "addresses": list(found.addresses[:FEW]),
        "chats": len(found.addresses),
        "bot": found.account if has_sender(found.kind) else "",
        "reason": found.words,
    }
