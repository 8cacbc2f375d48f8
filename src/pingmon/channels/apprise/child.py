"""Runs Apprise for one message: a program of its own, `python -m pingmon.channels.apprise.child`.

So a service that hangs can be ended, whatever the library does, its memory is not kept, what it logs is
seen by nobody else, and the URL is in no other process's arguments: the request is a line of JSON on
standard input, the answer one on standard output.
"""

import json
import logging
import os
import re
import resource
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from pingmon.channels.apprise.guard import Guard
from pingmon.channels.apprise.reach import is_reachable
from pingmon.channels.public_addresses import why_not_public

_MEMORY = 1 << 29  # bytes of address space; the library reads answers whole, however long
_OK_BEGINS = 16  # bytes of an answer
_SHORTEST = 3  # characters of a part of a URL that may be a secret
_LONGEST_WORDS = 300
_SPLIT_BELOW = 1000  # UTF-16 units; such a text is split by the library, a longer one is made shorter
_ERROR = re.compile(r"\berror=(\d{3})\b")
_REFUSED = {401, 403, 404, 410}  # HTTP
Answer = dict[str, Any]


def main() -> None:
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_daemon, daemon=True).start()
    signal.alarm(int(request["seconds"]))
    with suppress(OSError, ValueError):  # who runs us may have set a lower one, or forbid it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answer = _answer(request)
    out.write(json.dumps(answer) + "\n")
    out.flush()
    os._exit(0)  # no thread of a plugin is waited for


def _end_with_daemon() -> None:
    """A daemon that was killed sends again what it got no answer to: we must not send it besides.

    It keeps our standard input open for as long as it waits.
    """
    sys.stdin.read()
    os._exit(1)


def _answer(request: dict[str, Any]) -> Answer:
    try:
        import apprise
    except ImportError as error:
        is_missing = error.name == "apprise"
        words = "is not installed" if is_missing else f"can not be loaded: {type(error).__name__}"
        return {"status": "missing", "words": f"the library Apprise {words}"}
    except Exception as error:  # of another version than its own dependencies want
        return {"status": "missing", "words": f"Apprise can not be loaded: {type(error).__name__}"}
    log = _Log(request["url"])
    logging.getLogger("apprise").addHandler(log)
    logging.getLogger().addHandler(logging.NullHandler())
    asked = _Requests()
    asked.install()
    guard = Guard(request["allow_private"])
    guard.install()
    try:
        plugin = apprise.Apprise.instantiate(request["url"], asset=_asset(apprise))
    except Exception as error:
        return _refused(guard.refused or f"Apprise takes no such URL: {type(error).__name__}")
    if plugin is None or not type(plugin).__module__.startswith("apprise.plugins"):
        words = guard.refused or f"Apprise takes no such URL: {log.last or 'no service is meant'}"
        return _refused(words)
    if request["what"] == "check":
        return _check(plugin, guard)
    if request["what"] == "reach":
        return {"status": "delivered" if is_reachable(plugin) else "later", "words": ""}
    return _send(apprise, plugin, request, Seen(guard, asked, log))


def _asset(apprise: Any) -> Any:
    """Who we are; nothing of this machine is read, no picture is fetched from elsewhere."""
    made = apprise.AppriseAsset(plugin_paths=[], async_mode=False)
    made.app_id, made.app_desc, made.app_url = "pingmon", "pingmon", ""
    made.image_url_mask = made.image_url_logo = None
    return made


def _check(plugin: Any, guard: Guard) -> Answer:
    """Of a service that the URL names by its host: whether that may be asked. Nothing is sent."""
    host = getattr(plugin, "host", None)
    if guard.allow_private or not isinstance(host, str) or not host:
        return {"status": "delivered", "words": ""}
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return {"status": "delivered", "words": ""}  # of many services it is no name of a host
    refused = [why_not_public(one) for one in sorted(found)]
    if found and all(refused):
        return _forbidden(f"its host is {refused[0]}")
    return {"status": "delivered", "words": ""}


class Seen(NamedTuple):
    """Who watches what the library does."""

    guard: Guard
    asked: "_Requests"
    log: "_Log"


def _send(apprise: Any, plugin: Any, request: dict[str, Any], seen: Seen) -> Answer:
    title, body = request["title"], request["body"]
    room = int(getattr(plugin, "body_maxlen", 0) or 0)
    total = len((title + body).encode("utf-16-le")) // 2
    if room and total > room:
        if total > _SPLIT_BELOW:
            return {"status": "too_long", "words": f"the service takes {room} characters"}
        plugin.overflow_mode = "split"
    sender = apprise.Apprise(asset=plugin.asset)
    sender.add(plugin)
    try:
        is_sent = bool(
            sender.notify(
                body=body or title,
                title=title if body else "",
                notify_type=request["type"],
                body_format="text",
            )
        )
        words = seen.log.last or "the service did not take it"
    except Exception as error:
        is_sent, words = False, f"Apprise failed: {type(error).__name__}"
    if is_sent or seen.asked.is_taken_by(plugin):
        return {"status": "delivered", "words": ""}
    return _not_sent(words, seen.guard)


def _not_sent(words: str, guard: Guard) -> Answer:
    if guard.address:
        return _forbidden(guard.address)
    if guard.refused:
        return _refused(f"{guard.refused}, which is not allowed")
    if not guard.did_connect and not guard.is_http:  # it says too little to ask anybody
        return _refused(words)
    code = _ERROR.search(words)
    if code and int(code[1]) in _REFUSED:
        return _refused(words)
    was_heard = bool(code)
    is_uncertain = guard.did_connect and not was_heard and (guard.was_sent or not guard.is_http)
    return {"status": "later", "words": words, "heard": was_heard, "uncertain": is_uncertain}


def _refused(words: str) -> Answer:
    return {"status": "refused", "words": words}


def _forbidden(words: str) -> Answer:
    return {"status": "forbidden", "words": f"{words}, which is not allowed"}


class _Requests:
    """Those that the library makes by HTTP. answer: the last one, as far as it says OK or not."""

    def __init__(self) -> None:
        self.answer: tuple[int, bytes] = 0, b""

    def install(self) -> None:
        """None follows a redirect: that turns what was posted into a question, whose answer would be
        taken for success.
        """
        import requests

        real, noted = requests.Session.request, self

        def request(self: Any, method: Any, url: Any, *args: Any, **more: Any) -> Any:
            if str(method).upper() != "GET":
                more["allow_redirects"] = False
            self.follows = more.get("allow_redirects", True)
            response = real(self, method, url, *args, **more)
            noted.answer = response.status_code, response.content[:_OK_BEGINS]
            return response

        def follow(self: Any, prepared: Any, response: Any) -> None:
            """Headers of the URL, which are secrets, are for its own server."""
            # Where a redirect leads is looked at even if it is not followed.
            follows = getattr(self, "follows", True)
            if follows and self.should_strip_auth(response.request.url, prepared.url):
                raise requests.exceptions.InvalidURL("redirected to another server")

        requests.Session.request = request  # type: ignore[method-assign]
        requests.Session.rebuild_auth = follow  # type: ignore[method-assign]

    def is_taken_by(self, plugin: Any) -> bool:
        """Whether the service took it though the library says no.

        Apprise 1.2.0 looks for the text "ok" in the bytes that a webhook of Slack answers.
        """
        return type(plugin).__name__ == "NotifySlack" and self.answer == (200, b"ok")


class _Log(logging.Handler):
    """The library says why something failed in its log only. Parts of the URL are hidden in it."""

    def __init__(self, url: str) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        parts = re.split(r"[/:@?&=#,+\s]+", url.partition("://")[2])
        plain = [unquote(part) for part in parts]
        found = {*parts, *plain, *(quote(one, safe="") for one in plain)}
        longest_first = sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True)
        # A library writes hosts in small letters, be they tokens.
        self._hidden = re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)

    def emit(self, record: logging.LogRecord) -> None:
        words = " ".join(record.getMessage().split())
        self.last = self._hidden.sub("…", words)[:_LONGEST_WORDS]


if __name__ == "__main__":
    main()
