"""Services that Apprise writes to, as their own documentation has their API. Each by an address here.

ntfy: https://docs.ntfy.sh/publish/#publish-as-json
Slack: https://api.slack.com/messaging/webhooks
Discord: https://discord.com/developers/docs/resources/webhook#execute-webhook
Matrix: https://spec.matrix.org/latest/client-server-api/
"""

import json
import re
import sys
from typing import Any
from urllib.parse import unquote

from tests.support.http_receiver import Answer, Fault, HttpReceiver, Request, serve

Taken = tuple[dict[str, Any] | None, Answer]


def _json(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Fault("no JSON")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Fault("no JSON") from None
    if not isinstance(body, dict):
        raise Fault("no object")
    return body


def _answer(body: Any, status: int = 200) -> Answer:
    return status, json.dumps(body).encode(), {"Content-Type": "application/json"}


class Ntfy(HttpReceiver):
    """`text` of a message is its title and its body."""

    def take(self, request: Request) -> Taken:
        body = _json(request)
        topic = body.get("topic")
        if request.method not in ("POST", "PUT") or request.path.partition("?")[0] != "/":
            raise Fault("JSON is published to the root")
        if not isinstance(topic, str) or not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", topic):
            raise Fault("no topic")
        unknown = set(body) - {
            *("topic", "message", "title", "tags", "priority", "actions", "click", "attach"),
            *("markdown", "icon", "filename", "delay", "email", "call"),
        }
        if unknown or not isinstance(body.get("message", ""), str):
            raise Fault(f"unknown: {unknown}")
        text = "\n".join(filter(None, (body.get("title"), body.get("message"))))
        made = {"id": "sPs71M8A2T", "time": 1, "event": "message", "topic": topic, "message": text}
        return {"to": topic, "text": text}, _answer(made)


class Slack(HttpReceiver):
    """An incoming webhook."""

    def take(self, request: Request) -> Taken:
        if not re.fullmatch(r"/services/T\w{8,}/B\w{8,}/\w{24}", request.path):
            return None, (404, b"no_team", {})
        body = _json(request)
        parts = [body.get("text", "")]
        for one in body.get("attachments", ()):
            parts += [one.get("title", ""), one.get("text", "")]
        for block in (
            *body.get("blocks", ()),
            *(b for a in body.get("attachments", ()) for b in a.get("blocks", ())),
        ):
            parts.append(str(block.get("text", {}).get("text", "")))
        text = "\n".join(filter(None, parts))
        if not text:
            return None, (400, b"no_text", {})
        return {"to": request.path, "text": text}, (200, b"ok", {})


class Discord(HttpReceiver):
    """A webhook."""

    def take(self, request: Request) -> Taken:
        path, _, query = request.path.partition("?")
        if not re.fullmatch(r"/api/(v\d+/)?webhooks/\d{17,20}/[\w-]{60,80}", path):
            return None, _answer({"message": "Unknown Webhook", "code": 10015}, 404)
        body = _json(request)
        content, embeds = body.get("content", ""), body.get("embeds", [])
        if len(content) > 2000 or len(embeds) > 10 or not (content or embeds):
            return None, _answer({"message": "Cannot send an empty message", "code": 50006}, 400)
        parts = [content]
        for one in embeds:
            parts += [one.get("title", ""), one.get("description", "")]
        answer = _answer({"id": "1"}) if "wait=true" in query else (204, b"", {})
        return {"to": path, "text": "\n".join(filter(None, parts))}, answer


class Matrix(HttpReceiver):
    """A homeserver with one user, `pingmon`, whose password is `password`."""

    password = "CanaryPassword"
    _TOKEN = "syt_token"
    _ROOM = "!opaque:matrix.test"

    def take(self, request: Request) -> Taken:
        path = unquote(request.path.partition("?")[0])
        found = re.fullmatch(r"/_matrix/client/(?:r0|v3|api/v1)/(.+)", path)
        if not found:
            return None, _answer({"errcode": "M_UNRECOGNIZED", "error": "?"}, 404)
        what = found[1]
        if what == "login":
            return None, self._login(_json(request) if request.method == "POST" else {})
        if f"Bearer {self._TOKEN}" != request.headers.get("authorization"):
            return None, _answer({"errcode": "M_UNKNOWN_TOKEN", "error": "no token"}, 401)
        if what == "account/whoami":
            return None, _answer({"user_id": "@pingmon:matrix.test"})
        if what.startswith(("join/", "directory/room/")):
            return None, _answer({"room_id": self._ROOM, "servers": ["matrix.test"]})
        if what in ("logout", "joined_rooms"):
            return None, _answer({"joined_rooms": [self._ROOM]} if what == "joined_rooms" else {})
        if re.fullmatch(rf"rooms/{self._ROOM}/state/m.room.encryption(/.*)?", what):
            return None, _answer({"errcode": "M_NOT_FOUND", "error": "not encrypted"}, 404)
        sent = re.fullmatch(rf"rooms/{self._ROOM}/send/m.room.message(/[^/]+)?", what)
        if not sent or request.method not in ("PUT", "POST"):
            return None, _answer({"errcode": "M_UNRECOGNIZED", "error": what}, 404)
        body = _json(request)
        if body.get("msgtype") not in ("m.text", "m.notice") or not isinstance(body.get("body"), str):
            raise Fault(f"no message: {body}")
        return {"to": self._ROOM, "text": body["body"]}, _answer({"event_id": "$1"})

    def _login(self, body: dict[str, Any]) -> Answer:
        if not body:
            return _answer({"flows": [{"type": "m.login.password"}]})
        user = body.get("identifier", {}).get("user", body.get("user"))
        if (body.get("type"), user, body.get("password")) != (
            "m.login.password",
            "pingmon",
            self.password,
        ):
            return _answer({"errcode": "M_FORBIDDEN", "error": "Invalid username or password"}, 403)
        known = {"user_id": "@pingmon:matrix.test", "home_server": "matrix.test", "device_id": "D"}
        return _answer(known | {"access_token": self._TOKEN})


if __name__ == "__main__":
    named = {one.__name__: one for one in (Ntfy, Slack, Discord, Matrix)}
    serve(next((named[one] for one in sys.argv if one in named), Ntfy))
