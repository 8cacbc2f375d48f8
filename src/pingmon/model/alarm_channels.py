"""All alarms of one monitor: one for each channel that it tells, or told until now. Pure.

What an edit means to them is decided here: a channel that comes is told if the device is not up, one that
goes gets its closing line, what was told of an earlier address stays remembered.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pingmon.model.alarm import AFRESH, step_all
from pingmon.model.alarm_events import Closed, Event, Reopened, SightLost, TimePassed
from pingmon.model.alarm_holds import OF_A_CHAT
from pingmon.model.alarm_state import Alarm, Known, Message, Rules, added_channel

Audience = Mapping[int, Rules]  # channel → its rules
NOBODY: Audience = {}


class Heard(NamedTuple):
    """A channel is told something. before: what it had been told until then."""

    channel: int
    before: Known
    message: Message


class Stepped(NamedTuple):
    """Alarms by channel; those of channels that come are in `before`, too, as they begin."""

    before: dict[int, Alarm]
    after: dict[int, Alarm]
    heard: list[Heard]


def step_channels(
    alarms: Mapping[int, Alarm],
    audience: Audience,
    events: Sequence[Event],
    now: float,
    left: Audience = NOBODY,
    only: Collection[int] | None = None,
) -> Stepped:
    """Let events of one moment (epoch seconds) happen, in their order.

    alarms: as they are, by channel. audience: of the channels that are told now. left: of those that were
    told before an edit. only: the events are about these channels; None: about all.
    """
    first, after, heard = dict(alarms), dict(alarms), list[Heard]()

    def happen(channel: int, its: Sequence[Event], rules: Rules) -> None:
        before = after[channel]
        after[channel], messages = step_all(before, its, now, rules)
        heard.extend(Heard(channel, before.told, one) for one in messages)

    is_undone = any(isinstance(one, Reopened) for one in events)
    for channel, rules in audience.items():
        before = alarms.get(channel)
        comes = before is None or (before.closed and not is_undone)
        if comes:
            first[channel] = after[channel] = _joined(alarms)
        if only is None or channel in only:
            happen(channel, events, rules)
        elif comes:
            happen(channel, (TimePassed(),), rules)
    ends = tuple(one for one in events if isinstance(one, Closed)) or (Closed(is_watched=True),)
    for channel, alarm in alarms.items():
        if channel not in audience and not alarm.closed:
            happen(channel, ends, left.get(channel, Rules()))
    return Stepped(first, after, heard)


def events_of_edit(is_moved: bool, before: Audience, after: Audience) -> tuple[Event, ...]:
    """What an edit is to the alarms of a monitor; empty: nothing. is_moved: to another address."""
    if is_moved:
        return (SightLost(AFRESH),)
    return () if before == after else (TimePassed(),)


def _joined(siblings: Mapping[int, Alarm]) -> Alarm:
    """Of a channel that a monitor gets: what is known of the device, and what holds all its alarms.

    As long as nothing is known it is as if it had been there from the first.
    """
    alive = next((alarm for alarm in siblings.values() if not alarm.closed), Alarm())
    return replace(
        added_channel() if alive.known is not Known.NOTHING else Alarm(),
        known=alive.known,
        unseen=alive.unseen,
        at=alive.at,
        reason=alive.reason,
        outage_at=alive.outage_at,
        counted=alive.counted,
        counted_at=alive.counted_at,
        holds=tuple(one for one in alive.holds if not one.key.startswith(OF_A_CHAT)),
    )
