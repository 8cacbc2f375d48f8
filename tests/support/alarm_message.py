"""A message with alarms in the chat of a `Desk`: as a sender would have sent it, and as it is later."""

from itertools import count

from pingmon.model.chat_messages import ButtonPress, Place, Pressed
from pingmon.model.delivery import Keyboard
from pingmon.notify.alarm_buttons import keyboard_of, outages_of
from pingmon.notify.digest import compose
from pingmon.notify.told_again import Shown, show_again
from pingmon.notify.translation import Translation
from tests.support.chat_desk import ANNA, NOC, Desk

LIMIT = 4000
WORDS = Translation("en", "UTC")
_numbers = count(900)


class AlarmMessage:
    """All that waits for the chat of a monitor."""

    def __init__(self, desk: Desk, channel_id: int) -> None:
        self._desk, self._channel_id, self._number = desk, channel_id, next(_numbers)
        store = desk.context.store
        store.is_polled = lambda _: True
        waiting = store.outbox.waiting(channel_id)
        rows = [(one.id, one.monitor_id, one.event) for one in waiting]
        now = max(one.event["decided_at"] for one in waiting)
        self.at_first = Shown(
            compose(rows, now, WORDS, LIMIT)[0].text, keyboard_of(outages_of(waiting), WORDS)
        )
        store.outbox.mark_sent(channel_id, [one.id for one in waiting], self._number)

    def now(self) -> Shown:
        told = self._desk.context.store.told.rows(self._channel_id, self._number)
        return show_again(told, WORDS, LIMIT)

    def press(self, label: str, place: Place = NOC) -> Pressed:
        """The first button that begins so, as the message is now."""
        data = next(one.data for row in self.now().keyboard for one in row if one.text.startswith(label))
        press = ButtonPress(1, "1", place, self._number, ANNA, data)
        button = self._desk.context.store.told.pressed(self._desk.bot.account_id, press)
        assert button is not None
        return self._desk.press(button, place=place)


def labels(keyboard: Keyboard) -> list[list[str]]:
    return [[one.text for one in row] for row in keyboard]
