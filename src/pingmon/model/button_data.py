"""What buttons carry: a letter, the random key of the message's row, and which button it was. Pure."""

import re
from typing import NamedTuple

from pingmon.model.chat_messages import Keyboard as AnswerKeyboard
from pingmon.model.delivery import Keyboard, SentButton

# Buttons under alarms: letter → what it does (chat/actions.py), with the IDs of monitors as argument.
ACKNOWLEDGE, ACKNOWLEDGE_ALL, DETAILS, CHOOSE, UNDO = "a", "A", "d", "c", "u"
MUTE = {1: "m", 8: "M"}  # hours
ALARM_ACTIONS = {
    ACKNOWLEDGE: "ack",
    ACKNOWLEDGE_ALL: "ack_all",
    DETAILS: "details",
    CHOOSE: "choose",
    UNDO: "unack",
} | {letter: f"mute:{hours}h" for hours, letter in MUTE.items()}
OF_MANY = (ACKNOWLEDGE_ALL, CHOOSE)  # they mean all outages that the message tells
OF_ANSWER = "b"  # under an answer: its number says which
_DATA = re.compile(r"([a-zA-Z])([A-Za-z0-9_-]{12})(?:\.([0-9]{1,3}))?", re.ASCII)


class ButtonData(NamedTuple):
    """number: of a button under an answer, counted row by row."""

    letter: str
    key: str
    number: int | None = None

    def __str__(self) -> str:
        return self.letter + self.key + ("" if self.number is None else f".{self.number}")


def parse_button_data(data: str) -> ButtonData | None:
    """Anybody may send anything."""
    found = _DATA.fullmatch(data)
    if found is None:
        return None
    return ButtonData(found[1], found[2], None if found[3] is None else int(found[3]))


def keyboard_of_answer(keyboard: AnswerKeyboard, key: str) -> Keyboard:
    """What `ChatAnswer.button` takes apart again."""
    number, rows = 0, list[list[SentButton]]()
    for row in keyboard:
        rows.append([])
        for one in row:
            rows[-1].append(SentButton(one.text, str(ButtonData(OF_ANSWER, key, number))))
            number += 1
    return rows
