"""Targets, channels and monitors: what a user asked for, validated."""

from dataclasses import dataclass

from pingmon.model.settings import NO_OPTIONS, DetectionSettings, Options


@dataclass(frozen=True, slots=True)
class Channel:
    """Where word goes. The token itself is known to storage and the sender only."""

    id: int
    bot_id: int
    bot: str
    chat_id: str
    thread_id: int | None


@dataclass(frozen=True, slots=True)
class Monitor:
    """What a user added: a target, a channel and settings."""

    id: str
    address: str
    mon_type: str
    channel: Channel
    plan: DetectionSettings
    name: str = ""
    options: Options = NO_OPTIONS
