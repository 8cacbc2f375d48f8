"""When an address may be written to: its kind's limits, and pauses after failures. Pure but for jitter.

Times are monotonic seconds, passed in. What the service says of an address (a flood) holds for that
address, whatever else happens. Others wait only while tries show that the whole account is too fast.
"""

import random
from collections.abc import Callable

from pingmon.model.delivery import ChannelLimits, DeliveryAnswer

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # s; after failures that may pass
# So many different addresses told to wait, and none written to in between: it is the account.
SHOW_LIMIT = 3
FORGOTTEN_AFTER = 3600.0  # s; what was over before says nothing any more
MOST = 1_000  # addresses that are remembered, and those that wait
FIRST_HOLD = 5.0  # s; then another address is tried, and after each that is refused twice as late


class Pacing:
    """Of one account. Limits are those of an address, whatever its topics; a refusal is a channel's."""

    def __init__(self, limits: ChannelLimits) -> None:
        self._limits = limits
        self._account = 0.0
        self._account_failures = 0
        self._held = 0.0  # until when addresses without a flood wait for another try
        self._limited: set[str] = set()  # told to wait since an address was last written to
        self._addresses: dict[str, float] = {}
        self._spent: dict[str, float] = {}  # until when the messages of an address use up its rate
        self._floods: dict[str, float] = {}  # until when an address waits because the service said so
        self._channels: dict[int, float] = {}
        self._failures: dict[str, int] = {}

    def ready_at(self, address: str, channel: int | None = None) -> float:
        """When that channel may be written to; None: for what no refusal of a channel holds back."""
        return max(
            self._account,
            self._held,
            self._floods.get(address, 0.0),
            self._addresses.get(address, 0.0),
            0.0 if channel is None else self._channels.get(channel, 0.0),
        )

    def ready_for_answer(self, address: str) -> float:
        """When an answer may be sent to it: one message of its burst is left for an alarm."""
        burst = self._limits.burst(address)
        spent = self._spent.get(address, 0.0) - (burst - 2) * self._limits.address_spacing(address)
        return max(self.ready_at(address), spent if burst > 2 else 0.0)

    def flood_until(self, address: str) -> float:
        """Until when the service wants nothing for this address; 0 if it did not say so."""
        return self._floods.get(address, 0.0)

    def on_flood(self, address: str, until: float) -> None:
        """The service said so now, or before a restart. An earlier end takes nothing from a later one."""
        self._floods[address] = max(until, self._floods.get(address, 0.0))

    def on_sent(self, address: str, now: float) -> None:
        self._failures.pop(address, None)
        self._account_failures = 0
        self._held = 0.0
        self._limited.clear()
        self._addresses[address] = self._next(address, now)
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Any number of chats may write to a bot over the years, and each is answered."""
        if len(self._spent) > MOST:
            self._spent = {one: end for one, end in self._spent.items() if end > now}
        if len(self._addresses) > MOST:
            self._addresses = {one: end for one, end in self._addresses.items() if end > now}
        if len(self._failures) > MOST:  # of those that wait for nothing the next pause is the first again
            waiting = self._addresses.keys() | self._floods.keys()
            self._failures = {one: its for one, its in self._failures.items() if one in waiting}

    def _next(self, address: str, now: float) -> float:
        """As the generic cell rate algorithm (ITU-T I.371): the rate holds in the long run."""
        spacing, burst = self._limits.address_spacing(address), self._limits.burst(address)
        self._spent[address] = max(now, self._spent.get(address, 0.0)) + spacing
        if burst == 1:
            return now + spacing
        soonest = now + min(self._limits.burst_spacing, spacing)
        return max(soonest, self._spent[address] - (burst - 1) * spacing)

    def retry_now(self, address: str, channel: int) -> None:
        """Allow another attempt at once, after something was changed."""
        self._addresses.pop(address, None)
        self._channels.pop(channel, None)

    def retry(self, address: str, channel: int, now: float) -> None:
        """End our own pauses, but not those that the service asked for."""
        self._account = 0.0
        self._account_failures = 0
        self._failures.pop(address, None)
        self._channels.pop(channel, None)
        self._addresses.pop(address, None)

    def on_failed(self, address: str, channel: int, answer: DeliveryAnswer, now: float) -> None:
        count = self._failures[address] = self._failures.get(address, 0) + 1
        self._forget(now)
        until = now + self._pause_after(answer, count)
        if answer.retry_after is not None:
            self.on_flood(address, until)
            self._hold(address, now)
        elif answer.refuses_account:
            self._account = until
        elif answer.is_permanent:
            self._channels[channel] = until
        else:
            self._addresses[address] = until
        is_of_service = answer.was_heard and answer.is_from_service
        if answer.retry_after is None and not is_of_service:
            self.on_account_failed(answer, now)  # no address would fare better: not a try for each

    def on_account_failed(self, answer: DeliveryAnswer, now: float) -> None:
        """It was about no single address."""
        self._account_failures += 1
        self._account = max(self._account, now + self._pause_after(answer, self._account_failures))

    def pause_account(self, seconds: float, now: float) -> None:
        self._account = max(self._account, now + seconds)

    def resume_account(self) -> None:
        """The account is accepted again; what the service said of its addresses stays."""
        self._account, self._account_failures = 0.0, 0

    def _hold(self, address: str, now: float) -> None:
        """Others wait, when one after the other was refused: until one of these may be tried, at most."""
        self._floods = {one: end for one, end in self._floods.items() if end > now - FORGOTTEN_AFTER}
        self._limited = {one for one in self._limited | {address} if self._floods.get(one, 0.0) > now}
        beyond = len(self._limited) - SHOW_LIMIT
        if beyond >= 0 and self._limited:
            pause = min(LONGEST_PAUSE, FIRST_HOLD * 2 ** min(beyond, 10))
            self._held = min(now + pause, *(self._floods[one] for one in self._limited))

    def _pause_after(self, answer: DeliveryAnswer, failures: int) -> float:
        return pause_after(answer, failures, self._limits.refused_pause)


def pause_after(
    answer: DeliveryAnswer,
    failures: int,
    refused_pause: float,
    jitter: Callable[[], float] = random.random,
) -> float:
    """Seconds before the next attempt: as the service says, else growing, with jitter."""
    if answer.retry_after is not None:
        return float(answer.retry_after)
    if answer.is_permanent:
        return refused_pause
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10)) * (0.5 + jitter() / 2))
