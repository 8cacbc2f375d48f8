"""Does a device that was added from a chat answer? When it is known, the answer to /add is edited."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pingmon.chat.texts import device, escape
from pingmon.model.chat_messages import Button, ChatAnswer
from pingmon.model.monitor import Monitor
from pingmon.notify.reason_words import reason_words
from pingmon.notify.translation import Translation
from pingmon.operations.context import Context
from pingmon.operations.monitor_view import View, view

log = logging.getLogger(__name__)

LOOK_EVERY = 0.2  # s
MOST = 10.0  # s that a reply is waited for
SURE_AFTER = 1.5  # s, when probes do not even leave
NOT_SENT = "could not send"  # how the reason begins then
_SILENT = ("", "no reply", "no reply yet", "no reply since it was added")


@dataclass(frozen=True, slots=True)
class _Awaited:
    monitor: Monitor
    words: Translation
    edit: Callable[[ChatAnswer], None]
    began: float  # monotonic
    patience: float  # s


class FirstReplies:
    """One thread for all of them, which runs only while something is awaited. Thread-safe."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._awaited: list[_Awaited] = []
        self._is_running = False
        self._stopped = threading.Event()

    def watch(self, monitor_id: str, words: Translation, edit: Callable[[ChatAnswer], None]) -> None:
        """edit: is given the text that takes the place of the answer; called once, unless stopped."""
        monitor = self._context.worker_pool.monitors.get(monitor_id)
        if monitor is None:
            return
        patience = min(2 * monitor.detection.timeout, MOST)
        with self._lock:
            self._awaited.append(_Awaited(monitor, words, edit, time.monotonic(), patience))
            if self._is_running:
                return
            self._is_running = True
        threading.Thread(target=self._run, name="first-replies", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def run_once(self, now: float) -> bool:
        """Whether something is awaited still. now: monotonic seconds."""
        with self._lock:
            awaited = list(self._awaited)
        for one in awaited:
            answer = self._answer(one, now)
            if answer is None:
                continue
            with self._lock:
                self._awaited.remove(one)
            try:
                one.edit(answer)
            except Exception:
                log.exception("the answer about %s could not be edited", one.monitor.id)
        with self._lock:
            self._is_running = bool(self._awaited)
            return self._is_running

    def _run(self) -> None:
        while self.run_once(time.monotonic()):
            if self._stopped.wait(LOOK_EVERY):
                return

    def _answer(self, one: _Awaited, now: float) -> ChatAnswer | None:
        """None while it is not known."""
        seen, words = view(self._context, one.monitor), one.words
        shown, monitor_id = device(one.monitor), one.monitor.id
        named = f"{shown} <code>{monitor_id[:8]}</code>"
        if seen is None:
            return ChatAnswer("🗑 " + words._("{device} is not watched any more.").format(device=shown))
        stop = ((Button(words._("Stop watching"), "run:stop", monitor_id),),)
        if seen.seen:
            return ChatAnswer(f"🟢 {_answers(seen, named, words)}", stop, (monitor_id,))
        waited, reason = now - one.began, seen.reason
        if waited < one.patience and not (waited >= SURE_AFTER and reason.startswith(NOT_SENT)):
            return None
        text = words._("{device} has not answered within {time}; it is watched on").format(
            device=named, time=words.format_duration(waited)
        )
        why = "" if reason in _SILENT else f": {escape(reason_words(reason, words))}"
        return ChatAnswer(f"🔴 {text}{why}", stop, (monitor_id,))


def _answers(seen: View, named: str, words: Translation) -> str:
    rtt = seen.group.target.last_rtt
    if rtt is None:
        return words._("{device} is watched, and answers").format(device=named)
    text = words._("{device} is watched, and answers in {n} ms")
    return text.format(device=named, n=f"{rtt * 1000:.3g}")
