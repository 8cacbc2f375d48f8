"""The operator is told of suspended channels and of messages that wait for long."""

import time

from pingmon.model.monitor import ChannelRequest
from pingmon.storage.store import Store

OLD = 900.0  # s that a message may wait
EVERY = 10.0  # s between looks


class OperatorAlerts:
    """`look` is called from one thread, as often as one likes."""

    def __init__(self, store: Store, channel: ChannelRequest) -> None:
        self._store = store
        self.channel = store.channels.ensure(channel)
        self._suspended: set[int] = set()
        self._is_old = False
        self._next = 0.0

    def run_once(self) -> bool:
        """Whether there is something new for the operator."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + EVERY
        outbox = self._store.outbox
        found = outbox.deliveries()
        suspended = {one for one, words in found.items() if words.startswith("suspended")}
        texts = self._reasons(found, suspended - self._suspended - {self.channel.id})
        self._suspended = suspended
        waiting, oldest = outbox.depth()
        is_old = bool(waiting) and time.time() - oldest > OLD
        if is_old and not self._is_old:
            texts.append(f"{waiting} messages wait, the oldest for {time.time() - oldest:.0f} s")
        self._is_old = is_old
        for text in texts:
            event = {"kind": "operator", "text": text, "decided_at": time.time()}
            outbox.queue_notice([self.channel.id], event, 0.0)
        return bool(texts)

    def _reasons(self, found: dict[int, str], channels: set[int]) -> list[str]:
        """One line a reason: an account that is refused suspends all its channels."""
        if not channels:
            return []
        names = self._store.channels.addresses()
        chats: dict[str, list[str]] = {}
        for one in sorted(channels):
            chats.setdefault(found[one], []).append(names[one])
        return [
            f"nothing reaches chat {which[0]}: {reason}"
            if len(which) == 1
            else f"nothing reaches {len(which)} chats ({_few(which)}): {reason}"
            for reason, which in chats.items()
        ]


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
