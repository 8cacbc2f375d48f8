"""Whom monitors tell after an edit: another first chat, topic or bot; chats besides that come and go."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.declaration import ChannelKind
from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.monitor import MOST_CHANNELS, Channel, ChannelRequest, Monitor
from pingmon.operations.accounts import SecretRenewals, check_secret, meant_secret
from pingmon.operations.channel_check_cache import ChannelCheckCache
from pingmon.operations.channel_places import ChannelPlaces
from pingmon.operations.context import Context

_SETTINGS = frozenset(one.name for kind in CHANNEL_KINDS.values() for one in kind.settings)
_OWN = frozenset(name for kind in CHANNEL_KINDS.values() for name in kind.required)
ADD, REMOVE = "add_chat_id", "remove_chat_id"


class _Account(NamedTuple):
    """By whom a monitor's messages are sent afterwards."""

    secret: str
    name: str


class ChannelEdit:
    """What one edit says of channels, given to all monitors that it is about.

    places, checks, renewals: see `ChannelPlaces`, `ChannelCheckCache`, `SecretRenewals`. renewed: newer
    secrets of accounts that monitors have already, with their kinds.
    """

    def __init__(
        self, context: Context, changes: dict[str, Any], unset: Collection[str], verify: bool
    ) -> None:
        """Takes its parameters out of `changes`. verify: ask the other side about new channels."""
        self._context, self._verify = context, verify
        self._given = {name: changes.pop(name) for name in _SETTINGS & changes.keys()}
        self._given |= dict.fromkeys((_SETTINGS & set(unset)) - _OWN)
        self._add, self._remove = changes.pop(ADD, ()), changes.pop(REMOVE, ())
        self.places = ChannelPlaces(context)
        self.checks = ChannelCheckCache(context.channels, context.accepted)
        self.renewals = SecretRenewals(context)
        self.renewed: dict[str, str] = {}
        self._secrets: dict[str, str | None] = {}  # kind of channel → secret that was given

    def wanted(self, monitors: Sequence[Monitor]) -> list[tuple[ChannelRequest, ...]]:
        """Whom each of them will tell beside a group, the first one first. Raises InvalidValue, Conflict.

        Nobody is asked yet: what is wrong with other settings is said before.
        """
        if not (self._given or self._add or self._remove):
            return [()] * len(monitors)
        self._refuse_unknown(monitors)
        return [self._wanted(one) for one in monitors]

    def settled(self, monitor: Monitor, wanted: Sequence[ChannelRequest]) -> Monitor:
        """With these channels; new ones were checked. Raises Refused, Unreachable, Conflict."""
        found = list[Channel]()
        for request in wanted:
            channel = self.places.find(request, monitor.channels)
            if channel is None:
                checked = self.checks.check_channel(request) if self._verify else request
                channel = self.places.place(self.renewals.settle(checked, self._verify), monitor.channels)
            found.append(channel)
        first, *others = found
        is_own = monitor.is_channel_own or first != monitor.channel or bool(self._given.keys() & _OWN)
        new = replace(monitor, channel=first, others=tuple(others), is_channel_own=is_own)
        return monitor if new == monitor else new

    def check_renewed(self) -> None:
        """Raises Refused, Unreachable."""
        for secret, kind in self.renewed.items():
            check_secret(self._context, kind, secret)

    def _wanted(self, monitor: Monitor) -> tuple[ChannelRequest, ...]:
        kind, service = CHANNEL_KINDS[monitor.channel.kind], self._context.channels[monitor.channel.kind]
        account = self._account(kind, monitor)
        given = {name: value for name, value in self._given.items() if name not in kind.account}
        if foreign := sorted(given.keys() - {one.name for one in kind.settings}):
            raise InvalidValue(f"{foreign[0]} is no setting of channels of kind {kind.name}", foreign[0])
        before = service.describe(monitor.channel)
        recipient = {name: value for name, value in before.items() if name not in kind.account}
        if self._add and not (monitor.is_channel_own or given):
            raise Conflict(
                "its chat is given by its tags or its group: add the chat to the group, or give it a "
                "first chat of its own",
                ADD,
            )
        several = kind.required[0]
        others = [one.address for one in monitor.others]
        if several in given:
            recipient = {}  # a topic is of its chat
            addresses = given[several] if isinstance(given[several], list) else [given[several]]
            if not addresses:
                raise InvalidValue(f"{several} is an empty list", several)
            given |= {several: addresses[0]}
            others = addresses[1:] if isinstance(self._given[several], list) else others
        secret = {"token": account.secret} if kind.account else {}
        first = service.parse(recipient | given | secret, {})
        told = self._others(monitor, first, others)
        return tuple(
            ChannelRequest(
                kind.name, account.secret, account.name, address, first.topic if not place else None
            )
            for place, address in enumerate((first.address, *told))
        )

    def _others(self, monitor: Monitor, first: ChannelRequest, before: Sequence[Any]) -> list[str]:
        """Addresses that are told besides the first."""
        parse = self._context.channels[first.kind].parse_address
        gone = {parse(str(one)) for one in self._remove}
        if first.address in gone:
            raise Conflict(
                f"chat {first.address} is the first, part of what makes it this monitor: "
                "give it another first one with chat_id",
                REMOVE,
            )
        kept = [address for one in before if (address := parse(str(one))) not in gone]
        found = dict.fromkeys([*kept, *(parse(str(one)) for one in self._add)])
        found.pop(first.address, None)
        if len(found) + 1 > MOST_CHANNELS:
            raise InvalidValue(f"a monitor tells at most {MOST_CHANNELS} chats", ADD)
        return list(found)

    def _account(self, kind: ChannelKind, monitor: Monitor) -> _Account:
        """A newer secret of its account is noted; that of another account makes it that one's."""
        own, service = self.places.accounts[monitor.channel.account_id], self._context.channels[kind.name]
        if kind.name not in self._secrets:
            self._secrets[kind.name] = self._secret(kind)
        secret = self._secrets[kind.name]
        if secret is None:
            return _Account(own.secret, own.name)
        if not service.is_same_account(secret, own.secret):
            return _Account(secret, service.identify(secret))
        if secret != own.secret and self._given.get("token") is not None:
            self.renewed[secret] = kind.name
        return _Account(own.secret, own.name)

    def _secret(self, kind: ChannelKind) -> str | None:
        """Of the account that was given, None if none was."""
        given = {name: self._given[name] for name in kind.account if self._given.get(name) is not None}
        if len(given) > 1:
            raise InvalidValue(f"give either {' or '.join(kind.account)}", kind.account[0])
        if "token" in given:
            return self._context.channels[kind.name].parse_secret(given["token"])
        if not given:
            return None
        (name,) = given.values()
        return meant_secret(self._context, kind.name, name)

    def _refuse_unknown(self, monitors: Sequence[Monitor]) -> None:
        """A chat that none of them tells can't be taken away."""
        for kind in {one.channel.kind for one in monitors} if self._remove else ():
            parse = self._context.channels[kind].parse_address
            known = {its.address for one in monitors for its in (one.channel, *one.others)}
            missing = sorted({parse(str(one)) for one in self._remove} - known)
            if missing and any(its.address == missing[0] for one in monitors for its in one.grouped):
                raise Conflict(f"chat {missing[0]} is given by the group: give another group", REMOVE)
            if missing:
                who = "it does" if len(monitors) == 1 else "these do"
                raise InvalidValue(f"{who} not tell chat {missing[0]}", REMOVE)
