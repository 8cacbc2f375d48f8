"""What a chat is told by the alarms of its monitors: (chat, messages, now) -> (chat, outgoing). Pure.

It comes after `alarm.step`, in the same transaction. Changes go out at once and one by one: the sender
makes one message of what waits together. Reminders become one message, at most one a minute, and
a notice that is about no single device (blindness) follows the quiet hours and mutes of the chat.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pingmon.model.alarm_holds import is_soundless, quiet_until
from pingmon.model.alarm_state import Message, Rules

REMINDER_SPACING = 60  # s
NAMED = 30  # devices that one reminder names; of the rest it has the count

BEGAN, ENDED = "blind_began", "blind_ended"  # the kinds of `Notice` that belong together


@dataclass(frozen=True, slots=True)
class Chat:
    """Of one channel (a topic is a channel of its own).

    reminded: the last minute with a reminder, epoch // 60. owed: notices that were held, oldest first.
    """

    reminded: int = 0
    owed: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"reminded": self.reminded, "owed": list(self.owed)}


class Told(NamedTuple):
    """What the alarm of a monitor has to tell to this chat."""

    monitor_id: str
    message: Message


class Outgoing(NamedTuple):
    """A row of the outbox. monitors: whom it is about; of a reminder those that it names, longest first,
    of `total` in all. notice: of no single device, else None. not_before: epoch seconds.
    """

    monitors: tuple[str, ...]
    messages: tuple[Message, ...]
    total: int = 1
    notice: Mapping[str, Any] | None = None
    silent: bool = False
    not_before: float = 0.0


def chat_from_json(saved: Mapping[str, Any]) -> Chat:
    return Chat(saved.get("reminded", 0), tuple(saved.get("owed", ())))


def may_remind(chat: Chat, now: float, is_suspended: bool = False) -> bool:
    """Whether `ReminderDue` may be given to alarms of this chat: to all that are due, at one moment.

    Not while nothing is delivered there: the latest one is due when it is again.
    """
    return not is_suspended and int(now // REMINDER_SPACING) > chat.reminded


def collect(
    chat: Chat,
    told: Sequence[Told],
    notices: Iterable[Mapping[str, Any]],
    now: float,
    rules: Rules,
    hears: bool = True,
    not_before: float = 0.0,
) -> tuple[Chat, tuple[Outgoing, ...]]:
    """The rows to queue. Called also when quiet hours end, or a mute, with nothing new.

    told: at one moment. notices: `kind` and what `notify` makes words of. rules: the chat's; its quiet
    hours count. hears: whether any monitor of the chat is neither muted, paused nor in maintenance.
    not_before: so long the engine gathers what is decided together, epoch seconds.
    """
    changes = [one for one in told if not one.message.is_reminder]
    reminders = [one for one in told if one.message.is_reminder]
    rows = [
        Outgoing(
            (one.monitor_id,),
            (one.message,),
            silent=one.message.silent,
            not_before=max(not_before, one.message.not_before),
        )
        for one in changes
    ]
    if reminders:
        chat = replace(chat, reminded=int(now // REMINDER_SPACING))
        rows.append(_merged(reminders))
    owed = _folded([*chat.owed, *notices], hears)
    is_held = quiet_until(rules, now) is not None or not hears
    if not is_held and owed:
        silent = is_soundless(rules, now)
        rows += [Outgoing((), (), 1, one, silent, not_before) for one in owed]
        owed = []
    return replace(chat, owed=tuple(owed)), tuple(rows)


def _merged(reminders: Sequence[Told]) -> Outgoing:
    longest = sorted(reminders, key=lambda one: (-one.message.elapsed, one.monitor_id))
    silent = all(one.message.silent for one in reminders)
    named = longest[:NAMED]
    return Outgoing(
        tuple(one.monitor_id for one in named),
        tuple(one.message for one in named),
        len(reminders),
        silent=silent,
    )


def _folded(notices: Iterable[Mapping[str, Any]], hears: bool) -> list[Mapping[str, Any]]:
    """Blindness that began and ended while it was held: its end alone, which says from when; nothing to
    who wants to hear nothing.
    """
    left: list[Mapping[str, Any]] = []
    for one in notices:
        if one.get("kind") == ENDED and left and left[-1].get("kind") == BEGAN:
            left.pop()
            if hears:
                left.append(one)
        else:
            left.append(one)
    return left
