"""One update: handled once, answered, and forgotten.

The highest handled update_id, the change that a command made, and a first answer to it are one
transaction (`storage.Store.along`), so a crash at any point neither loses nor repeats a command. What
needs no answer and changes nothing is noted with the next that does, or at the end of its page.
"""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from sqlalchemy.engine import Connection

from pingmon.chat.commander import Commander, Prepared, PreparedPress
from pingmon.chat.request import Bot
from pingmon.chat.seen_chats import SeenChats
from pingmon.model.chat_messages import (
    Button,
    ButtonPress,
    ChatAnswer,
    ChatMessage,
    ChatMoved,
    Ignored,
    Place,
    Pressed,
    Update,
)
from pingmon.model.chat_service import ChatClient, ReceivedUpdates
from pingmon.model.delivery import DeliveryAnswer
from pingmon.model.errors import PingmonError
from pingmon.notify.translation import LANGUAGES, Translation, translation_for
from pingmon.storage.chats import UPDATES_LIVE, note_handled
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

TOO_OLD = 300.0  # s; a command that old would surprise whoever sent it, and so would its answer
HELD = 10.0  # s; a first answer waits so long for the full one


class Answers(Protocol):
    """The queue of answers."""

    def answer(
        self,
        connection: Connection,
        place: Place,
        answer: ChatAnswer,
        reply_to: int | None,
        expires: float,
        not_before: float = 0.0,
    ) -> int:
        """Part of a transaction: an answer in a chat; its number. expires, not_before: epoch seconds."""

    def complete(self, number: int, answer: ChatAnswer) -> None:
        """The full answer, in place of the first one: it may go out."""

    def edit(
        self, connection: Connection, press: ButtonPress, answer: ChatAnswer, expires: float
    ) -> None:
        """Part of a transaction: the message with the button that was pressed becomes this."""

    def pressed(self, press: ButtonPress) -> Button | None:
        """Which button of ours that is; None: of none that we know."""

    def moved(self, connection: Connection, old: str, new: str) -> None:
        """Part of a transaction: a chat has another number now."""

    def wake(self) -> None:
        """Something is to be sent."""


class UpdateHandler:
    """Of one bot; for one thread."""

    def __init__(
        self,
        store: Store,
        bot: Bot,
        client: ChatClient,
        commander: Commander,
        answers: Answers,
        parse: Callable[[object], Update],
    ) -> None:
        """parse: of what the service wrote."""
        self._store, self._bot, self._client = store, bot, client
        self._commander, self._answers, self._parse = commander, answers, parse
        known = store.chats.bot(bot.account_id)
        self._handled, self._handled_at = known.handled, known.handled_at
        self._noted = self._handled  # what the database has
        self._seen = SeenChats(bot.account_id)

    @property
    def offset(self) -> int | None:
        """See Poller. Numbers begin anywhere after a week without updates, which live for a day."""
        if self._handled is None or time.time() - self._handled_at > UPDATES_LIVE:
            return None
        return self._handled + 1

    def handle_all(self, received: ReceivedUpdates, should_stop: Callable[[], bool]) -> bool:
        """See Poller."""
        began, is_first = time.monotonic(), self.offset is None
        updates = sorted(map(self._parse, received.updates), key=lambda one: one.update_id or 0)
        has_news = False
        for update in updates:
            if should_stop():
                break
            if update.update_id is None or not (is_first or self._is_new(update.update_id)):
                continue
            has_news = True
            server_time = received.server_time or time.time()
            self._handle(update, update.update_id, server_time + time.monotonic() - began)
            self._handled, self._handled_at = update.update_id, time.time()
        self._note_rest()
        return has_news

    def _is_new(self, update_id: int) -> bool:
        return self._handled is None or update_id > self._handled

    def _note_rest(self) -> None:
        """Of what needed no answer."""
        if self._handled is not None and self._handled != self._noted:
            number = self._handled
            self._commit(lambda connection: self._note(connection, number), number)

    def _commit(self, write: Callable[[Connection], None], update_id: int) -> None:
        """write: notes the update, too."""
        self._store.chats.write_with(write)
        self._committed(update_id)

    def _committed(self, update_id: int) -> None:
        self._noted = update_id
        self._seen.saved()

    def _note(self, connection: Connection, update_id: int) -> None:
        note_handled(connection, self._bot.account_id, update_id)
        self._seen.save(connection)

    def _handle(self, update: Update, update_id: int, now: float) -> None:
        """now: epoch seconds by the service's clock. Raises StorageUnavailable: then it comes again."""
        try:
            if isinstance(update, ChatMoved):
                self._move(update)
            elif isinstance(update, ButtonPress):
                self._seen.see(update.place)
                self._press(update, update_id)
            elif isinstance(update, ChatMessage):
                self._seen.see(update.place)
                self._message(update, update_id, now)
            else:
                self._ignore(update)
        except PingmonError:
            raise
        except Exception:  # a mistake of ours must not come again and again
            log.exception("an update for bot %s could not be handled", self._bot.username)

    def _ignore(self, update: Ignored) -> None:
        self._seen.see(update.place)

    def introduce(self, client: ChatClient) -> DeliveryAnswer:
        """See Poller."""
        who = client.identify()
        if who.answer.is_delivered and who.name:
            self._bot = self._bot._replace(username=who.name)
        return who.answer

    # Messages

    def _message(self, message: ChatMessage, update_id: int, now: float) -> None:
        prepared = self._commander.prepare(self._bot, message, time.time())
        if prepared is None:
            return
        age = max(0.0, now - message.sent_at)
        expires = time.time() + max(0.0, TOO_OLD - age)
        if age > TOO_OLD:
            if prepared.changes and prepared.too_old:
                self._answer(message, update_id, ChatAnswer(prepared.too_old), time.time() + TOO_OLD)
            return
        if prepared.changes:
            self._change(message, update_id, prepared, expires)
            return
        answer = prepared.run()
        if answer is not None:
            self._answer(message, update_id, answer, expires)

    def _answer(self, message: ChatMessage, update_id: int, answer: ChatAnswer, expires: float) -> None:
        def write(connection: Connection) -> None:
            self._note(connection, update_id)
            self._answers.answer(connection, message.place, answer, message.message_id, expires)

        self._commit(write, update_id)
        self._answers.wake()

    def _change(self, message: ChatMessage, update_id: int, prepared: Prepared, expires: float) -> None:
        """The first answer is held back until the full one is known; after a crash it goes out."""
        first = list[int]()

        def write(connection: Connection) -> None:
            self._note(connection, update_id)
            first[:] = [
                self._answers.answer(
                    connection,
                    message.place,
                    ChatAnswer(prepared.brief),
                    message.message_id,
                    expires,
                    time.time() + HELD,
                )
            ]

        with self._store.along(write) as companion:
            answer = prepared.run()
        if not companion.is_written:
            if answer is not None:
                self._answer(message, update_id, answer, expires)
            return
        self._committed(update_id)
        if answer is not None:
            self._answers.complete(first[0], answer)
        self._answers.wake()

    # Buttons

    def _press(self, press: ButtonPress, update_id: int) -> None:
        now = time.time()
        button = self._answers.pressed(press)
        if button is None:
            pressed = Pressed(self._words_of(press)._("This button does nothing any more"))
        else:
            prepared = self._commander.prepare_press(self._bot, press, button, now)
            pressed = self._run_press(press, update_id, prepared, now + TOO_OLD)
        answer = self._client.answer_press(press.query_id, pressed.toast)
        if not answer.is_delivered:
            log.info("a button's press in bot %s was not answered: %s", self._bot.username, answer.reason)

    def _run_press(
        self, press: ButtonPress, update_id: int, prepared: PreparedPress, expires: float
    ) -> Pressed:
        with self._store.along(lambda connection: self._note(connection, update_id)) as companion:
            pressed = prepared.run()
        if companion.is_written:
            self._committed(update_id)
        replaces, sends = pressed.replaces, pressed.sends
        place, message_id = press.place, press.message_id
        if place is None or message_id is None or not (replaces or sends):
            return pressed

        def write(connection: Connection) -> None:
            self._note(connection, update_id)
            if replaces:
                self._answers.edit(connection, press, replaces, expires)
            if sends:
                self._answers.answer(connection, place, sends, message_id, expires)

        self._commit(write, update_id)
        self._answers.wake()
        return pressed

    def _words_of(self, press: ButtonPress) -> Translation:
        return translation_for(press.person.language if press.person.language in LANGUAGES else "en", "")

    # Chats

    def _move(self, update: ChatMoved) -> None:
        def write(connection: Connection) -> None:
            self._note(connection, update.update_id)
            self._answers.moved(connection, update.old, update.new)

        self._commit(write, update.update_id)
        log.info("chat %s moved to %s; remembered", update.old, update.new)
