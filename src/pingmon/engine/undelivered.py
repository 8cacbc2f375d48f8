"""Channels in which nothing arrives, grouped by account and reason, in words."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pingmon.model.channel_words import channel_words, has_sender
from pingmon.storage.outbox_counts import Failing

SUSPENDED = "suspended: "
FEW = 3  # addresses that are named


class Place(NamedTuple):
    """Where messages go. kind: of channel. account: who sends. address: who receives."""

    kind: str
    account: str
    address: str


class Undelivered(NamedTuple):
    """One reason of one account. since: the first of its channels, epoch seconds. waiting: messages."""

    kind: str
    account: str
    addresses: tuple[str, ...]
    words: str
    is_suspended: bool
    since: float
    waiting: int

    def describe(self) -> str:
        """ "nothing reaches chat 1001 by ping_bot: 403 Forbidden: bot was blocked by the user"."""
        sender = f" by {self.account}" if has_sender(self.kind) else ""
        if len(self.addresses) == 1:
            what = channel_words(self.kind, self.addresses[0])
        else:
            more = " …" if len(self.addresses) > FEW else ""
            called = "chats" if sender else "channels"
            what = f"{len(self.addresses)} {called} ({', '.join(self.addresses[:FEW])}{more})"
        return f"nothing reaches {what}{sender}: {self.words}"


def undelivered(failing: Mapping[int, Failing], places: Mapping[int, Place]) -> list[Undelivered]:
    """One for each account and reason. failing, places: by channel."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for channel, one in sorted(failing.items()):
        if place := places.get(channel):
            groups.setdefault((place.kind, place.account, one.words), []).append(channel)
    return [
        Undelivered(
            kind,
            account,
            tuple(dict.fromkeys(places[channel].address for channel in which)),
            words.removeprefix(SUSPENDED),
            words.startswith(SUSPENDED),
            min(failing[channel].since for channel in which),
            sum(failing[channel].waiting for channel in which),
        )
        for (kind, account, words), which in groups.items()
    ]


def in_use(failing: Mapping[int, Failing], live_channels: Iterable[int]) -> dict[int, Failing]:
    """Without channels that have no monitor left and no waiting message."""
    alive = set(live_channels)
    return {channel: one for channel, one in failing.items() if channel in alive or one.waiting}
