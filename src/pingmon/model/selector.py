"""Which monitors a command is about: conditions that all must hold."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import translate
from typing import Any, NamedTuple, TypeVar

from pingmon.kinds import CHANNEL_KINDS
from pingmon.model.errors import Conflict, InvalidValue, NotFound
from pingmon.model.host_name import parse_host
from pingmon.model.id_prefix import LEAST_PREFIX
from pingmon.model.ip_address import parse_address
from pingmon.model.tags import has_tag, parse_tag

STATES = ("up", "down", "unknown")
# Keys for the address of a channel, whatever its kind.
CHANNEL_KEYS = tuple(dict.fromkeys([*(kind.address for kind in CHANNEL_KINDS.values()), "channel"]))
KEYS = ("id", "name", "tag", *CHANNEL_KEYS, "bot", "state", "parent", "ip_address", "host")
LONGEST = 2000  # characters of an address of a channel; of other values a tenth
MOST_VALUES = 1000  # of one key, but for IDs and whole addresses; each is compared with each monitor
SHOWN = 10  # monitors that a command names before it asks

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Subject(NamedTuple):
    """What selectors see of a monitor. chats: addresses of its channels, bots: their accounts.
    ancestors: IDs of what it is behind, or those that the selector names.
    """

    id: str
    name: str
    address: str
    tags: Sequence[str]
    chats: Sequence[str]
    bots: Sequence[str]
    state: str
    ancestors: Sequence[str]
    host: str = ""


@dataclass(frozen=True, slots=True)
class Selector:
    """ids: name, address or prefix of the ID; any of them. tags: all of them. Of each other kind of
    condition any one value must fit. is_all: `--all`, which nothing can be combined with.
    """

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    networks: tuple[Network, ...] = field(default=())
    addresses: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()
    is_all: bool = False

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, one.name) for one in fields(self))

    @property
    def names_each(self) -> bool:
        """Only by `--id`: such a command changes no more than was named, and need not ask."""
        return bool(self.ids) and Selector(ids=self.ids) == self

    def matches(self, subject: Subject) -> bool:
        """But for `ids` and `parents`, which `select` resolves."""
        return (
            (not self.names or any(_fits(subject.name, glob) for glob in self.names))
            and all(has_tag(subject.tags, tag) for tag in self.tags)
            and (not self.chats or any(chat in self.chats for chat in subject.chats))
            and (not self.bots or any(bot in self.bots for bot in subject.bots))
            and (not self.states or subject.state in self.states)
            and (not self.hosts or any(_fits(subject.host, glob) for glob in self.hosts))
            and (
                not (self.networks or self.addresses)
                or subject.address in self.addresses
                or _in_any(subject.address, self.networks)
            )
        )


_FIELDS = {
    "id": "ids",
    "name": "names",
    "tag": "tags",
    **dict.fromkeys(CHANNEL_KEYS, "chats"),
    "bot": "bots",
    "state": "states",
    "parent": "parents",
    "ip_address": "networks",
    "host": "hosts",
}


def parse_selector(conditions: Iterable[tuple[str, str]], is_all: bool = False) -> Selector:
    """conditions: (key, value), a key may come several times. Raises InvalidValue."""
    found: dict[str, list[Any]] = {}
    for key, value in conditions:
        if key not in _FIELDS:
            raise InvalidValue(f"{key[:40]!r} selects nothing: give one of {', '.join(KEYS)}", "where")
        name = "addresses" if key == "ip_address" and "/" not in value else _FIELDS[key]
        found.setdefault(name, []).append(_parsed(key, value.strip()))
        if len(found[name]) > MOST_VALUES and name not in ("ids", "addresses"):
            raise InvalidValue(f"more than {MOST_VALUES} values of {key}; make several requests", key)
    if is_all and found:
        raise InvalidValue("--all is all: it can't be combined with conditions", "all")
    addresses = frozenset(found.pop("addresses", ()))
    its = {name: tuple(dict.fromkeys(values)) for name, values in found.items()}
    return Selector(**its, addresses=addresses, is_all=is_all)


def parse_where(texts: Iterable[str]) -> list[tuple[str, str]]:
    """`--where state=down` → conditions. Raises InvalidValue."""
    found = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise InvalidValue(
                f"{text[:60]!r} is no condition: give KEY=VALUE, as in state=down", "where"
            )
        found.append((key.strip(), value))
    return found


Item = TypeVar("Item")


def select(selector: Selector, items: Iterable[tuple[Item, Subject]]) -> list[Item]:
    """The items that it selects, in their order. Raises InvalidValue, NotFound, Conflict.

    A name or an address stands for one monitor only; an ID of which nothing is known is an error, other
    conditions that fit nothing are not.
    """
    if selector.is_empty:
        raise InvalidValue("say which monitors: by id, name, tag, where … or all", "id")
    items = list(items)
    subjects = [subject for _, subject in items]
    known = {one.id for one in subjects}
    wanted = {one if one in known else _only(one, subjects, "id") for one in selector.ids}
    parents = {one if one in known else _only(one, subjects, "parent") for one in selector.parents}
    return [
        item
        for item, subject in items
        if (not wanted or subject.id in wanted)
        and (not parents or not parents.isdisjoint(subject.ancestors))
        and selector.matches(subject)
    ]


def summary(names: Sequence[str]) -> str:
    """How many and which, for the question before a command: `12: printer, nas … and 2 more`."""
    shown = ", ".join(names[:SHOWN])
    more = len(names) - SHOWN
    return f"{len(names)}: {shown}" + (f" and {more} more" if more > 0 else "")


def _only(wanted: str, subjects: Sequence[Subject], key: str) -> str:
    """The ID of the one monitor that has this ID, name, host name or address, or whose ID begins so."""
    prefix = wanted.lower()
    exact = {one.id for one in subjects if prefix == one.id}
    found = exact or {one.id for one in subjects if wanted in (one.name, one.address, one.host)}
    if not found and len(wanted) >= LEAST_PREFIX:
        found = {one.id for one in subjects if one.id.startswith(prefix)}
    if not found:
        raise NotFound(wanted[:60], key)
    if len(found) > 1:
        raise Conflict(f"{wanted[:60]!r} is {len(found)} monitors: give an ID, or name=, or all", key)
    return found.pop()


def _parsed(key: str, value: str) -> Any:
    longest = LONGEST if key in CHANNEL_KEYS else LONGEST // 10
    if not value or len(value) > longest:
        raise InvalidValue(f"the value of {key} is empty or longer than {longest} characters", key)
    if key == "tag":
        return parse_tag(value)
    if key == "state" and value not in STATES:
        raise InvalidValue(f"{value[:40]!r} is no state: give {', '.join(STATES)}", key)
    if key == "ip_address":
        return _network(value) if "/" in value else parse_address(value)
    if key == "host" and not set(value) & set("*?["):
        return parse_host(value)
    return value.removeprefix("@") if key == "bot" else value


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidValue(
            f"{text[:60]!r} is no address or prefix: give 10.1.2.3 or 10.1.0.0/16", "ip_address"
        ) from None


def _in_any(text: str, networks: Iterable[Network]) -> bool:
    """Of a host's name nothing is known. A zone (`%eth0`) is not looked at."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return any(address.version == one.version and address in one for one in networks)


def _fits(name: str, glob: str) -> bool:
    return glob_pattern(glob).match(name.casefold()) is not None


def glob_pattern(glob: str) -> re.Pattern[str]:
    """For names in lower case. Not by `fnmatch`, which keeps tens of thousands of patterns: anybody in
    a chat may ask with new ones, and `re` keeps some hundreds.
    """
    return re.compile(translate(glob.casefold()))
