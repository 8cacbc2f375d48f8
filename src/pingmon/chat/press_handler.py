"""A button was pressed: what it does is done once, and said at once, past the queue."""

import logging
import time
from collections.abc import Callable

from sqlalchemy.engine import Connection

from pingmon.chat.answer_limit import AnswerLimit
from pingmon.chat.commander import Commander, PreparedPress
from pingmon.chat.position import Position
from pingmon.chat.request import Bot
from pingmon.chat.texts import escape
from pingmon.model.chat_messages import Button, ButtonPress, ChatAnswer, Pressed
from pingmon.model.chat_service import ChatClient
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

LASTS = 300.0  # s; what could not be shown by then surprises
HELD = 10.0  # s; a first answer waits so long for the full one


class PressHandler:
    """Of one bot; for one thread."""

    def __init__(
        self,
        store: Store,
        client: ChatClient,
        commander: Commander,
        position: Position,
        wake_sender: Callable[[], None],
    ) -> None:
        self._store, self._client, self._commander = store, client, commander
        self._position, self._wake = position, wake_sender
        self._limit = AnswerLimit()

    def handle(self, bot: Bot, press: ButtonPress) -> None:
        """What a button does is stored with its message; what a press brings along is not trusted."""
        button = self._store.told.pressed(bot.account_id, press)
        # An answer is a request over the network, for which commands wait: a flood gets none.
        who = f"user {press.person.user_id}" if button else "unknown buttons"
        if not self._limit.has_room(who, time.monotonic()):
            return
        prepared = self._commander.prepare_press(bot, press, button or Button("", ""), time.time())
        pressed = self._run(bot, press, prepared)
        answer = self._client.answer_press(press.query_id, pressed.toast)
        if not answer.is_delivered:
            log.debug("a press in bot %s was not answered: %s", bot.username, answer.reason)

    def _run(self, bot: Bot, press: ButtonPress, prepared: PreparedPress) -> Pressed:
        """After a crash that came before the rest of the answer, the first one is sent."""
        first, expires = list[int](), time.time() + LASTS

        def note(connection: Connection) -> None:
            self._position.note(connection, press.update_id)
            if press.place and press.message_id:
                brief = ChatAnswer(escape(prepared.brief))
                held = time.time() + HELD
                first[:] = [self._reply(connection, bot, press, brief, expires, held)]

        with self._store.along(note) as companion:
            pressed = prepared.run()
        if companion.is_written:
            self._position.noted(press.update_id)
        replaces, sends = self._shown(bot, press, pressed)

        def write(connection: Connection) -> None:
            answers = self._store.answers
            answers.forget(connection, first)
            if replaces and press.place and press.message_id:
                here = bot.account_id, press.place, press.message_id
                answers.edit(connection, *here, replaces, expires)
            if sends and press.place:
                self._reply(connection, bot, press, sends, expires)

        if first or replaces or sends:
            self._position.commit(write, press.update_id)
            self._wake()
        return pressed

    def _shown(
        self, bot: Bot, press: ButtonPress, pressed: Pressed
    ) -> tuple[ChatAnswer | None, ChatAnswer | None]:
        """What replaces the message, and what is sent. Which message it was is only said by the press: an
        alarm is not replaced by an answer, so that nobody can hide one.
        """
        replaces, sends = pressed.replaces, pressed.sends
        if not replaces or not press.place or not press.message_id:
            return replaces, sends
        if self._store.told.is_alarm(bot.account_id, press.place, press.message_id):
            return None, sends or replaces
        return replaces, sends

    def _reply(
        self,
        connection: Connection,
        bot: Bot,
        press: ButtonPress,
        answer: ChatAnswer,
        expires: float,
        not_before: float = 0.0,
    ) -> int:
        """To the message with the button."""
        assert press.place
        here = bot.account_id, press.place
        return self._store.answers.queue(connection, *here, answer, press.message_id, expires, not_before)
