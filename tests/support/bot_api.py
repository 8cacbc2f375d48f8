"""A stand-in for the Telegram Bot API: strict about what it is sent, scripted in what it answers.

Run it as `python -m tests.support.bot_api PORT LOG`: each accepted message is appended to LOG as a JSON
line. As a library: `BotApi().start()`. What people do in its chats: `tests/support/bot_chat.py`.
"""

import json
import random
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.bot_chat import Chat, html_fault, keyboard_fault, serve_control

TOKEN = "123456789:AAHsecretCanaryTokenNobodyMaySee_0123"
BOT_ID = 123456789
_ME = {"id": BOT_ID, "is_bot": True, "first_name": "P", "username": "ping_bot"}
GOOD_CHATS = {
    **dict.fromkeys(range(1001, 1300), "private"),
    -1002: "group",
    -1003: "group",
    -100500: "supergroup",
}
CALLS_OF_A_SHAPE = 20
_ALLOWED: dict[str, dict[str, type | tuple[type, ...]]] = {
    "getMe": {},
    "getChat": {"chat_id": (int, str)},
    "getChatMember": {"chat_id": (int, str), "user_id": int},
    "sendChatAction": {"chat_id": (int, str), "action": str, "message_thread_id": int},
    "getUpdates": {"timeout": int, "limit": int, "offset": int, "allowed_updates": list},
    "answerCallbackQuery": {"callback_query_id": str, "text": str, "show_alert": bool},
    "setMyCommands": {"commands": list, "scope": dict, "language_code": str},
    "editMessageReplyMarkup": {"chat_id": (int, str), "message_id": int, "reply_markup": dict},
    "editMessageText": {
        "chat_id": (int, str),
        "message_id": int,
        "text": str,
        "parse_mode": str,
        "link_preview_options": dict,
        "reply_markup": dict,
    },
    "sendMessage": {
        "reply_markup": dict,
        "reply_parameters": dict,
        "disable_notification": bool,
        "chat_id": (int, str),
        "text": str,
        "parse_mode": str,
        "link_preview_options": dict,
        "message_thread_id": int,
    },
}


class BotApi:
    """`messages` are those that were accepted; `script` holds answers to give first instead."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, log: Path | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self.requests = 0
        self.unknown: set[str] = set()  # methods to answer with 404
        self.chaos: random.Random | None = None
        self.always = ""  # a mood for all methods
        self.delay = 0.0  # s until an answer
        self.losing = False
        self.lost = 0  # answers to accepted messages that were not given
        self.limits = False
        self.refused = 0  # by the limits
        self.accepted: dict[Any, deque[float]] = {}
        self.script: deque[tuple[int, dict[str, Any]]] = deque()  # for sendMessage
        self.scripts: dict[str, deque[tuple[int, dict[str, Any]]]] = {"sendMessage": self.script}
        # Answers of any bytes to give first: status, body, headers.
        self.raw: deque[tuple[int, bytes, dict[str, str]]] = deque()
        self.asked: list[str] = []  # methods, in order
        self.calls: deque[tuple[str, dict[str, Any]]] = deque(maxlen=10_000)  # method, body
        self._shapes: dict[tuple[str, ...], int] = {}  # method and fields → how often
        self.clock_ahead = 0.0  # s, of the header Date
        self.allowed_updates: list[str] | None = None  # what was asked for last
        self.token_is_known = True
        self.moved: dict[int, int] = {}  # groups that became supergroups
        self.blocked: set[int] = set()  # chats that refuse this bot
        self.topics_gone: set[int] = set()
        self.limited: dict[Any, tuple[int, dict[str, Any]]] = {}  # chat → its answer to sendMessage
        # Answers to give first to what is asked about a chat, messages excepted.
        self.chat_answers: dict[Any, list[tuple[int, dict[str, Any]]]] = {}
        self.times: list[tuple[float, Any, str]] = []  # monotonic seconds, chat, method
        self.all_limited: tuple[int, dict[str, Any]] | None = None
        self.longest = 4096  # UTF-16 units
        self.retry_after = ""  # header of a 429
        self.changed = threading.Condition()
        self.chat = Chat(self.changed, lambda chat: GOOD_CHATS.get(chat, "supergroup"), BOT_ID)
        self.updates = [wrote(1)]  # that wait for getUpdates
        self.log = log
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                time.sleep(api.delay)
                if api.raw:
                    api.asked.append(self.path.rpartition("/")[2])
                    self._respond(*api.raw.popleft())
                    return
                is_message = self.path.endswith(("/sendMessage", "/editMessageText"))
                mood = api.always or (api.mood() if is_message else "good")
                if mood == "before":
                    self.close_connection = True
                    return
                api.losing = mood == "after"
                if mood in _BAD:
                    status, answer = _BAD[mood]
                else:
                    status, answer = api.answer(self.path, body)
                if mood == "after":
                    with api.changed:
                        api.lost += 1
                    self.close_connection = True
                    return
                is_told = status == 429 and api.retry_after
                headers = {"Retry-After": api.retry_after} if is_told else {}
                self._respond(status, json.dumps(answer).encode(), headers)

            def _respond(self, status: int, data: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string((timestamp or time.time()) + api.clock_ahead)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((host, port), Handler)
        self.url = f"http://{host}:{self.server.server_port}"

    def start(self) -> "BotApi":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        with self.changed:
            self.chat.is_over = True
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()

    @property
    def updates(self) -> list[dict[str, Any]]:
        """That wait for getUpdates of the first bot."""
        return self.chat.waiting[BOT_ID]

    @updates.setter
    def updates(self, updates: list[dict[str, Any]]) -> None:
        self.chat.waiting[BOT_ID] = updates

    def mood(self) -> str:
        """What to do with the next message; mostly good, else as bad as networks and servers are."""
        if self.chaos is None or self.chaos.random() < 0.6:
            return "good"
        return self.chaos.choice(["before", "after", *_BAD])

    def _over_limit(self, chat: Any) -> bool:
        """As documented: a message a second per chat, 20 a minute per group."""
        now = time.monotonic()
        times = self.accepted.setdefault(chat, deque(maxlen=20))
        group = isinstance(chat, int) and chat < 0 and len(times) == 20 and now - times[0] < 60
        if group or (times and now - times[-1] < 0.95):
            self.refused += 1
            return True
        times.append(now)
        return False

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.changed:
            self.requests += 1
            _, token, method = path.split("/")
            # Bots with neighbouring numbers and the same secret are known, too.
            number, _, secret = token.removeprefix("bot").partition(":")
            known = number.isdigit() and 0 <= int(number) - BOT_ID < 50
            self.asked.append(method)
            self._note_call(method, body)
            if not self.token_is_known or not known or secret != TOKEN.partition(":")[2]:
                return _error(401, "Unauthorized")
            if method not in _ALLOWED or method in self.unknown:
                return _error(404, "Not Found")
            for name, value in body.items():
                if name not in _ALLOWED[method] or not isinstance(value, _ALLOWED[method][name]):
                    return _error(400, f"Bad Request: unexpected {name}={value!r}")
            if method != "sendMessage" and self.scripts.get(method):
                return self.scripts[method].popleft()
            if fault := _fault(method, body):
                return _error(400, f"Bad Request: {fault}")
            if method == "getMe":
                which = int(number) - BOT_ID
                return _ok(_ME | ({"id": int(number), "username": f"ping_bot{which}"} if which else {}))
            if method == "getUpdates":
                self.allowed_updates = body.get("allowed_updates", self.allowed_updates)
                return self.chat.poll(int(number), body)
            if method == "answerCallbackQuery":
                return self.chat.answer_press(body)
            if method == "setMyCommands":
                return self.chat.set_commands(body)
            chat = body["chat_id"]
            self.times.append((time.monotonic(), chat, method))
            if method != "sendMessage" and self.chat_answers.get(chat):
                return self.chat_answers[chat].pop(0)
            if chat in self.moved:
                words = "Bad Request: group chat was upgraded to a supergroup chat"
                return error(400, words, migrate_to_chat_id=self.moved[chat])
            if chat in self.blocked:
                return _error(403, "Forbidden: bot was blocked by the user")
            if chat not in GOOD_CHATS:
                return _error(400, "Bad Request: chat not found")
            if method == "getChat":
                return _ok({"id": chat, "type": GOOD_CHATS[chat]})
            if method == "getChatMember" and body["user_id"] != int(number):
                return _ok(self.chat.membership(chat, body["user_id"]))
            if method == "getChatMember":
                status = "left" if chat == -1003 else "member"
                return _ok({"status": status, "user": _ME})
            if body.get("message_thread_id") in self.topics_gone:
                return _error(400, "Bad Request: message thread not found")
            if method == "sendChatAction":
                return _ok(True)
            if method.startswith("editMessage"):
                return self._edit(body)
            if limit := self.all_limited or self.limited.get(chat):
                if self.log:
                    with self.log.with_suffix(".limited").open("a") as out:
                        out.write(f"{chat}\n")
                return limit
            if self.script:
                self.changed.notify_all()
                return self.script.popleft()
            if self.limits and self._over_limit(chat):
                return error(429, "Too Many Requests: retry after 3", retry_after=3)
            if len(body["text"].encode("utf-16-le")) // 2 > self.longest:
                return _error(400, "Bad Request: message is too long")
            return self._accept(body)

    def _note_call(self, method: str, body: dict[str, Any]) -> None:
        """Also in LOG.calls, of each shape a few: tests check them by the models of another package."""
        self.calls.append((method, body))
        shape = method, *sorted(body)
        self._shapes[shape] = self._shapes.get(shape, 0) + 1
        if self.log and self._shapes[shape] <= CALLS_OF_A_SHAPE:
            with self.log.with_suffix(".calls").open("a") as out:
                out.write(json.dumps([method, body]) + "\n")

    def _edit(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, answer = self.chat.edit(body)
        if self.log and status == 200:
            with self.log.with_suffix(".edits").open("a") as out:
                out.write(json.dumps(self.chat.edits[-1]) + "\n")
        return status, answer

    def _accept(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.messages.append(body | {"at": time.time(), "lost": self.losing})
        if self.log:
            with self.log.open("a") as out:
                out.write(json.dumps(self.messages[-1]) + "\n")
        self.changed.notify_all()
        number = len(self.messages)
        self.chat.accept(number, body)
        chat = {"id": body["chat_id"], "type": GOOD_CHATS[body["chat_id"]]}
        return _ok({"message_id": number, "date": int(time.time()), "chat": chat, "text": body["text"]})

    def wait(self, count: int, timeout: float = 30.0) -> list[dict[str, Any]]:
        """Until `count` messages were accepted. Raises TimeoutError."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.messages) >= count, timeout):
                raise TimeoutError(f"{len(self.messages)} of {count} messages: {self.messages}")
            return list(self.messages)


def _fault(method: str, body: dict[str, Any]) -> str:
    """What Telegram would not take; empty if nothing."""
    if fault := keyboard_fault(body["reply_markup"]) if "reply_markup" in body else "":
        return fault
    if method == "setMyCommands" and any(
        set(one) != {"command", "description"} for one in body["commands"]
    ):
        return "can't parse BotCommand"
    if method == "answerCallbackQuery" and len(body.get("text", "")) > 200:
        return "MESSAGE_TOO_LONG"
    return html_fault(body["text"]) if body.get("parse_mode") == "HTML" else ""


_BAD: dict[str, tuple[int, Any]] = {
    "500": (500, {"ok": False, "error_code": 500, "description": "Internal Server Error: restart"}),
    "502": (502, "<html>Bad Gateway</html>"),
    "429": (
        429,
        {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 1",
            "parameters": {"retry_after": 1},
        },
    ),
}


def wrote(number: int, chat: int = 1001) -> dict[str, Any]:
    """An update: somebody wrote to the bot."""
    message = {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "/start"}
    return {"update_id": number, "message": message}


def error(code: int, words: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """An answer for `script`."""
    status, answer = _error(code, words)
    return status, answer | ({"parameters": parameters} if parameters else {})


def _ok(result: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"ok": True, "result": result}


def _error(code: int, words: str) -> tuple[int, dict[str, Any]]:
    return code, {"ok": False, "error_code": code, "description": words}


if __name__ == "__main__":
    made = BotApi(port=int(sys.argv[1]), log=Path(sys.argv[2]))
    made.chaos = random.Random(7) if "chaos" in sys.argv else None
    made.limits = "limits" in sys.argv
    words = dict(one.split("=") for one in sys.argv if "=" in one)
    made.always = words.get("always", "")
    made.updates = [wrote(number, 1000 + number) for number in range(1, int(words.get("updates", 1)) + 1)]
    for chat, _, seconds in (one[8:].partition(":") for one in sys.argv if one.startswith("limited=")):
        made.limited[int(chat)] = error(429, f"Too Many Requests: retry after {seconds}")
    made.delay = float(words.get("delay", 0))
    made.blocked = {int(one) for one in words.get("blocked", "").split(",") if one}
    if "control" in words:
        serve_control(words["control"], made.chat)
    if "moved" in words:
        made.moved[-1002] = int(words["moved"])
    made.server.serve_forever()
