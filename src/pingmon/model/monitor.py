"""Channels and monitors: what a user asked for, validated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pingmon.model.detection_settings import NO_OPTIONS, DetectionSettings, Options
from pingmon.model.tag_settings import Own, own_before_tags
from pingmon.model.target_label import target_label

ProbeOptions = tuple[tuple[str, Any], ...]  # settings of a probe kind, (name, value), sorted by name


def probe_options_from(settings: Mapping[str, Any]) -> ProbeOptions:
    """Comparable and hashable: lists become tuples. settings: of JSON values, without objects."""
    return tuple(sorted((name, _frozen(value)) for name, value in settings.items()))


def source_of(options: ProbeOptions) -> str:
    """From which of our addresses, or through which interface, probes leave; empty if no matter."""
    return str(dict(options).get("source") or "") if options else ""


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


MOST_CHANNELS = 50  # that one monitor tells; the other side is asked about each


@dataclass(frozen=True, slots=True)
class Channel:
    """Where messages go.

    kind: of channel, as declared in `kinds`. account: who sends, as people know it (of Telegram: the
    bot). address: who receives (the chat). topic: the part of it, None for all of it. The account's
    secret is known to storage and the sender only.
    """

    id: int
    kind: str
    account_id: int
    account: str
    address: str
    topic: int | None

    def __str__(self) -> str:
        """For people: the address, and the topic if it has one."""
        return f"{self.address}/{self.topic}" if self.topic else self.address


@dataclass(frozen=True, slots=True)
class ChannelRequest:
    """A channel that somebody asks for. secret: the account's (of Telegram: the bot's token)."""

    kind: str
    secret: str = field(repr=False)
    account: str
    address: str
    topic: int | None = None


@dataclass(frozen=True, slots=True)
class Monitor:
    """What a user added: a target, a channel and settings.

    mon_type: the kind of probe. probe_options: that kind's own settings, part of the target. others:
    channels that are told besides. detection, options: what is in force, with what its tags give.
    own: what was given for it; None: of one from before tags gave settings. grouped: channels of its
    group. is_channel_own: the first channel was given for it, else its tags or its group give it.
    """

    id: str
    address: str
    mon_type: str
    channel: Channel
    detection: DetectionSettings
    name: str = ""
    options: Options = NO_OPTIONS
    probe_options: ProbeOptions = ()
    others: tuple[Channel, ...] = ()
    own: Own | None = None
    grouped: tuple[Channel, ...] = ()
    is_channel_own: bool = True

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All that are told, each once; the first is part of what makes it this monitor."""
        if not self.grouped:
            return (self.channel, *self.others)
        return tuple({one.id: one for one in (self.channel, *self.others, *self.grouped)}.values())

    @property
    def given(self) -> Own:
        """Settings that were given for it, whatever its tags give."""
        return own_before_tags(self.detection, self.options) if self.own is None else self.own

    @property
    def target_label(self) -> str:
        """What is probed, as people read it."""
        return target_label(self.mon_type, self.address, dict(self.probe_options))

    @property
    def label(self) -> str:
        """As people know it: name and target."""
        return label_of(self.name, self.target_label)


@dataclass(frozen=True, slots=True)
class MonitorRequest:
    """A monitor that somebody asks for, validated. id: the one to be, empty for a fresh one.

    own, grouped, is_channel_own: as a monitor has them.
    """

    address: str
    mon_type: str
    channel: ChannelRequest
    detection: DetectionSettings
    name: str = ""
    options: Options = NO_OPTIONS
    probe_options: ProbeOptions = ()
    id: str = ""
    others: tuple[ChannelRequest, ...] = ()
    own: Own | None = None
    grouped: tuple[Channel, ...] = ()
    is_channel_own: bool = True

    @property
    def target_label(self) -> str:
        """See Monitor.target_label."""
        return target_label(self.mon_type, self.address, dict(self.probe_options))

    @property
    def label(self) -> str:
        """See Monitor.label."""
        return label_of(self.name, self.target_label)


def label_of(name: str, target: str) -> str:
    """ "printer (10.0.0.2)", or the target alone."""
    return f"{name} ({target})" if name else target
