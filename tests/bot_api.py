"""A stand-in for the Telegram Bot API: strict about what it is sent, scripted in what it answers.

Run it as `python -m tests.bot_api PORT LOG`: each accepted message is appended to LOG as a JSON
line. As a library: `BotApi().start()`.
"""

import json
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "123456789:AAHsecretCanaryTokenNobodyMaySee_0123"
BOT_ID = 123456789
_ME = {"id": BOT_ID, "is_bot": True, "first_name": "P", "username": "ping_bot"}
GOOD_CHATS = {**dict.fromkeys(range(1001, 1100), "private"), -1002: "group", -1003: "group"}
_ALLOWED: dict[str, dict[str, type | tuple[type, ...]]] = {
    "getMe": {},
    "getChat": {"chat_id": (int, str)},
    "getChatMember": {"chat_id": (int, str), "user_id": int},
    "sendChatAction": {"chat_id": (int, str), "action": str, "message_thread_id": int},
    "getUpdates": {"timeout": int, "limit": int},
    "sendMessage": {
        "reply_parameters": dict,
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
        self.script: deque[tuple[int, dict[str, Any]]] = deque()
        self.changed = threading.Condition()
        self.log = log
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                status, answer = api.answer(self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((host, port), Handler)
        self.url = f"http://{host}:{self.server.server_port}"

    def start(self) -> "BotApi":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.changed:
            self.requests += 1
            _, token, method = path.split("/")
            if token != "bot" + TOKEN:
                return _error(401, "Unauthorized")
            if method not in _ALLOWED or method in self.unknown:
                return _error(404, "Not Found")
            for name, value in body.items():
                if name not in _ALLOWED[method] or not isinstance(value, _ALLOWED[method][name]):
                    return _error(400, f"Bad Request: unexpected {name}={value!r}")
            if method == "getMe":
                return _ok(_ME)
            if method == "getUpdates":
                message = {"message_id": 1, "date": 1, "chat": {"id": 1001, "type": "private"}}
                return _ok([{"update_id": 1, "message": message | {"text": "/start"}}])
            chat = body["chat_id"]
            if chat not in GOOD_CHATS:
                return _error(400, "Bad Request: chat not found")
            if method == "getChat":
                return _ok({"id": chat, "type": GOOD_CHATS[chat]})
            if method == "getChatMember":
                status = "left" if chat == -1003 else "member"
                return _ok({"status": status, "user": _ME})
            if method == "sendChatAction":
                return _ok(True)
            if self.script:
                self.changed.notify_all()
                return self.script.popleft()
            if len(body["text"]) > 4096:
                return _error(400, "Bad Request: message is too long")
            return self._accept(body)

    def _accept(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.messages.append(body | {"at": time.time()})
        if self.log:
            with self.log.open("a") as out:
                out.write(json.dumps(self.messages[-1]) + "\n")
        self.changed.notify_all()
        number = len(self.messages)
        chat = {"id": body["chat_id"], "type": GOOD_CHATS[body["chat_id"]]}
        return _ok({"message_id": number, "date": int(time.time()), "chat": chat, "text": body["text"]})

    def wait(self, count: int, timeout: float = 30.0) -> list[dict[str, Any]]:
        """Until `count` messages were accepted. Raises TimeoutError."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.messages) >= count, timeout):
                raise TimeoutError(f"{len(self.messages)} of {count} messages: {self.messages}")
            return list(self.messages)


def error(code: int, words: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """An answer for `script`."""
    status, answer = _error(code, words)
    return status, answer | ({"parameters": parameters} if parameters else {})


def _ok(result: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"ok": True, "result": result}


def _error(code: int, words: str) -> tuple[int, dict[str, Any]]:
    return code, {"ok": False, "error_code": code, "description": words}


if __name__ == "__main__":
    BotApi(port=int(sys.argv[1]), log=Path(sys.argv[2])).server.serve_forever()
