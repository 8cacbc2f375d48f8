"""The door to all commands: what is to be done with a message or a press, and the answer to it."""

from collections.abc import Callable
from dataclasses import dataclass

from pingmon.chat.request import Bot, ChatTools
from pingmon.model.chat_messages import Button, ButtonPress, ChatAnswer, ChatMessage, Pressed


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command that may be carried out, or an answer that needs none.

    changes: it would change something. brief: HTML that is true as soon as it is done, for an answer that
    a crash cut off. too_old: what is answered instead when it came too late. run: carries it out, once;
    it raises nothing that people caused. None of `run`: nothing is answered.
    """

    changes: bool
    brief: str
    too_old: str
    run: Callable[[], ChatAnswer | None]


@dataclass(frozen=True, slots=True)
class PreparedPress:
    """brief: as in Prepared."""

    brief: str
    run: Callable[[], Pressed]


class Commander:
    """Thread-safe. Nothing is changed by preparing; the network may be asked who is an administrator."""

    def __init__(self, tools: ChatTools) -> None:
        self._tools = tools

    def prepare(self, bot: Bot, message: ChatMessage, now: float) -> Prepared | None:
        """None: say nothing, do nothing. now: epoch seconds."""
        return None

    def prepare_press(self, bot: Bot, press: ButtonPress, button: Button, now: float) -> PreparedPress:
        """button: which one was pressed, as it was stored with its message."""
        return PreparedPress("", lambda: Pressed(""))
