"""Channels and monitors: what a user asked for, validated."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pingmon.model.detection_settings import NO_OPTIONS, DetectionSettings, Options
from pingmon.model.host_name import FAMILIES
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


class _Watched:
    """What a monitor and a request for one say of their target alike; fields: see Monitor."""

    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...
        @property
        def address(self) -> str: ...
        @property
        def host(self) -> str: ...
        @property
        def family(self) -> str: ...
        @property
        def mon_type(self) -> str: ...
        @property
        def probe_options(self) -> ProbeOptions: ...

    @property
    def target(self) -> str:
        """What somebody wants to be watched: the name, or the address."""
        return self.host or self.address

    @property
    def what(self) -> Hashable:
        """What is watched, and how: with the first channel that makes it this monitor and no other."""
        return self.target, self.family, self.mon_type, self.probe_options

    @property
    def watched_at(self) -> str:
        """By what its worker is found: the address in use, or the name as long as it has none."""
        return self.address or name_key(self.host, self.family)

    @property
    def target_label(self) -> str:
        """What is probed, as people read it; of a name with the address in use."""
        label = target_label(self.mon_type, self.target, dict(self.probe_options))
        return with_address(label, self.host, self.address)

    @property
    def label(self) -> str:
        """As people know it: name and target."""
        return label_of(self.name, self.target_label)


@dataclass(frozen=True, slots=True)
class Monitor(_Watched):
    """What a user added: a target, a channel and settings.

    mon_type: the kind of probe. probe_options: that kind's own settings, part of the target. others:
    channels that are told besides. detection, options: what is in force, with what its tags give.
    own: what was given for it; None: of one from before tags gave settings. grouped: channels of its
    group. is_channel_own: the first channel was given for it, else its tags or its group give it.
    host: the name that is watched, empty if it is an address. address: in use; empty as long as a name
    was never resolved. family: of a name's addresses, see FAMILIES.
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
    host: str = ""
    family: str = FAMILIES[0]

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


@dataclass(frozen=True, slots=True)
class MonitorRequest(_Watched):
    """A monitor that somebody asks for, validated. id: the one to be, empty for a fresh one.

    own, grouped, is_channel_own, host, family: as a monitor has them. address: empty of a name.
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
    host: str = ""
    family: str = FAMILIES[0]


def is_other_target(before: Monitor, after: Monitor) -> bool:
    """Whether an edit makes it watch something else: what is so there has to be found out afresh.

    That a name's address is another one now is no edit.
    """
    return (before.target, before.family) != (after.target, after.family)


def is_unchanged(before: Monitor, now: Monitor | None) -> bool:
    """But for the address that its name has now."""
    return now is not None and (
        before == now or (bool(before.host) and replace(before, address=now.address) == now)
    )


def name_key(host: str, family: str) -> str:
    """A name of which addresses of one family are wanted; no address is written so."""
    return host if family == FAMILIES[0] else f"{host}/{family}"


def with_address(label: str, host: str, address: str) -> str:
    """What is probed, and the address in use if that does not say it: "nas port 80 (10.0.0.2)"."""
    return f"{label} ({address})" if address and (host or address not in label) else label


def label_of(name: str, target: str) -> str:
    """ "printer (10.0.0.2)", "printer (nas.example.org, 10.0.0.2)", or the target alone."""
    if not name:
        return target
    host, bracket, address = target.partition(" (") if target.endswith(")") else (target, "", "")
    return f"{name} ({host}, {address}" if bracket else f"{name} ({target})"
