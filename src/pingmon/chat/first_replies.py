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
# How the reason begins then, or when there is no address to send them to.
SURE = ("could not send", "name ", "the resolver failed")
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
        try:
            threading.Thread(target=self._run, name="first-replies", daemon=True).start()
        except RuntimeError:  # no room for a thread now: the next one is tried
            log.warning("no thread could be started to see whether %s answers", monitor.label)
            with self._lock:
                self._is_running = False

    def stop(self) -> None:
        self._stopped.set()

    def run_once(self, now: float) -> bool:
        """Whether something is awaited still. now: monotonic seconds."""
        with self._lock:
            awaited = list(self._awaited)
        for one in awaited:
            try:
                is_known = self._edit_if_known(one, now)
            except Exception:
                log.exception("the answer about %s could not be edited", one.monitor.id)
                is_known = True
            if is_known:
                with self._lock:
                    self._awaited.remove(one)
        with self._lock:
            self._is_running = bool(self._awaited)
            return self._is_running

    def _run(self) -> None:
        while self.run_once(time.monotonic()):
            if self._stopped.wait(LOOK_EVERY):
                return

    def _edit_if_known(self, one: _Awaited, now: float) -> bool:
        """Whether no more is to be waited for. One that is deleted meanwhile has said so itself."""
        seen = view(self._context, one.monitor)
        answer = _answer(one, seen, now) if seen else None
        if answer:
            one.edit(answer)
        return seen is None or answer is not None


def _answer(one: _Awaited, seen: View, now: float) -> ChatAnswer | None:
    """None while it is not known."""
    words, monitor_id = one.words, one.monitor.id
    named = f"{device(one.monitor)} <code>{monitor_id[:8]}</code>"
    stop = ((Button(words._("Stop watching"), "run:stop", monitor_id),),)
    if seen.seen:
        return ChatAnswer(f"🟢 {_answers(seen, named, words)}", stop, (monitor_id,))
    waited, reason = now - one.began, seen.reason
    if waited < one.patience and not (waited >= SURE_AFTER and reason.startswith(SURE)):
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
