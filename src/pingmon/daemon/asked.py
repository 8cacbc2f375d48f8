"""Telegram is asked about a channel before a monitor is added to it."""

from dataclasses import replace

from pingmon.model.errors import PingmonError
from pingmon.notify.checks import Checked, check_channel
from pingmon.notify.telegram import Transport
from pingmon.storage.adding import Wanted


class Asked:
    """What was found out for one call; each channel of an import is asked about once."""

    def __init__(self, transport: Transport) -> None:
        self.moved: dict[str, str] = {}  # groups that have another number now
        self._transport = transport
        self._found: dict[tuple[str, str, int | None], Checked | PingmonError] = {}

    def checked(self, wanted: Wanted) -> Wanted:
        """With the bot's name. Raises PingmonError when nothing can be told there."""
        key = (wanted.token, wanted.chat_id, wanted.thread_id)
        if key not in self._found:
            try:
                self._found[key] = check_channel(*key, self._transport)
            except PingmonError as error:
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, PingmonError):
            raise found
        if found.moved_to:
            self.moved[wanted.chat_id] = found.moved_to
        return replace(wanted, bot_name=found.bot_name)
