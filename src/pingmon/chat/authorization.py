"""Which role a person has in a chat: by name, as an administrator of the chat, as one who is in it."""

import logging
import threading
import time
from collections import OrderedDict

from pingmon.chat.request import Bot, ChatTools
from pingmon.model.chat_messages import ChatKind, Person, Place
from pingmon.model.chat_rights import Role, role_in
from pingmon.model.errors import PingmonError

log = logging.getLogger(__name__)

KEPT = 300.0  # s that an answer about an administrator is believed
TRIED_AGAIN = 30.0  # s after which somebody is asked again who did not answer
MOST = 10_000  # answers that are kept
_GROUPS = (ChatKind.GROUP, ChatKind.SUPERGROUP)


class Authorization:
    """Thread-safe."""

    def __init__(self, tools: ChatTools) -> None:
        self._tools = tools
        self._lock = threading.Lock()
        self._admins: OrderedDict[tuple[int, str, int], tuple[bool, float]] = OrderedDict()

    def role(
        self, bot: Bot, place: Place, person: Person, has_monitors: bool, needed: Role, now: float
    ) -> Role:
        """In this chat. needed: the service is asked only if less is known. now: epoch seconds."""
        granted = max(
            self._tools.grants.role(bot.account_id, address, person.user_id, now)
            for address in place.addresses
        )
        known = role_in(place.kind, granted, has_monitors)
        if known >= needed or place.kind not in _GROUPS:
            return known
        if not has_monitors and granted is Role.NONE:
            return known  # anybody is an administrator of a group of their own
        return role_in(
            place.kind, granted, has_monitors, self._as_admin(bot, place.chat_id, person, known)
        )

    def role_elsewhere(self, bot: Bot, address: str, person: Person, now: float) -> Role:
        """In another chat, of which only the address is known."""
        if person.is_anonymous:
            return Role.NONE
        # What everybody in that chat may is not theirs, as they may not be in it.
        granted = self._tools.grants.role(bot.account_id, address, person.user_id, now, by_name=True)
        if not address.startswith(
            ("-", "@")
        ):  # a private chat: whose it is may do what he was given there
            return granted
        return max(granted, self._as_admin(bot, address, person, granted))

    def _as_admin(self, bot: Bot, chat_id: str, person: Person, known: Role) -> Role:
        given = self._tools.settings.chat_admins
        if given <= known:
            return Role.NONE
        is_admin = person.is_anonymous or self._is_admin(bot, chat_id, person.user_id)
        return given if is_admin else Role.NONE

    def _is_admin(self, bot: Bot, chat_id: str, user_id: int) -> bool:
        key, now = (bot.account_id, chat_id, user_id), time.monotonic()
        with self._lock:
            answer, until = self._admins.get(key, (False, 0.0))
        if now < until:
            return answer
        try:
            answer, kept = self._tools.members.is_chat_admin(*key), KEPT
        except PingmonError as error:
            answer, kept = False, TRIED_AGAIN
            log.warning("who is an administrator of chat %s could not be found out: %s", chat_id, error)
        with self._lock:
            self._admins[key] = answer, now + kept
            self._admins.move_to_end(key)
            if len(self._admins) > MOST:
                self._admins.popitem(last=False)
        return answer
