"""A daemon without probes, whose bot is talked to through the stand-in Bot API."""

import time
from pathlib import Path
from typing import Any

from pingmon.daemon.application import Application
from tests.operations.test_import_plan import Client, row
from tests.support.bot_api import BotApi
from tests.support.bot_chat import ANNA
from tests.support.lab import until

GROUP = -1002  # a chat that has monitors


class Talk:
    """Anna is admin in GROUP."""

    def __init__(self, application: Application, api: BotApi) -> None:
        self.application, self.api, self.chat = application, api, api.chat
        self.context, self.client = application.context, Client(application)
        self.database = Path(application._config.state_dir) / "pingmon.db"
        self.private = 1001  # a chat without monitors, in which Anna is admin
        api.updates = []
        self.add(1, name="router")
        for chat in (GROUP, self.private):
            self.client("chat_allow", chat_id=chat, user_id=ANNA, role="admin")

    def add(self, number: int, **more: Any) -> str:
        params = row(number, chat_id=GROUP, verify=False) | more
        return str(self.client("add_mon", **params)["id"])

    def listen(self) -> None:
        """Commands are read from now on."""
        self.application.chat.start()
        self.client("chat_enable")
        until(lambda: "getUpdates" in self.api.asked, what="the bot to be polled")

    def say(self, text: str, user: int = ANNA, chat: int = GROUP, **more: Any) -> int:
        return self.chat.write(text, chat, user, **more)

    def ask(self, text: str, user: int = ANNA, chat: int = GROUP, **more: Any) -> dict[str, Any]:
        """The answer to a command."""
        return self.answer_to(self.say(text, user, chat, **more))

    def answer_to(self, message_id: int, timeout: float = 60.0) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = self.answers_to(message_id)
            return bool(found)

        until(look, timeout, what=f"an answer to {message_id}")
        return found[0]

    def answers_to(self, message_id: int) -> list[dict[str, Any]]:
        with self.api.changed:
            return [
                one
                for one in self.api.messages
                if one.get("reply_parameters", {}).get("message_id") == message_id
            ]

    def handled(self) -> None:
        """Wait until all that was said is confirmed."""
        until(lambda: not self.chat.unread(), 60.0, what="all updates to be handled")

    def quiet_for(self, seconds: float = 0.3) -> None:
        """A time in which something forbidden would have happened."""
        time.sleep(seconds)
