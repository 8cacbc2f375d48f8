"""Whom monitors tell after an edit: another first channel, topic or account; what comes and goes."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.declaration import ChannelKind
from pingmon.model.channel_words import channel_words
from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.monitor import MOST_CHANNELS, Channel, ChannelRequest, Monitor
from pingmon.operations.accounts import SecretRenewals, check_secret, known_accounts, meant_secret
from pingmon.operations.channel_check_cache import ChannelCheckCache
from pingmon.operations.channel_places import ChannelPlaces
from pingmon.operations.context import Context
from pingmon.operations.monitor_channels import each_once, parsed_address

_SETTINGS = frozenset(one.name for kind in CHANNEL_KINDS.values() for one in kind.settings)
_ADDRESSES = frozenset(kind.address for kind in CHANNEL_KINDS.values())
ADD, REMOVE = "add_", "remove_"  # before the setting that says who receives


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
        self._given |= dict.fromkeys((_SETTINGS & set(unset)) - _ADDRESSES)
        self._unset = _ADDRESSES & set(unset)
        if both := sorted(name for name in self._unset if self._given.get(name) is not None):
            raise InvalidValue(f"{both[0]} is given and unset", both[0])
        # By kind, as they are spelled there.
        self._add = self._parsed(ADD, changes)
        self._remove = self._parsed(REMOVE, changes)
        self.places = ChannelPlaces(context)
        self.checks = ChannelCheckCache(context.channels, context.accepted)
        self.renewals = SecretRenewals(context)
        self.renewed: dict[str, str] = {}
        self._secrets: dict[str, str | None] = {}  # kind of channel → secret that was given

    def wanted(self, monitors: Sequence[Monitor]) -> list[tuple[ChannelRequest, ...]]:
        """Whom each of them will tell beside a group, the first one first. Raises InvalidValue, Conflict.

        Nobody is asked yet: what is wrong with other settings is said before. Of one whose channels stay
        as they are: nothing.
        """
        if not (self._given or self._add or self._remove or self._unset):
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
        is_own = monitor.is_channel_own or first != monitor.channel or self._gives_addresses
        new = replace(monitor, channel=first, others=tuple(others), is_channel_own=is_own)
        return monitor if new == monitor else new

    @property
    def _gives_addresses(self) -> bool:
        return any(self._given.get(one) is not None for one in _ADDRESSES)

    def leaves_none(self, monitor: Monitor) -> bool:
        """Whether no channel of its own is left, so that its tags or its group have to give one."""
        if CHANNEL_KINDS[monitor.channel.kind].address not in self._unset:
            return False
        left = {one.kind for one in monitor.others} | self._add.keys()
        left |= {one.name for one in CHANNEL_KINDS.values() if self._given.get(one.address) is not None}
        return all(CHANNEL_KINDS[one].address in self._unset for one in left)

    def check_renewed(self) -> None:
        """Raises Refused, Unreachable."""
        for secret, kind in self.renewed.items():
            check_secret(self._context, kind, secret)

    def _parsed(self, prefix: str, changes: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
        """By kind: what was given, and its address."""
        found = dict[str, list[tuple[str, str]]]()
        for kind in CHANNEL_KINDS.values():
            for text in changes.pop(prefix + kind.address, ()):
                address = parsed_address(self._context, kind, str(text))
                found.setdefault(kind.name, []).append((str(text), address))
        return found

    def _wanted(self, monitor: Monitor) -> tuple[ChannelRequest, ...]:
        if self._add and not (monitor.is_channel_own or self._gives_addresses):
            kind = CHANNEL_KINDS[next(iter(self._add))]
            raise Conflict(
                "its chat is given by its tags or its group: add the chat to the group, or give it a "
                "first chat of its own",
                ADD + kind.address,
            )
        self._refuse_foreign(monitor)
        # Of one whose tags or group give the first from now on, others stay unless they are taken away.
        unset = self._unset if monitor.is_channel_own else frozenset()
        kinds = [one for one in CHANNEL_KINDS.values() if one.address not in unset]
        found = each_once(one for kind in kinds for one in self._of_kind(kind, monitor))
        if len(found) > MOST_CHANNELS:
            field = ADD + CHANNEL_KINDS[found[-1].kind].address
            raise InvalidValue(f"a monitor tells at most {MOST_CHANNELS} channels", field)
        return tuple(found)

    def _refuse_foreign(self, monitor: Monitor) -> None:
        """Settings of kinds that it will not have."""
        has = {one.kind for one in (monitor.channel, *monitor.others)} | self._add.keys()
        known = {
            one.name
            for kind in CHANNEL_KINDS.values()
            if kind.name in has or self._given.get(kind.address) is not None
            for one in kind.settings
        }
        if foreign := sorted(self._given.keys() - known):
            words = f"{foreign[0]} is no setting of channels of kind {monitor.channel.kind}"
            raise InvalidValue(words, foreign[0])

    def _of_kind(self, kind: ChannelKind, monitor: Monitor) -> list[ChannelRequest]:
        """Its channels of that kind afterwards."""
        addresses, add = self._given.get(kind.address), self._add.get(kind.name, ())
        is_shared = not monitor.is_channel_own and addresses is None and self._gives_addresses
        before = monitor.others if is_shared else (monitor.channel, *monitor.others)
        own = [one for one in before if one.kind == kind.name]
        if not own and addresses is None and not add:
            return []
        account = self._account(kind, own[0] if own else None)
        first, told = self._first(kind, own, account)
        gone = {address for _, address in self._remove.get(kind.name, ())}
        if first and first.address in gone and monitor.channel.kind == kind.name:
            place = channel_words(kind.name, first.address)
            raise Conflict(
                f"{place} is the first, part of what makes it this monitor: "
                f"give it another first one with {kind.address}",
                REMOVE + kind.address,
            )
        found = [first] if first else []
        found += [self._request(kind, one, account) for one in told]
        found += [self._request(kind, text, account) for text, _ in add]
        return [one for one in found if one.address not in gone]

    def _first(
        self, kind: ChannelKind, own: Sequence[Channel], account: _Account | None
    ) -> tuple[ChannelRequest | None, list[Any]]:
        """The first of that kind, and what is told besides: channels that it has, or new addresses."""
        addresses = self._given.get(kind.address)
        given = {
            one.name: self._given[one.name]
            for one in kind.settings
            if one.name in self._given and one.name not in kind.sender
        }
        others: list[Any] = list(own[1:])
        if addresses is not None:
            some = addresses if isinstance(addresses, list) else [addresses]
            if not some:
                raise InvalidValue(f"{kind.address} is an empty list", kind.address)
            others = some[1:] if isinstance(addresses, list) else others
            # A topic is of its chat: that of the one before is not taken over.
            return self._parse(kind, given | {kind.address: some[0]}, account), others
        if not own:
            return None, others
        if not given:
            return self._request(kind, own[0], account), others
        before = self._context.channels[kind.name].describe(own[0])
        recipient = {name: value for name, value in before.items() if name not in kind.sender}
        return self._parse(kind, recipient | given, account), others

    def _request(self, kind: ChannelKind, what: Any, account: _Account | None) -> ChannelRequest:
        """what: a channel that it has, or an address as it was given."""
        if not isinstance(what, Channel):
            return self._parse(kind, {kind.address: what}, account)
        known = self.places.accounts[what.account_id]
        sender = account or _Account(known.secret, known.name)
        return ChannelRequest(kind.name, sender.secret, sender.name, what.address, what.topic)

    def _parse(
        self, kind: ChannelKind, settings: dict[str, Any], account: _Account | None
    ) -> ChannelRequest:
        service = self._context.channels[kind.name]
        if account is None:
            return service.parse(settings, known_accounts(self._context, kind.name))
        found = service.parse(settings | {kind.secret: account.secret}, {})
        return replace(found, account=account.name)

    def _account(self, kind: ChannelKind, channel: Channel | None) -> _Account | None:
        """A newer secret of its account is noted; that of another account makes it that one's.

        channel: that it has of that kind. None: the kind's addresses say it themselves.
        """
        if not kind.sender:
            return None
        service = self._context.channels[kind.name]
        if kind.name not in self._secrets:
            self._secrets[kind.name] = self._secret(kind)
        secret = self._secrets[kind.name]
        own = self.places.accounts[channel.account_id] if channel else None
        if own is None:
            if secret is None:
                words = f"give {' or '.join(kind.sender)}: it had no channel of kind {kind.name}"
                raise InvalidValue(words, kind.sender[0])
            return _Account(secret, service.identify(secret))
        if secret is None:
            return _Account(own.secret, own.name)
        if not service.is_same_account(secret, own.secret):
            return _Account(secret, service.identify(secret))
        if secret != own.secret and self._given.get(kind.secret) is not None:
            self.renewed[secret] = kind.name
        return _Account(own.secret, own.name)

    def _secret(self, kind: ChannelKind) -> str | None:
        """Of the account that was given, None if none was."""
        given = {name: self._given[name] for name in kind.sender if self._given.get(name) is not None}
        if len(given) > 1:
            raise InvalidValue(f"give either {' or '.join(kind.sender)}", kind.sender[0])
        if kind.secret in given:
            return self._context.channels[kind.name].parse_secret(given[kind.secret])
        if not given:
            return None
        (name,) = given.values()
        return meant_secret(self._context, kind.name, name)

    def _refuse_unknown(self, monitors: Sequence[Monitor]) -> None:
        """A channel that none of them tells can't be taken away."""
        for kind, gone in self._remove.items():
            field = REMOVE + CHANNEL_KINDS[kind].address
            known = {
                its.address for one in monitors for its in (one.channel, *one.others) if its.kind == kind
            }
            missing = sorted({address for _, address in gone} - known)
            words = channel_words(kind, missing[0]) if missing else ""
            if missing and any(its.address == missing[0] for one in monitors for its in one.grouped):
                raise Conflict(f"{words} is given by the group: give another group", field)
            if missing:
                who = "it does" if len(monitors) == 1 else "these do"
                raise InvalidValue(f"{who} not tell {words}", field)
