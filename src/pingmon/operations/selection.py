"""Which monitors a request is about: conditions that clients give become live monitors."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pingmon.kinds import CHANNEL_KINDS
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import Monitor
from pingmon.model.selector import KEYS, Selector, Subject, parse_selector, parse_where, select
from pingmon.operations.accounts import AccountName, account_names
from pingmon.operations.context import Context
from pingmon.operations.monitor_channels import parsed_address

Condition = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Selected:
    """monitors: in the order in which they were added. channels: of those the conditions name chats;
    None: they name none.
    """

    monitors: list[Monitor]
    channels: frozenset[int] | None = None


def conditions_of(params: Mapping[str, Any]) -> list[Condition]:
    """From the parameters of a request; a value may be one or a list. Raises InvalidValue."""
    found = []
    for key in KEYS:
        value = params.get(key)
        if value is not None:
            found += [(key, str(one)) for one in (value if isinstance(value, list) else [value])]
    return found + parse_where(params.get("where") or ())


def select_monitors(context: Context, params: Mapping[str, Any]) -> Selected:
    """Raises InvalidValue, NotFound; also when nothing says which."""
    return select_by(context, conditions_of(params), bool(params.get("all")))


def select_by(
    context: Context,
    conditions: Sequence[Condition],
    is_all: bool = False,
    among: Sequence[Monitor] | None = None,
) -> Selected:
    """conditions: key and value. is_all: all monitors. among: of these; None: of all that there are.

    Raises InvalidValue, NotFound.
    """
    selector = _resolved(context, parse_selector(conditions, is_all))
    if selector.is_all:
        return Selected(context.worker_pool.monitors.all())
    names = account_names(context) if selector.bots else {}
    behind = _behind(context, selector.parents)
    monitors = context.worker_pool.monitors.all() if among is None else among
    found = select(selector, ((one, _subject(context, one, selector, names, behind)) for one in monitors))
    told = (its for one in found for its in one.channels)
    channels = {one.id for one in told if one.address in selector.chats} if selector.chats else None
    return Selected(found, None if channels is None else frozenset(channels))


def _resolved(context: Context, selector: Selector) -> Selector:
    """With IDs in place of names and addresses, and chats as their kinds spell them."""
    pool = context.worker_pool
    return replace(
        selector,
        ids=tuple(pool.find_monitor(one).id for one in selector.ids),
        parents=tuple(pool.find_monitor(one, "parent").id for one in selector.parents),
        chats=tuple(sorted({known for one in selector.chats for known in chat_spellings(context, one)})),
    )


def chat_spellings(context: Context, text: str) -> set[str]:
    """What `text` is to the kinds of channels that can read it; itself, if none can."""
    found = set()
    for name in context.channels:
        if kind := CHANNEL_KINDS.get(name):
            with suppress(InvalidValue):
                found.add(parsed_address(context, kind, text))
    return found or {text}


def _subject(
    context: Context,
    monitor: Monitor,
    selector: Selector,
    names: Mapping[int, AccountName],
    behind: Mapping[str, Sequence[str]],
) -> Subject:
    """What selectors see of it, as far as this one looks."""
    state, bots = "", list[str]()
    if selector.states:
        found = context.worker_pool.state_of(monitor.id)
        state = str(found.state) if found else "unknown"
    for channel in monitor.channels if selector.bots else ():
        bots.append(channel.account)
        if name := names.get(channel.account_id):
            bots += [name.number, *([name.declared] if name.declared else [])]
    return Subject(
        monitor.id,
        monitor.name,
        monitor.address,
        monitor.options.tags,
        [one.address for one in monitor.channels] if selector.chats else (),
        bots,
        state,
        behind.get(monitor.id, ()),
        monitor.host,
    )


def _behind(context: Context, parents: Sequence[str]) -> dict[str, list[str]]:
    """Of each monitor that is behind some of `parents` (IDs): one of them."""
    children = dict[str, list[str]]()
    for one in context.worker_pool.monitors.all():
        if one.options.parent:
            children.setdefault(one.options.parent, []).append(one.id)
    found, open_ends = dict[str, list[str]](), list(parents)
    for parent in open_ends:  # it grows meanwhile
        new = [one for one in children.get(parent, ()) if one not in found]
        found |= dict.fromkeys(new, found.get(parent, [parent]))
        open_ends += new
    return found
