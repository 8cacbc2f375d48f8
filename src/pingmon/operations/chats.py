"""Commands from chats: which bots take them, and who may do what."""

import logging
import time
from dataclasses import dataclass

from pingmon.kinds.telegram import TELEGRAM
from pingmon.model.chat_config import EVERYONE
from pingmon.model.chat_rights import Role, parse_role
from pingmon.model.errors import Conflict, InvalidValue, PingmonError
from pingmon.model.polling import PollState
from pingmon.model.timestamps import rfc3339
from pingmon.model.when import parse_duration
from pingmon.operations.accounts import account_names, known_accounts, meant_secret, same_account
from pingmon.operations.context import Context
from pingmon.storage.channels import Account
from pingmon.storage.chats import Grant, SeenChat
from pingmon.storage.journal import Entry

log = logging.getLogger(__name__)

KIND = TELEGRAM.name  # of channel, whose accounts can be talked to
LARGEST_USER = 2**52  # Telegram's numbers of users have at most 52 significant bits


@dataclass(frozen=True, slots=True)
class TalkingBot:
    """declared: its name in the configuration, empty if it is not there. by_file: that says so.

    state: None while it is not polled.
    """

    account: Account
    declared: str
    is_enabled: bool
    by_file: bool
    state: PollState | None


@dataclass(frozen=True, slots=True)
class KnownGrant:
    """bot: its name; empty: any. by_file: the configuration says so."""

    bot: str
    address: str
    user_id: int
    role: str
    until: float | None = None
    by: str = ""
    by_file: bool = False


@dataclass(frozen=True, slots=True)
class ChatList:
    """All that is known. seen: by the name of the bot."""

    bots: list[TalkingBot]
    grants: list[KnownGrant]
    seen: list[tuple[str, SeenChat]]


def talking_bots(context: Context) -> list[TalkingBot]:
    """All bots, those that take commands and those that do not."""
    names, states = account_names(context), context.polling.states()
    by_file, by_command = dict(context.polling.config.commands), context.store.chats.bots()
    found = []
    for account in context.store.channels.accounts():
        if account.kind != KIND:
            continue
        declared = names[account.id].declared or ""
        stored = by_command.get(account.id)
        is_enabled = by_file.get(declared, stored is not None and stored.enabled)
        state = states.get(account.id)
        found.append(TalkingBot(account, declared, is_enabled, declared in by_file, state))
    return found


def set_enabled(context: Context, actor: str, bot: str | None, enabled: bool) -> tuple[Account, bool]:
    """The bot, and whether that changed anything. Raises InvalidValue, Conflict."""
    account = account_named(context, bot)
    declared = account_names(context)[account.id].declared or ""
    by_file = dict(context.polling.config.commands).get(declared)
    if by_file is not None and by_file is not enabled:
        word = "true" if by_file else "false"
        raise Conflict(
            f"the configuration says commands = {word} for [bots.{declared}]; change it there", "bot"
        )
    entry = Entry(actor, "chat_enable" if enabled else "chat_disable", account.name)
    changed = context.store.chats.enable(account.id, enabled, entry)
    context.polling.refresh()
    if changed:
        log.info("%s %s commands for bot %s", actor, "allows" if enabled else "ended", account.name)
    return account, changed


def allow(
    context: Context,
    actor: str,
    chat: str,
    user_id: int | None,
    role: str,
    lasts: str | None,
    bot: str | None,
) -> tuple[Account, Grant]:
    """lasts: a duration; None: no end. user_id: None for whoever is in the chat. Raises InvalidValue."""
    account, address = account_named(context, bot), context.channels[KIND].parse_address(chat)
    until = None if lasts is None else time.time() + parse_duration(lasts, "for")
    grant = Grant(account.id, address, _user(user_id), _role(role).word, until, actor)
    end = f" until {rfc3339(until)}" if until is not None else ""
    context.store.chats.allow(grant, Entry(actor, "chat_allow", _label(grant), None, _details(grant)))
    log.info("%s allows %s to %s in bot %s%s", actor, grant.role, _label(grant), account.name, end)
    return account, grant


def deny(
    context: Context, actor: str, chat: str, user_id: int | None, bot: str | None
) -> tuple[Account, bool]:
    """Whether there was something to take away. Raises InvalidValue, Conflict."""
    account, address = account_named(context, bot), context.channels[KIND].parse_address(chat)
    grant = Grant(account.id, address, _user(user_id), "")
    entry = Entry(actor, "chat_deny", _label(grant), None, {"chat_id": address, "user_id": user_id})
    changed = context.store.chats.deny(grant, entry)
    declared = account_names(context)[account.id].declared or ""
    if not changed and any(
        (one.address, one.user_id) == (address, grant.user_id) and one.bot in ("", declared)
        for one in context.polling.config.people
    ):
        raise Conflict("the configuration says so ([[chat.allow]]); change it there", "chat_id")
    if changed:
        log.info("%s denies commands to %s in bot %s", actor, _label(grant), account.name)
    return account, changed


def chat_list(context: Context) -> ChatList:
    names = {one.id: one.name for one in context.store.channels.accounts()}
    bots = talking_bots(context)
    grants = [
        KnownGrant(one.bot, one.address, one.user_id, one.role, by_file=True)
        for one in context.polling.config.people
    ]
    grants += [
        KnownGrant(names[one.account_id], one.address, one.user_id, one.role, one.until, one.by)
        for one in context.store.chats.grants()
    ]
    seen = [(one.account.name, chat) for one in bots for chat in context.store.chats.seen(one.account.id)]
    return ChatList(bots, grants, seen)


def account_named(context: Context, bot: str | None) -> Account:
    """The one that is meant; None: the only one there is. Raises InvalidValue."""
    if bot is not None:
        return account_of(context, meant_secret(context, KIND, bot))
    known = known_accounts(context, KIND)
    secrets = set(known.values())
    if len(secrets) != 1:
        which = f"say which bot: {', '.join(known)}" if known else "no bot is known here"
        raise InvalidValue(which, "bot")
    return account_of(context, secrets.pop())


def account_of(context: Context, secret: str) -> Account:
    """In the store; it is put there if it is new."""
    accounts = [one for one in context.store.channels.accounts() if one.kind == KIND]
    known = next((one for one in accounts if one.secret == secret), None)
    known = known or same_account(context, accounts, KIND, secret)
    return known or context.store.channels.ensure_account(
        KIND, secret, context.channels[KIND].identify(secret)
    )


def _role(word: str) -> Role:
    try:
        role = parse_role(word)
    except ValueError as error:
        raise InvalidValue(str(error), "role") from None
    if role is Role.NONE:
        raise InvalidValue("to take rights away there is chat deny", "role")
    return role


def _user(user_id: int | None) -> int:
    if user_id is None:
        return EVERYONE
    if not 0 < user_id < LARGEST_USER:
        raise InvalidValue("a user's number is positive; /id in a chat shows it", "user_id")
    return user_id


def _label(grant: Grant) -> str:
    who = "whoever is in it" if grant.user_id == EVERYONE else f"user {grant.user_id}"
    return f"chat {grant.address}: {who}"


def _details(grant: Grant) -> dict[str, object]:
    return {
        "chat_id": grant.address,
        "user_id": grant.user_id or None,
        "role": grant.role,
        "until": None if grant.until is None else rfc3339(grant.until),
    }


def troubles(context: Context) -> list[TalkingBot]:
    """Bots whose commands should be read, and are not. Empty when the database can't say."""
    if not any(one.trouble for one in context.polling.states().values()):
        return []
    try:
        return [one for one in talking_bots(context) if one.state is not None and one.state.trouble]
    except PingmonError:
        return []
