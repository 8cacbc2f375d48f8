"""The people in the chats of the stand-in Bot API: they write, press buttons, and see what bots send.

`BotApi.chat` is one. When the stand-in is a process of its own, started with `control=PATH`,
`RemoteChat(PATH)` has the same methods.
"""

import contextlib
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

Answer = tuple[int, dict[str, Any]]
ANNA, BORIS, CLARA = 42, 43, 44  # Clara speaks Russian
_PEOPLE: dict[int, dict[str, Any]] = {
    ANNA: {"first_name": "Anna", "username": "anna", "language_code": "en"},
    BORIS: {"first_name": "Boris", "language_code": "en"},
    CLARA: {"first_name": "Клара", "username": "clara", "language_code": "ru"},
}
_FIRST_OF_PEOPLE = 1_000_000  # message_id; those of bots are counted from 1
_TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"}


class Chat:
    """All chats of one stand-in, whoever the bot is. Thread-safe by the lock of the stand-in."""

    def __init__(self, changed: threading.Condition, kind_of: Callable[[Any], str], bot_id: int) -> None:
        self.people = {number: {"id": number, "is_bot": False} | its for number, its in _PEOPLE.items()}
        self.administrators: dict[Any, set[int]] = {}  # chat → users
        self.left: dict[Any, set[int]] = {}  # likewise: those that are not in it any more
        self.messages: dict[tuple[Any, int], dict[str, Any]] = {}  # of bots, as they are now
        self.edits: list[dict[str, Any]] = []
        self.pressed: dict[str, dict[str, Any]] = {}  # query → what it was answered, and when
        self.commands: dict[tuple[str, Any, str], list[dict[str, str]]] = {}  # scope, chat, language
        self.waiting: dict[int, list[dict[str, Any]]] = {bot_id: []}  # bot → updates
        self.webhook = False
        self._changed, self._kind_of, self._bot_id = changed, kind_of, bot_id
        self._poll = 0
        self._polls: dict[int, int] = {}  # bot → the newest request for updates
        self._written, self._queries = _FIRST_OF_PEOPLE, 0
        self._update = 1000
        self.is_over = False

    # What people do

    def write(
        self,
        text: str,
        chat: Any = 1001,
        user: int = ANNA,
        *,
        reply_to: int | None = None,
        thread: int | None = None,
        ago: float = 0.0,
        bot: int = 0,
        **more: Any,
    ) -> int:
        """Somebody writes; the message_id. ago: seconds. more: other fields of the message."""
        with self._changed:
            self._written += 1
            message = self._message(self._written, chat, text, thread) | {"from": self.person(user)}
            message["date"] = int(time.time() - ago)
            if text.startswith("/"):
                length = len(text.split()[0])
                message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
            if reply_to is not None:
                known = self.messages.get((chat, reply_to))
                message["reply_to_message"] = known or self._message(reply_to, chat, "?", thread)
            self.hear({"message": message | more}, bot)
            return self._written

    def press(
        self, button: str, message_id: int = 0, chat: Any = 1001, user: int = ANNA, bot: int = 0
    ) -> str:
        """Somebody presses a button; the query's id. button: its text, or its data, or any other data.

        message_id: 0: the newest message of a bot that has this button.
        """
        with self._changed:
            if not message_id:
                having = [
                    number
                    for (where, number), one in self.messages.items()
                    if where == chat and any(button in key.values() for key in keys(one))
                ]
                message_id = max(having, default=1)
            message = self.messages.get((chat, message_id))
            known = (key["callback_data"] for key in keys(message or {}) if key["text"] == button)
            self._queries += 1
            number = f"q{self._queries}"
            query = {
                "id": number,
                "from": self.person(user),
                "chat_instance": "1",
                "data": next(known, button),
                "message": message or {"chat": self._chat(chat), "message_id": message_id, "date": 0},
            }
            self.pressed[number] = {"at": time.time()}
            self.hear({"callback_query": query}, bot)
            return number

    def hear(self, update: dict[str, Any], bot: int = 0) -> int:
        """Any update reaches a bot; its number."""
        with self._changed:
            self._update += 1
            one = {"update_id": self._update} | update
            self.waiting.setdefault(bot or self._bot_id, []).append(one)
            self._changed.notify_all()
            return self._update

    def appoint(self, chat: Any, *users: int) -> None:
        """They, and no others, are the chat's administrators."""
        with self._changed:
            self.administrators[chat] = set(users)

    def person(self, user: int) -> dict[str, Any]:
        return self.people.get(user) or {"id": user, "is_bot": False, "first_name": f"User {user}"}

    # What can be seen

    def buttons(self, chat: Any, message_id: int) -> list[str]:
        """Texts of the buttons under a message, as it is now."""
        with self._changed:
            return [one["text"] for one in keys(self.messages.get((chat, message_id), {}))]

    def text(self, chat: Any, message_id: int) -> str:
        """Of a bot's message, as it is now."""
        with self._changed:
            return str(self.messages[chat, message_id]["text"])

    def answer_of(self, query: str, timeout: float = 5.0) -> dict[str, Any]:
        """What a press was answered: text, show_alert, seconds until then. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: "text" in self.pressed[query], timeout):
                raise TimeoutError(f"nobody answered {query}")
            return self.pressed[query]

    def sent(self) -> list[dict[str, Any]]:
        """All messages of bots, as they are now."""
        with self._changed:
            return list(self.messages.values())

    def edited(self) -> list[dict[str, Any]]:
        with self._changed:
            return list(self.edits)

    def unread(self, bot: int = 0) -> int:
        """How many updates the bot has not confirmed."""
        with self._changed:
            return len(self.waiting.get(bot or self._bot_id, ()))

    def shown_commands(self) -> list[Any]:
        """Scope, chat, language, names."""
        with self._changed:
            return [[*key, [one["command"] for one in its]] for key, its in self.commands.items()]

    # What bots do; called with the lock

    def accept(self, number: int, body: dict[str, Any]) -> None:
        """A message of a bot is in the chat."""
        message = self._message(number, body["chat_id"], body["text"], body.get("message_thread_id"))
        message["from"] = {"id": self._bot_id, "is_bot": True, "first_name": "P", "username": "ping_bot"}
        if "reply_markup" in body:
            message["reply_markup"] = body["reply_markup"]
        self.messages[body["chat_id"], number] = message

    def edit(self, body: dict[str, Any]) -> Answer:
        message = self.messages.get((body["chat_id"], body["message_id"]))
        if message is None:
            return _refused("message to edit not found")
        markup = body.get("reply_markup", {"inline_keyboard": []})
        shown = message.get("reply_markup", {"inline_keyboard": []})
        text = body.get("text", message["text"])
        if (text, markup["inline_keyboard"]) == (message["text"], shown["inline_keyboard"]):
            return _refused(
                "message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message"
            )
        message |= {"text": text, "reply_markup": markup, "edit_date": int(time.time())}
        self.edits.append(body | {"at": time.time()})
        self._changed.notify_all()
        return 200, {"ok": True, "result": message}

    def answer_press(self, body: dict[str, Any]) -> Answer:
        found = self.pressed.get(body["callback_query_id"])
        if found is None or "text" in found or time.time() - found["at"] > 15:
            return _refused("query is too old and response timeout expired or query ID is invalid")
        alert = body.get("show_alert", False)
        found |= {"text": body.get("text", ""), "alert": alert, "took": time.time() - found["at"]}
        self._changed.notify_all()
        return 200, {"ok": True, "result": True}

    def set_commands(self, body: dict[str, Any]) -> Answer:
        scope = body.get("scope", {"type": "default"})
        key = scope["type"], scope.get("chat_id"), body.get("language_code", "")
        self.commands[key] = body["commands"]
        return 200, {"ok": True, "result": True}

    def membership(self, chat: Any, user: int) -> dict[str, Any]:
        if user in self.left.get(chat, ()):
            return {"status": "left", "user": self.person(user)}
        status = "administrator" if user in self.administrators.get(chat, ()) else "member"
        return {"status": status, "user": self.person(user)}

    def poll(self, bot: int, body: dict[str, Any]) -> Answer:
        """Long polling: what waits from `offset` on; what is before it is confirmed, and gone."""
        if self.webhook:
            words = "can't use getUpdates method while webhook is active; use deleteWebhook to delete it"
            return _conflict(words)
        self._poll += 1
        mine = self._polls[bot] = self._poll
        self._changed.notify_all()
        waiting = self.waiting.setdefault(bot, [])
        offset = body.get("offset", 0)
        waiting[:] = [one for one in waiting if one["update_id"] >= offset]
        self._changed.wait_for(
            lambda: waiting or self._polls[bot] != mine or self.is_over, body.get("timeout", 0)
        )
        if self._polls[bot] != mine:
            words = (
                "terminated by other getUpdates request; make sure that only one bot instance is running"
            )
            return _conflict(words)
        return 200, {"ok": True, "result": waiting[: min(100, max(1, body.get("limit", 100)))]}

    def _message(self, number: int, chat: Any, text: str, thread: int | None) -> dict[str, Any]:
        message = {"message_id": number, "date": int(time.time()), "chat": self._chat(chat), "text": text}
        return message | ({"message_thread_id": thread, "is_topic_message": True} if thread else {})

    def _chat(self, chat: Any) -> dict[str, Any]:
        kind = self._kind_of(chat)
        return {"id": chat, "type": kind} | ({} if kind == "private" else {"title": f"Chat {chat}"})


def keys(message: dict[str, Any]) -> list[dict[str, str]]:
    """The buttons under a message."""
    return [one for row in message.get("reply_markup", {}).get("inline_keyboard", ()) for one in row]


def keyboard_fault(markup: dict[str, Any]) -> str:
    """What Telegram would not take of a `reply_markup`; empty if nothing."""
    rows = markup.get("inline_keyboard")
    if set(markup) != {"inline_keyboard"} or not isinstance(rows, list):
        return "object expected as reply markup"
    for key in [one for row in rows for one in row]:
        if set(key) != {"text", "callback_data"} or not key["text"]:
            return "text buttons are unallowed in the inline keyboard"
        if not 1 <= len(key["callback_data"].encode()) <= 64:
            return "BUTTON_DATA_INVALID"
    return ""


def html_fault(text: str) -> str:
    """What Telegram would not take of a text with parse_mode HTML; empty if nothing."""
    reader = _Tags()
    reader.feed(text)
    reader.close()
    if reader.fault or reader.open:
        return f"can't parse entities: {reader.fault or 'no end tag for ' + reader.open[-1]}"
    return ""


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.fault = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in _TAGS:
            self.fault = self.fault or f"unsupported start tag {tag}"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.fault = self.fault or f"unexpected end tag {tag}"


def _refused(words: str) -> Answer:
    return 400, {"ok": False, "error_code": 400, "description": f"Bad Request: {words}"}


def _conflict(words: str) -> Answer:
    return 409, {"ok": False, "error_code": 409, "description": f"Conflict: {words}"}


def serve_control(path: str, chat: Chat) -> None:
    """Takes calls of methods of `chat` on a Unix socket, one JSON line each."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                call = json.loads(line)
                try:
                    done: Any = {"result": getattr(chat, call["method"])(*call["args"], **call["named"])}
                except Exception as error:
                    done = {"error": f"{type(error).__name__}: {error}"}
                self.wfile.write(json.dumps(done).encode() + b"\n")

    Path(path).unlink(missing_ok=True)
    server = socketserver.ThreadingUnixStreamServer(path, Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()


class RemoteChat:
    """`Chat` of a stand-in that is another process: its methods, with values of JSON."""

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as link:
                link.connect(self._path)
                request = {"method": method, "args": args, "named": named}
                link.sendall(json.dumps(request).encode() + b"\n")
                with link.makefile("rb") as answers:
                    answer = json.loads(answers.readline())
            if "error" in answer:
                raise RuntimeError(answer["error"])
            return answer["result"]

        return call
