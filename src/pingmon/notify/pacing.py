"""When an address may be written to: its kind's limits, and pauses after failures. Pure but for jitter.

Times are monotonic seconds, passed in.
"""

import random
from collections.abc import Callable

from pingmon.model.delivery import ChannelLimits, DeliveryAnswer

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # s; after failures that may pass


class Pacing:
    """Of one account. Limits are those of an address, whatever its topics; a refusal is a channel's."""

    def __init__(self, limits: ChannelLimits) -> None:
        self._limits = limits
        self._account = 0.0
        self._account_failures = 0
        self._addresses: dict[str, float] = {}
        self._floods: dict[str, float] = {}  # until when an address waits because the service said so
        self._channels: dict[int, float] = {}
        self._failures: dict[str, int] = {}

    def ready_at(self, address: str, channel: int) -> float:
        """When that channel may be written to."""
        return max(self._account, self._addresses.get(address, 0.0), self._channels.get(channel, 0.0))

    def on_sent(self, address: str, now: float) -> None:
        self._failures.pop(address, None)
        self._account_failures = 0
        self._addresses[address] = now + self._limits.address_spacing(address)

    def retry_now(self, address: str, channel: int) -> None:
        """Allow another attempt at once, after something was changed."""
        self._addresses.pop(address, None)
        self._channels.pop(channel, None)

    def retry(self, address: str, channel: int, now: float) -> None:
        """End our own pauses, but not those that the service asked for."""
        floods = [end for end in self._floods.values() if end > now]
        self._account = max(floods) if len(floods) > 1 else 0.0
        self._account_failures = 0
        self._failures.pop(address, None)
        self._channels.pop(channel, None)
        self._addresses.pop(address, None)
        if (flood := self._floods.get(address, 0.0)) > now:
            self._addresses[address] = flood

    def on_failed(self, address: str, channel: int, answer: DeliveryAnswer, now: float) -> None:
        count = self._failures[address] = self._failures.get(address, 0) + 1
        until = now + self._pause_after(answer, count)
        if answer.refuses_account:
            self._account = until
        elif answer.is_permanent:
            self._channels[channel] = until
        else:
            self._addresses[address] = until
        if answer.retry_after is not None:
            self._floods = {one: end for one, end in self._floods.items() if end > now} | {address: until}
            if len(self._floods) > 1:  # two addresses at once: it is the account that is too fast
                self._account = max(self._account, *self._floods.values())
        elif not answer.was_heard:  # no address would fare better: not one try for each of them
            self._account_failures += 1
            self._account = max(self._account, now + self._pause_after(answer, self._account_failures))

    def pause_account(self, seconds: float, now: float) -> None:
        self._account = max(self._account, now + seconds)

    def resume_account(self) -> None:
        """The account is accepted again; what the service said of its addresses stays."""
        self._account, self._account_failures = 0.0, 0

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
