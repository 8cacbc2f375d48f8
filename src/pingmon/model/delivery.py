"""What becomes of a message that is handed to a channel, and the interfaces of a kind of channel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, Protocol, runtime_checkable

from pingmon.model.monitor import Channel, ChannelRequest


class DeliveryStatus(Enum):
    """What the other side did with a message, or with a question about an account or an address."""

    DELIVERED = "delivered"
    LATER = "later"  # it may pass by itself: network, server trouble, a limit
    REFUSED = "refused"  # this address, until somebody acts
    ACCOUNT_REFUSED = "account_refused"  # all addresses of the account, until somebody acts
    MOVED = "moved"  # the address is another one now
    TOO_LONG = "too_long"
    MARKUP_REFUSED = "markup_refused"
    TOPIC_GONE = "topic_gone"


_PASSING = {DeliveryStatus.DELIVERED, DeliveryStatus.LATER, DeliveryStatus.MOVED}


@dataclass(frozen=True, slots=True)
class DeliveryAnswer:
    """What became of a request to a channel.

    reason: what is wrong, as people read it. remedy: what somebody can do about a refusal. message_id:
    of what was delivered, for replies. retry_after: seconds to wait, as the service says. moved_to: the
    new address. was_heard: some server answered, be it a proxy. is_from_service: the service itself
    answered. uncertain: the message may have been delivered though the answer was lost.
    """

    status: DeliveryStatus
    reason: str = ""
    remedy: str = ""
    message_id: int | None = None
    retry_after: float | None = None
    moved_to: str | None = None
    was_heard: bool = True
    is_from_service: bool = True
    uncertain: bool = False

    @property
    def is_delivered(self) -> bool:
        return self.status is DeliveryStatus.DELIVERED

    @property
    def is_permanent(self) -> bool:
        """Sending the same again changes nothing until somebody acts."""
        return self.status not in _PASSING

    @property
    def refuses_account(self) -> bool:
        return self.status is DeliveryStatus.ACCOUNT_REFUSED


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """How much a kind of channel takes, and how fast. Lengths in UTF-16 units, times in seconds.

    message_length: of one message. least_length: a message that short is not split any more.
    address_spacing: between messages to an address, in the long run. burst: after silence so many may go
    to it burst_spacing apart. account_spacing: between those of an account.
    refused_pause: between two checks of an address or an account that is refused. check_spacing:
    between the first checks of refused accounts after a start.
    """

    message_length: int
    least_length: int
    address_spacing: Callable[[str], float]
    account_spacing: float
    refused_pause: float
    check_spacing: float = 0.0
    burst: Callable[[str], int] = field(default=lambda _: 1)
    burst_spacing: float = 1.0


class Rendering(NamedTuple):
    """What a kind of channel can show. html: the subset that notify.message_text writes. events: it
    reads `OutgoingMessage.events`. account: what people call one.
    """

    html: bool = False
    replies: bool = False
    buttons: bool = False
    events: bool = False
    account: str = "account"


class SentButton(NamedTuple):
    """A button under a message. data: comes back when it is pressed, at most 64 bytes."""

    text: str
    data: str


Keyboard = Sequence[Sequence[SentButton]]  # rows; empty: none


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """What a channel is given to send; each kind takes of it what it can show.

    text: plain. html: the same with `<b>` as its only tag; empty: only the plain form is wanted. title:
    one plain line. reply_to: `message_id` of the message that it answers. silent: without a sound.
    key: of letters and digits; the same for the same rows of the outbox, so a message that comes twice
    can be told from two. events: what it tells (notify/structured_events.py), for kinds whose
    `Rendering` has them.
    """

    text: str
    html: str = ""
    title: str = ""
    reply_to: int | None = None
    silent: bool = False
    key: str = ""
    events: tuple[dict[str, Any], ...] = ()
    keyboard: Keyboard = ()


class FoundAddresses(NamedTuple):
    """Who has written to an account. addresses: id, type, title of each.

    is_cut: there may be more, which can't be seen while older messages are kept for others. discarded:
    how many messages nobody gets any more.
    """

    addresses: list[dict[str, Any]]
    is_cut: bool = False
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class CheckedChannel:
    """A channel that can be used. account: its name. moved_to: its address now, if it is another."""

    account: str
    moved_to: str | None = None


class ChannelClient(Protocol):
    """One account. For one thread at a time. No method raises for what the other side does."""

    def send(self, address: str, topic: int | None, message: OutgoingMessage) -> DeliveryAnswer: ...

    def check_account(self) -> DeliveryAnswer:
        """Whether the account is accepted. Shows nothing to anybody."""

    def check_address(self, address: str) -> DeliveryAnswer:
        """Whether the address is known; DELIVERED when that can't be checked. Shows nothing."""

    def close(self) -> None:
        """What is connected; it may be used again."""


class ChannelService(Protocol):
    """A kind of channel: what channels/registry.py makes. Thread-safe."""

    @property
    def limits(self) -> ChannelLimits: ...
    @property
    def rendering(self) -> Rendering: ...

    def open(self, secret: str) -> ChannelClient:
        """secret: of the account, empty for kinds that have none."""

    def check(self, request: ChannelRequest) -> CheckedChannel:
        """Whether messages would arrive there. Raises Refused, Unreachable."""

    def is_reachable(self, secret: str) -> bool:
        """Whether the service can be reached: proof that this machine's network works."""

    def is_local(self, secret: str) -> bool:
        """Whether the service is on this machine: then its answer proves no way out of it."""

    def is_same_account(self, secret: str, other: str) -> bool:
        """Whether both are of one account: a renewed secret takes the place of the other."""

    def parse_address(self, text: str) -> str:
        """An address in its canonical spelling. Raises InvalidValue."""

    def parse_secret(self, text: str) -> str:
        """An account's secret, of kinds that have some. Raises InvalidValue without repeating it."""

    def identify(self, secret: str) -> str:
        """What stays of an account when its secret is renewed; empty for kinds without accounts."""

    def parse(self, params: Mapping[str, Any], accounts: Mapping[str, str]) -> ChannelRequest:
        """A channel from the settings that its kind declares. Raises InvalidValue.

        accounts: those that are known, name → secret.
        """

    def describe(self, channel: Channel) -> dict[str, Any]:
        """The settings that its kind declares, without secrets: `parse` gives the same channel."""


@runtime_checkable
class AddressFinder(Protocol):
    """A kind of channel that knows who has written to an account."""

    def find_addresses(
        self, params: Mapping[str, Any], accounts: Mapping[str, str], discard: bool
    ) -> FoundAddresses:
        """Those of the last day. Raises InvalidValue, Refused, Unreachable.

        discard: messages that are in the way of newer ones; no other program gets them.
        """
