"""Whose commands are read, and how that goes: the pollers write it, `status` and `chat` show it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pingmon.model.chat_config import ChatConfig
from pingmon.model.polling import PollState


def _no_states() -> Mapping[int, PollState]:
    return {}


def _nobody() -> None:
    pass


@dataclass(slots=True)
class PollingBoard:
    """config: as it is in force. states: of the bots that are polled, by the number of their account.

    refresh: is to be called when it may be other bots, or when one has another secret.
    """

    config: ChatConfig = field(default_factory=ChatConfig)
    states: Callable[[], Mapping[int, PollState]] = _no_states
    refresh: Callable[[], None] = _nobody
