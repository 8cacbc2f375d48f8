"""Who was given a role by name, and who is an administrator of a chat: where commands ask for it."""

from collections.abc import Mapping
from contextlib import suppress

from pingmon.model.chat_config import EVERYONE
from pingmon.model.chat_rights import Role, parse_role
from pingmon.model.chat_service import ChatClient
from pingmon.model.delivery import DeliveryStatus
from pingmon.model.errors import Unreachable
from pingmon.operations.accounts import account_names
from pingmon.operations.context import Context


class NamedRoles:
    """See chat.request.Grants: by the configuration, and by `pingmonctl chat allow`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def role(
        self, account_id: int, chat_id: str, user_id: int, now: float, by_name: bool = False
    ) -> Role:
        of_person = (user_id,) if by_name else (user_id, EVERYONE)
        words = [
            one.role
            for one in self._context.store.chats.grants(account_id, chat_id)
            if one.user_id in of_person and (one.until is None or one.until > now)
        ]
        people = [
            one
            for one in self._context.polling.config.people
            if one.address == chat_id and one.user_id in of_person
        ]
        if people:
            name = account_names(self._context).get(account_id)
            declared = name.declared if name else None
            words += [one.role for one in people if one.bot in ("", declared)]
        found = [Role.NONE]
        for word in words:
            with suppress(ValueError):  # of a newer version
                found.append(parse_role(word))
        return max(found)


class ChatMembers:
    """See chat.request.Members. Each bot asks by its own client, in its own thread."""

    def __init__(self, clients: Mapping[int, ChatClient]) -> None:
        """clients: by the number of the account."""
        self._clients = clients

    def is_chat_admin(self, account_id: int, chat_id: str, user_id: int) -> bool:
        client = self._clients.get(account_id)
        if client is None:
            raise Unreachable("this bot's commands are not read")
        found = client.member(chat_id, user_id)
        if not found.answer.is_delivered and found.answer.status is not DeliveryStatus.REFUSED:
            raise Unreachable(f"Telegram did not say who is an administrator: {found.answer.reason}")
        return found.is_administrator
