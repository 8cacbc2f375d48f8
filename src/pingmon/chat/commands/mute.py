"""/mute and /unmute: this chat is told nothing of a device for a while; others are."""

from collections.abc import Sequence
from typing import Any

from pingmon.chat.device_choice import choose
from pingmon.chat.permission import permit
from pingmon.chat.picking import SEPARATOR, pick
from pingmon.chat.request import ChatRequest, Command
from pingmon.chat.texts import clock, devices
from pingmon.chat.typed_time import Typed, read_lasts, splits
from pingmon.model.chat_messages import Button, ChatAnswer
from pingmon.model.chat_rights import Role
from pingmon.model.monitor import Monitor
from pingmon.notify.marking import _
from pingmon.operations.holds import Lasts, mute, parse_lasts, unmute
from pingmon.operations.selection import Selected

_OFFERED = (("1h", 3600.0), ("8h", 28800.0), ("1d", 86400.0))


def run_mute(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    typed = _typed(request)
    rest = _as_text(typed.lasts)
    if rest:
        _parsed(request, typed.lasts)  # what is wrong with it is said before anything is asked
    found = pick(request, "mute", typed.rest, rest, may_be_many=True)
    return do_mute(request, found, rest)


def do_mute(request: ChatRequest, monitors: Sequence[Monitor], rest: str) -> ChatAnswer:
    """rest: how long, as people type it; empty: it is asked. Raises PingmonError."""
    words = request.words
    permit(request, Role.OPERATE, monitors)
    if not rest:
        return _ask_how_long(request, monitors)
    lasts = _parsed(request, read_lasts(rest))
    mute(request.context, request.actor, Selected(list(monitors), request.scope.channels), lasts, "")
    text = words._("{device}: muted in this chat {until}")
    return ChatAnswer(
        "🔕 " + text.format(device=devices(monitors, words), until=_until(request, lasts)),
        ((Button(words._("Undo"), "run:unmute", SEPARATOR.join(_ids(monitors))),),),
        _ids(monitors),
    )


def run_unmute(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    held = request.context.store.alarms.held()
    muted = [
        one
        for one in request.scope.monitors
        if any(
            hold.kind == "muted"
            for channel, alarm in held.get(one.id, {}).items()
            if channel in request.scope.channels
            for hold in alarm.holds
        )
    ]
    if not muted and not request.text and request.reply_to is None:
        return ChatAnswer("ℹ️ " + request.words._("Nothing is muted in this chat."))
    found = pick(request, "unmute", request.text, among=muted or None, may_be_many=True)
    return do_unmute(request, found)


def do_unmute(request: ChatRequest, monitors: Sequence[Monitor], rest: str = "") -> ChatAnswer:
    """Raises PingmonError."""
    words = request.words
    permit(request, Role.OPERATE, monitors)
    held = unmute(request.context, request.actor, Selected(list(monitors), request.scope.channels))
    text = words._("{device}: not muted any more") if held.changed else words._("{device} was not muted")
    return ChatAnswer("🔔 " + text.format(device=devices(monitors, words)), about=_ids(monitors))


def _typed(request: ChatRequest) -> Typed:
    """Which words are the device, and which the time."""
    text = request.text
    if not text or choose(request.scope, text, is_whole=True).is_clear:
        return Typed(text, {})
    timed = [one for one in splits(text) if one.lasts]
    for one in timed:
        if not one.rest or choose(request.scope, one.rest).found:
            return one
    return timed[0] if timed else Typed(text, {})


def _ask_how_long(request: ChatRequest, monitors: Sequence[Monitor]) -> ChatAnswer:
    words, ids = request.words, SEPARATOR.join(_ids(monitors))
    buttons = [
        Button(words.format_duration(seconds), f"run:mute {text}", ids) for text, seconds in _OFFERED
    ]
    row = (Button(words._("until it is up"), "run:mute until up", ids),)
    question = words._("For how long is {device} muted?").format(device=devices(monitors, words))
    return ChatAnswer(f"🔕 {question}", (tuple(buttons), row), _ids(monitors))


def _parsed(request: ChatRequest, lasts: dict[str, Any]) -> Lasts:
    """Raises InvalidValue."""
    return parse_lasts(
        request.context,
        lasts.get("for"),
        lasts.get("until"),
        bool(lasts.get("until_up")),
        bool(lasts.get("indefinitely")),
    )


def _as_text(lasts: dict[str, Any]) -> str:
    """As `read_lasts` reads it again."""
    if lasts.get("until_up"):
        return "until up"
    if lasts.get("indefinitely"):
        return "forever"
    return f"until {lasts['until']}" if "until" in lasts else str(lasts.get("for", ""))


def _until(request: ChatRequest, lasts: Lasts) -> str:
    words = request.words
    if lasts.until_up:
        return words._("until it is up")
    if lasts.until is None:
        return words._("without end")
    return words._("until {time}").format(time=clock(lasts.until, request.now, request.tools.zone))


def _ids(monitors: Sequence[Monitor]) -> tuple[str, ...]:
    return tuple(one.id for one in monitors)


MUTE = Command(
    "mute",
    Role.OPERATE,
    True,
    _("tell this chat nothing of a device for a while"),
    _(
        "/mute printer 2h – for two hours, in this chat\n"
        "/mute printer until 18:00\n"
        "/mute printer until up\n"
        "/mute all 30m – all devices of this chat\n"
        "As a reply to an alarm: /mute 2h"
    ),
    run_mute,
)
UNMUTE = Command(
    "unmute",
    Role.OPERATE,
    True,
    _("tell this chat again"),
    _("/unmute printer – also as a reply to a message about it\n/unmute all"),
    run_unmute,
)
