"""Durations and times as people type them in a chat, in English and Russian, among other words.

What is found is handed to the parsers that pingmonctl's options have (model/when.py), in their spelling.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pingmon.chat.typed_text import bare_end, folded

LONGEST = 6  # words of a time

_UNITS = (
    ("s", r"s|sec|secs|seconds?|с|сек|секунд\w?"),
    ("m", r"m|min|mins|minutes?|м|мин|минут\w?"),
    ("h", r"h|hr|hrs|hours?|ч|час|часа|часов|часик"),
    ("d", r"d|days?|д|дн|день|дня|дней|сут|сутки|суток"),
    ("w", r"w|weeks?|н|нед|недел[яюиь]|недель"),
)
_AMOUNT = re.compile(rf"(\d{{1,6}}(?:[.,]\d{{1,3}})?) ?({'|'.join(one for _, one in _UNITS)})(?![^\W\d])")
_ALONE = {  # amounts without a number
    "an hour": "1h", "hour": "1h", "час": "1h", "часик": "1h", "half an hour": "30m", "half hour": "30m",
    "полчаса": "30m", "полтора часа": "90m", "a minute": "1m", "minute": "1m", "минуту": "1m",
    "минутку": "1m", "a day": "1d", "day": "1d", "день": "1d", "сутки": "1d", "a week": "1w",
    "week": "1w", "неделю": "1w", "second": "1s", "секунду": "1s", "пару часов": "2h", "ночь": "8h",
}  # fmt: skip
_UNTIL_UP = {
    "until up", "till up", "until it is up", "until its up", "until it's up", "until up again",
    "until recovery", "пока не поднимется", "пока не оживет", "пока лежит", "до восстановления",
}  # fmt: skip
_FOREVER = {"forever", "indefinitely", "always", "навсегда", "бессрочно", "всегда"}
_DAYS = (
    ("today", r"today|сегодня"),
    ("tomorrow", r"tomorrow|завтра"),
    ("mon", r"mon(?:day)?|пн|понедельник\w?"),
    ("tue", r"tue(?:sday)?|вт|вторник\w?"),
    ("wed", r"wed(?:nesday)?|ср|сред[ауы]"),
    ("thu", r"thu(?:rsday)?|чт|четверг\w?"),
    ("fri", r"fri(?:day)?|пт|пятниц\w"),
    ("sat", r"sat(?:urday)?|сб|суббот\w"),
    ("sun", r"sun(?:day)?|вс|воскресень\w"),
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?: ?(am|pm|утра|вечера|дня|ночи))?")


class Typed(NamedTuple):
    """rest: the other words. lasts: parameters as those of the API's `mute`: for, until, until_up,
    indefinitely; empty if there is no time.
    """

    rest: str
    lasts: dict[str, str | bool]


def splits(text: str) -> Iterator[Typed]:
    """All ways to tell what is a time, at either end of the text, the longest first; none comes last."""
    words = text.split()
    for is_end in (True, False):
        for count in range(min(len(words), LONGEST), 0, -1):
            cut = len(words) - count if is_end else count
            first, last = " ".join(words[:cut]), " ".join(words[cut:])
            rest, time_text = (first, last) if is_end else (last, first)
            if lasts := read_lasts(time_text):
                yield Typed(rest, lasts)
    yield Typed(text, {})


def read_lasts(text: str) -> dict[str, str | bool]:
    """All of `text` is a time; empty if it is none."""
    words = bare_end(folded(text))
    if words in _UNTIL_UP:
        return {"until_up": True}
    if words in _FOREVER:
        return {"indefinitely": True}
    for before in ("until ", "till ", "til ", "up to ", "до "):
        if words.startswith(before):
            moment = read_moment(words.removeprefix(before), is_sure=True)
            return {"until": moment} if moment else {}
    for before in ("for ", "на ", "in ", "через "):
        words = words.removeprefix(before)
    if duration := read_duration(words):
        return {"for": duration}
    moment = read_moment(words)
    return {"until": moment} if moment else {}


def read_duration(text: str) -> str:
    """`2 часа 30 мин` → `2h 30m`; empty if it is none."""
    words = bare_end(folded(text))
    if words in _ALONE:
        return _ALONE[words]
    found, end = [], 0
    for part in _AMOUNT.finditer(words):
        if words[end : part.start()].strip() not in ("", "and", "и", ","):
            return ""
        unit = next(unit for unit, names in _UNITS if re.fullmatch(names, part[2]))
        found.append(part[1].replace(",", ".") + unit)
        end = part.end()
    return " ".join(found) if found and end == len(words) else ""


def read_moment(text: str, is_sure: bool = False) -> str:
    """`завтра 8:00` → `tomorrow 08:00`; empty if it is none. is_sure: `18` is an hour then."""
    words = bare_end(folded(text))
    if is_sure and re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}(?:[ t]\d{1,2}:\d{2})?", words):
        return words
    day, rest = "", words
    for name, spellings in _DAYS:
        if found := re.match(rf"(?:{spellings})(?!\w)", words):
            day, rest = name, words[found.end() :].strip()
    for before in ("at ", "в "):
        rest = rest.removeprefix(before)
    if day and not rest:
        return f"{day} 00:00"
    clock = _CLOCK.fullmatch(rest)
    if not clock or not (clock[2] or clock[3] or is_sure or day):
        return ""
    hour = int(clock[1])
    if clock[3] in ("pm", "вечера", "дня") and hour < 12:
        hour += 12
    elif clock[3] in ("am", "ночи") and hour == 12:
        hour = 0
    return f"{day} {hour:02}:{clock[2] or '00'}".strip()
