"""Which devices somebody means: by name, address, beginning of an ID, by conditions, or by a reply."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from pingmon.chat.scope import Scope
from pingmon.chat.typed_text import bare_end, folded, is_cyrillic
from pingmon.model.errors import InvalidValue
from pingmon.model.host_name import parse_host
from pingmon.model.id_prefix import is_id_prefix
from pingmon.model.ip_address import parse_address
from pingmon.model.monitor import Monitor
from pingmon.model.selector import glob_pattern
from pingmon.operations.selection import select_by

ALL = frozenset({"all", "everything", "all devices", "*", "все", "всё", "все устройства"})
# Conditions as pingmonctl's selectors have them, and how else they may be called.
_KEYS = {
    "name": "name", "имя": "name",
    "tag": "tag", "тег": "tag", "метка": "tag",
    "state": "state", "состояние": "state",
    "ip_address": "ip_address", "ip": "ip_address", "address": "ip_address", "адрес": "ip_address",
    "host": "host", "хост": "host",
    "parent": "parent", "behind": "parent", "за": "parent",
}  # fmt: skip
STATE_WORDS = {
    "up": "up", "online": "up", "работает": "up", "работают": "up", "живые": "up",
    "down": "down", "offline": "down", "dead": "down", "лежит": "down", "лежат": "down",
    "упали": "down", "недоступны": "down", "не отвечают": "down",
    "unknown": "unknown", "неизвестно": "unknown", "неизвестны": "unknown",
}  # fmt: skip
LONGEST = 200  # characters
_CONDITION = re.compile(r"(\w+) ?= ?(\S(?:.*\S)?)")


class Choice(NamedTuple):
    """found: in the order in which they were added. many: several are meant; else several are in doubt.

    text: what was asked for.
    """

    text: str
    found: tuple[Monitor, ...] = ()
    many: bool = False

    @property
    def is_clear(self) -> bool:
        return len(self.found) == 1 or (self.many and bool(self.found))


def choose(scope: Scope, text: str, is_whole: bool = False) -> Choice:
    """The devices of a chat that `text` names. Of the ways to name one, the first that fits counts.

    is_whole: by a whole name, an address or the beginning of an ID only. Raises InvalidValue for what is
    no condition.
    """
    wanted = _bounded(bare_end(text))
    monitors = scope.monitors
    if folded(wanted) in ALL:
        return Choice(wanted, tuple(monitors), many=True)
    is_simple = not is_whole or " " not in wanted  # what follows may be a time or a comment
    if is_simple and (condition := _CONDITION.fullmatch(wanted)):
        return Choice(wanted, tuple(_by_condition(scope, condition[1], condition[2])), many=True)
    if is_simple and ("*" in wanted or "?" in wanted):
        pattern = glob_pattern(folded(wanted))
        alike = _that(monitors, lambda one: pattern.match(folded(one.name)) is not None)
        return Choice(wanted, tuple(alike), True)
    for fits in _ways(wanted, is_whole):
        if found := tuple(_that(monitors, fits)):
            return Choice(wanted, found)
    return Choice(wanted)


def matching(scope: Scope, text: str) -> list[Monitor]:
    """What a filter of /list leaves: a state, a network, a condition, part of a name or address."""
    wanted = _bounded(bare_end(text))
    state = STATE_WORDS.get(folded(wanted))
    if state:
        return _by_condition(scope, "state", state)
    if "/" in wanted and "=" not in wanted:
        return _by_condition(scope, "ip_address", wanted)
    if not wanted or "=" in wanted or "*" in wanted or "?" in wanted or folded(wanted) in ALL:
        return list(choose(scope, wanted or "all").found)
    part = folded(wanted)
    return list(
        _that(
            scope.monitors,
            lambda one: (
                part in folded(one.name)
                or part in one.address
                or part in one.host
                or one.id.startswith(part)
                or any(part == tag or tag.endswith(f"={part}") for tag in map(folded, one.options.tags))
            ),
        )
    )


def _by_condition(scope: Scope, key: str, value: str) -> list[Monitor]:
    """Raises InvalidValue."""
    name = _KEYS.get(folded(key))
    if name is None:
        raise InvalidValue(f"{key[:40]!r} selects nothing: give name, tag, state, ip or behind", "where")
    if name == "state":
        value = STATE_WORDS.get(folded(value), value)
    if name == "parent":
        above = choose(scope, value)
        if len(above.found) != 1:
            raise InvalidValue(f"{value[:60]!r} is not one device of this chat", "parent")
        value = above.found[0].id
    return select_by(scope.context, [(name, value)], among=scope.monitors).monitors


def _bounded(text: str) -> str:
    """Raises InvalidValue: names are shorter, and to look for much text takes much time."""
    if len(text) > LONGEST:
        shown = f"{text[:40]!r}…"
        raise InvalidValue(f"{shown} is too long for a device: give at most {LONGEST} characters", "id")
    return text


def _that(monitors: Sequence[Monitor], fits: Callable[[Monitor], bool]) -> Iterator[Monitor]:
    return (one for one in monitors if fits(one))


def _ways(text: str, is_whole: bool) -> Iterator[Callable[[Monitor], bool]]:
    """How a device may be named, the surest first."""
    if not text:
        return
    low, address = folded(text), _address(text)
    yield lambda one: one.id == text.lower()
    yield lambda one: one.name == text or address in (one.address, one.host)
    yield lambda one: folded(one.name) == low
    yield lambda one: folded(one.label) == low
    if is_id_prefix(text):
        yield lambda one: one.id.startswith(text.lower())
    if is_whole:
        return
    yield lambda one: folded(one.name).startswith(low)
    if re.fullmatch(r"\.?\d{1,3}(?:\.\d{1,3}){0,2}", text):  # the end of an IPv4 address
        yield lambda one: one.address.endswith("." + text.removeprefix("."))
    if len(low) >= 3:
        yield lambda one: low in folded(one.name) or low in one.host
    if is_cyrillic(low):
        yield lambda one: _is_inflected(low, folded(one.name))


def _is_inflected(typed: str, name: str) -> bool:
    """Whether it may be a case of that Russian name: all but the end is the same."""
    stem = name[:-1]
    return len(name) >= 4 and typed.startswith(stem) and len(typed) - len(name) <= 3


def _address(text: str) -> str:
    """As we spell it, also of a host's name."""
    for parse in (parse_address, parse_host):
        with suppress(InvalidValue):
            return parse(text)
    return text
