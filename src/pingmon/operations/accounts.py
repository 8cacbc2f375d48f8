"""Accounts (of Telegram: bots): how they are found, and how one gets another secret."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from pingmon.model.errors import Conflict, InvalidValue, NotFound, Refused, Unreachable
from pingmon.model.monitor import ChannelRequest, MonitorRequest
from pingmon.model.text_values import bare
from pingmon.operations.context import Context
from pingmon.storage.channels import Account
from pingmon.storage.journal import Entry
from pingmon.text.printable import shortened, shown

log = logging.getLogger(__name__)


class AccountName(NamedTuple):
    """number: what stays of it when its secret is renewed. declared: its name in the configuration."""

    number: str
    declared: str | None


def known_accounts(context: Context, kind: str) -> dict[str, str]:
    """Every name by which an account can be meant → secret: declared, then username, then number."""
    service, found = context.channels[kind], {}
    accounts = [one for one in context.store.channels.accounts() if one.kind == kind and one.secret]
    for account in accounts:
        found[service.identify(account.secret)] = account.secret
    for account in accounts:
        found[account.name] = account.secret
    return found | dict(context.declared_accounts(kind))


def find_secret(accounts: Mapping[str, str], name: str) -> str | None:
    """Names are the same in capitals and with @. accounts: name → secret."""
    alike = bare(name).removeprefix("@").lower()
    return accounts.get(name) or next(
        (one for key, one in accounts.items() if key.lower() == alike), None
    )


def meant_secret(context: Context, kind: str, name: str) -> str:
    """Of the account that has this name. Raises InvalidValue."""
    known = known_accounts(context, kind)
    found = find_secret(known, name)
    if found is None:
        words = f"no bot {shown(name)} is known here; known: {', '.join(known) or 'none'}"
        raise InvalidValue(words, "bot")
    return found


def account_names(context: Context) -> dict[int, AccountName]:
    """By the number of the account in the store."""
    declared = {
        (kind, service.identify(secret)): name
        for kind, service in context.channels.items()
        for name, secret in context.declared_accounts(kind).items()
    }
    found = {}
    for account in context.store.channels.accounts():
        service = context.channels.get(account.kind)
        number = service.identify(account.secret) if service else ""
        found[account.id] = AccountName(number, declared.get((account.kind, number)))
    return found


class SecretRenewals:
    """Of one request: a newer secret that the other side accepted takes the place of the known one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._accounts = context.store.channels.accounts()
        self._secrets = {(one.kind, one.secret) for one in self._accounts}
        self._wanted: dict[str, str] = {}  # secret → kind

    def settle(self, channel: ChannelRequest, was_accepted: bool) -> ChannelRequest:
        """The channel under the secret by which the store knows its account.

        was_accepted: by the other side, now. Raises Conflict when nobody asked it.
        """
        accepted = self._context.accepted.account_of(channel.secret)
        if accepted is not None and channel.account == self._context.channels[channel.kind].identify(
            channel.secret
        ):
            channel = replace(channel, account=accepted)  # it was checked in an earlier request
        if (channel.kind, channel.secret) in self._secrets:
            return channel
        known = same_account(self._context, self._accounts, channel.kind, channel.secret)
        if known is None:
            return channel
        if not was_accepted and accepted is None:
            raise Conflict(
                f"bot {known.name} is known with another token; `pingmonctl renew-token` "
                "gives it this one, or let the token be checked",
                "token",
            )
        self._wanted[channel.secret] = channel.kind
        return ChannelRequest(channel.kind, known.secret, channel.account, channel.address, channel.topic)

    def settled(self, request: MonitorRequest, was_accepted: bool) -> MonitorRequest:
        """With all its channels so."""
        channel = self.settle(request.channel, was_accepted)
        others = tuple(self.settle(one, was_accepted) for one in request.others)
        return replace(request, channel=channel, others=others)

    def commit(self) -> None:
        for secret, kind in self._wanted.items():
            use_secret(self._context, kind, secret)


def same_account(context: Context, accounts: list[Account], kind: str, secret: str) -> Account | None:
    """The newest account of the store that `secret` belongs to."""
    is_same = context.channels[kind].is_same_account
    same = [one for one in accounts if one.kind == kind and is_same(secret, one.secret)]
    return same[-1] if same else None


def use_secret(context: Context, kind: str, secret: str, *entries: Entry) -> bool:
    """All monitors of the account use it, also for what waits already. Whether it is new.

    entries: for the journal, if it is.
    """
    is_same = context.channels[kind].is_same_account
    account_id = context.store.channels.renew_secret(kind, secret, is_same, *entries)
    if account_id is None:
        return False
    context.sender_pool.renew(account_id, kind, secret)
    context.polling.refresh()
    log.info("account %d (%s) has another secret", account_id, context.channels[kind].identify(secret))
    return True


def check_secret(context: Context, kind: str, secret: str) -> None:
    """Raises Refused, Unreachable."""
    client = context.channels[kind].open(secret)
    try:
        answer = client.check_account()
    finally:
        client.close()
    if answer.is_delivered:
        context.accepted.remember(secret, context.channels[kind].identify(secret))
    elif answer.is_permanent:
        raise Refused(f"the token was refused: {answer.reason}; {answer.remedy}", "token")
    else:
        raise Unreachable(f"the token could not be checked: {answer.reason}; try again", "token")


def renew_token(
    context: Context, actor: str, kind: str, secret: str, bot: str | None
) -> tuple[Account, str, bool]:
    """An account gets the secret after the other side accepted it.

    bot: which account that must be, by any of its names. Returns the account, its declared name or "",
    and whether the secret is new. Raises InvalidValue, NotFound, Refused, Unreachable.
    """
    service = context.channels[kind]
    secret = service.parse_secret(secret)
    account = same_account(context, context.store.channels.accounts(), kind, secret)
    if bot is not None:
        meant = meant_secret(context, kind, bot)
        if not service.is_same_account(secret, meant):
            words = f"this token is of bot {service.identify(secret)}, not of {shortened(bot)}"
            raise InvalidValue(f"{words} ({service.identify(meant)})", "token")
    if account is None:
        raise NotFound(f"bot {service.identify(secret)}", "token")
    check_secret(context, kind, secret)
    declared = account_names(context)[account.id].declared or ""
    is_new = use_secret(context, kind, secret, Entry(actor, "renew_token", account.name))
    return account, declared, is_new
