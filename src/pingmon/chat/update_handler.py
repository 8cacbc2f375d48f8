"""One update: handled once, answered, and forgotten.

The highest handled update_id, the change that a command made, and a first answer to it are one
transaction (`storage.Store.along`), so a crash at any point neither loses nor repeats a command. What
needs no answer and changes nothing is noted with the next that does, or at the end of its page.
"""

import logging
import time
from collections.abc import Callable, Sequence

from sqlalchemy.engine import Connection

from pingmon.chat.answer_limit import AnswerLimit
from pingmon.chat.commander import Commander, Prepared
from pingmon.chat.first_replies import FirstReplies
from pingmon.chat.menu import Entry, Menu, digest, menus, no_menus, publish
from pingmon.chat.position import Position
from pingmon.chat.press_handler import HELD, PressHandler
from pingmon.chat.request import Bot
from pingmon.kinds.telegram import TELEGRAM
from pingmon.model.chat_messages import (
    ButtonPress,
    ChatAnswer,
    ChatMessage,
    ChatMoved,
    Update,
)
from pingmon.model.chat_service import ChatClient, ReceivedUpdates
from pingmon.model.delivery import DeliveryAnswer
from pingmon.storage.channels import move
from pingmon.storage.chats import move_chat
from pingmon.storage.sqlite.transactions import StorageUnavailable
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

TOO_OLD = 300.0  # s; a command that old would surprise whoever sent it, and so would its answer


class UpdateHandler:
    """Of one bot; for one thread."""

    def __init__(
        self,
        store: Store,
        bot: Bot,
        client: ChatClient,
        commander: Commander,
        parse: Callable[[object], Update],
        wake_sender: Callable[[], None],
        commands: Sequence[Entry] = (),
        first_replies: FirstReplies | None = None,
    ) -> None:
        """commands: that Telegram shall suggest. first_replies: says whether what was added answers."""
        self._store, self._bot, self._client = store, bot, client
        self._commander, self._parse, self._wake = commander, parse, wake_sender
        self._menus, self._first_replies = menus(commands), first_replies
        self._position, self._limit = Position(store, bot.account_id), AnswerLimit()
        self._presses = PressHandler(store, client, commander, self._position, wake_sender)

    @property
    def offset(self) -> int | None:
        """See Poller."""
        return self._position.next

    def handle_all(self, received: ReceivedUpdates, should_stop: Callable[[], bool]) -> bool:
        """See Poller."""
        began, first = time.monotonic(), self._position.next
        updates = sorted(map(self._parse, received.updates), key=lambda one: one.update_id or 0)
        has_news = False
        for update in updates:
            if should_stop():
                break
            if update.update_id is None or update.update_id < (first or 0):
                continue
            has_news, first = True, update.update_id + 1
            server_time = received.server_time or time.time()
            self._handle(update, update.update_id, server_time + time.monotonic() - began)
            self._position.handled(update.update_id)
        self._position.note_rest()
        return has_news

    def _handle(self, update: Update, update_id: int, now: float) -> None:
        """now: epoch seconds by the service's clock. Raises StorageUnavailable: then it comes again."""
        try:
            if isinstance(update, ChatMoved):
                self._move(update)
                return
            self._position.see(update.place)
            if isinstance(update, ButtonPress):
                self._presses.handle(self._bot, update)
            elif isinstance(update, ChatMessage):
                self._message(update, update_id, now)
        except StorageUnavailable:
            raise
        except Exception:  # a mistake of ours must not come again and again
            log.exception("an update for bot %s could not be handled", self._bot.username)

    def introduce(self, client: ChatClient) -> DeliveryAnswer:
        """See Poller."""
        who = client.identify()
        if who.answer.is_delivered:
            if who.name and who.name != self._bot.username:
                self._bot = self._bot._replace(username=who.name)
                self._store.channels.rename(self._bot.account_id, who.name)
            self._show(client, self._menus)
        return who.answer

    def retire(self, client: ChatClient) -> None:
        """See Poller."""
        self._show(client, no_menus())

    def _show(self, client: ChatClient, wanted: Sequence[Menu]) -> None:
        """Which commands Telegram suggests; it does so until it hears otherwise."""
        fresh = digest(wanted)
        if self._store.chats.bot(self._bot.account_id).menu == fresh:
            return
        answer = publish(client, wanted)
        if answer.is_delivered:
            self._store.chats.set_menu(self._bot.account_id, fresh)
        else:
            words = "bot %s: Telegram does not suggest the commands: %s"
            log.info(words, self._bot.username, answer.reason)

    # Messages

    def _message(self, message: ChatMessage, update_id: int, now: float) -> None:
        prepared = self._commander.prepare(self._bot, message, time.time())
        if prepared is None or not self._limit.has_room(message.place.chat_id, time.monotonic()):
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
            self._queue(connection, message, answer, expires)

        self._position.commit(write, update_id)
        self._wake()

    def _queue(
        self,
        connection: Connection,
        message: ChatMessage,
        answer: ChatAnswer,
        expires: float,
        not_before: float = 0.0,
    ) -> int:
        return self._store.answers.queue(
            connection,
            self._bot.account_id,
            message.place,
            answer,
            message.message_id,
            expires,
            not_before,
        )

    def _change(self, message: ChatMessage, update_id: int, prepared: Prepared, expires: float) -> None:
        """The first answer is held back until the full one is known; after a crash it goes out."""
        first = list[int]()

        def write(connection: Connection) -> None:
            self._position.note(connection, update_id)
            brief = ChatAnswer(prepared.brief)
            first[:] = [self._queue(connection, message, brief, expires, time.time() + HELD)]

        with self._store.along(write) as companion:
            answer = prepared.run()
        if not companion.is_written:
            if answer is not None:
                self._answer(message, update_id, answer, expires)
            return
        self._position.noted(update_id)
        try:
            if answer is not None:
                self._store.answers.complete(first[0], answer)
                self._await_reply(first[0], answer, prepared, expires)
        finally:
            self._wake()  # also for the first one, when the full one could not be stored

    def _await_reply(self, number: int, answer: ChatAnswer, prepared: Prepared, expires: float) -> None:
        """The answer is edited when it is known whether a device that was added answers."""

        def edit(known: ChatAnswer) -> None:
            self._store.answers.edit_own(number, known, expires)
            self._wake()

        if answer.first_reply_of and self._first_replies:
            self._first_replies.watch(answer.first_reply_of, prepared.words, edit)

    # Chats

    def _move(self, update: ChatMoved) -> None:
        def write(connection: Connection) -> None:
            move(connection, TELEGRAM.name, update.old, update.new)
            move_chat(connection, TELEGRAM.name, update.old, update.new)

        self._position.commit(write, update.update_id)
        log.info("chat %s moved to %s; remembered", update.old, update.new)
