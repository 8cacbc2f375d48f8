"""A sign of life for a service that misses it: HTTP requests of a secret URL while all is alive."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, NamedTuple

import requests
from urllib3.exceptions import HTTPError

from pingmon.channels.bounded_http import one_exchange, use_bounds
from pingmon.channels.http_session import open_session
from pingmon.channels.network_errors import network_words

log = logging.getLogger(__name__)

TIMEOUT = (5.0, 10.0)  # s, to connect and of each read; all of it takes no longer than both
FIRST_AFTER = 5.0  # s; until then nothing can have answered
RETRY = 10.0  # s, at most, after one that was not given
METHODS = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class HeartbeatSettings:
    """url: a secret; it is never logged or shown. every: seconds. method: one of METHODS."""

    url: str = field(repr=False)
    every: float = 60.0
    method: str = "GET"


class Missing(NamedTuple):
    """No heartbeat is given. since: epoch seconds."""

    words: str
    since: float


class HeartbeatSender:
    """A thread of its own: a server that does not answer keeps nobody waiting."""

    def __init__(
        self,
        settings: HeartbeatSettings,
        why_not: Callable[[], str],
        summary: Callable[[], Mapping[str, Any]],
        proxy: str = "",
        ca_file: str = "",
    ) -> None:
        """why_not: why none may be given, empty when all is alive; it may block.

        summary: what POST sends. proxy, ca_file: as of BotApiEndpoint, empty for none.
        """
        self._settings, self._why_not, self._summary = settings, why_not, summary
        self._proxy = proxy
        self._session = open_session(proxy, ca_file)
        use_bounds(self._session)
        self.missing: Missing | None = None
        self._given: float | None = None  # when the latest one arrived, monotonic seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns at once: a request under way is not waited for."""
        self._stop.set()

    def describe(self) -> dict[str, Any]:
        """For `status`: seconds since the latest one arrived, None before it; why none is given."""
        age = None if self._given is None else round(time.monotonic() - self._given, 1)
        problem = self.missing.words if self.missing else None
        return {"every": self._settings.every, "sent_s_ago": age, "problem": problem}

    def run_once(self) -> None:
        """Give one, or note why not; a line in the log when that begins and when it ends."""
        words, before = self._why_not() or self._send(), self.missing
        if not words:
            self.missing = None
            if before is not None:
                log.warning("the heartbeat is given again after %.0f s", time.time() - before.since)
            return
        if before is None:
            log.error("no heartbeat is given: %s", words)
        self.missing = Missing(words, before.since if before else time.time())

    def _send(self) -> str:
        """What went wrong, without the URL. A redirection is not followed: the URL is a secret."""
        body = self._summary() if self._settings.method == "POST" else None
        with one_exchange(time.monotonic() + sum(TIMEOUT)) as exchange:
            try:
                answer = self._session.request(
                    self._settings.method,
                    self._settings.url,
                    json=body,
                    timeout=TIMEOUT,
                    stream=True,
                    allow_redirects=False,
                )
                code = answer.status_code
            except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
                return network_words(error, self._settings.url, self._proxy, exchange.was_sent)
            finally:
                self._session.close()  # a connection that rests is forgotten by routers
        if not 200 <= code < 300:
            return f"its server answers HTTP {code}"
        self._given = time.monotonic()
        return ""

    def _run(self) -> None:
        pause = min(FIRST_AFTER, self._settings.every)
        while not self._stop.wait(pause):
            try:
                self.run_once()
            except Exception:
                log.exception("the heartbeat failed; trying again")
            pause = min(RETRY, self._settings.every) if self.missing else self._settings.every
