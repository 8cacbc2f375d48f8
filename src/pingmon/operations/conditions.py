"""Conditions under which health is not ok.

Targets are not watched or not seen, messages are not delivered, settings are not in force.
"""

import time
from typing import NamedTuple

from pingmon.engine.evidence_watch import counted
from pingmon.engine.undelivered import Place, Undelivered, in_use, undelivered
from pingmon.model.polling import PollState, PollTrouble
from pingmon.operations.chats import TalkingBot
from pingmon.operations.chats import troubles as bots_in_trouble
from pingmon.operations.configuration_state import ConfigurationState
from pingmon.operations.context import Context

OK, WATCHING = "ok", "watching"
# s; a service that answers, but asks for patience, is no illness before that.
PATIENCE = 30.0
UNREAD = 120.0  # s; likewise of commands, when nothing answers
_UNREACHABLE = "can't reach "  # how the words of a channel begin when there is no network to it


class Condition(NamedTuple):
    """Why health is not ok. kind: stable, see pingmonctl(1). since: epoch seconds, None if not known."""

    kind: str
    words: str
    since: float | None = None


def conditions(context: Context, troubles: list[Undelivered]) -> list[Condition]:
    """The worst first; empty when all is well."""
    found = _watching(context) + _database(context)
    found += [_delivery(one) for one in troubles if _is_ill(one)]
    missing = context.heartbeat.missing if context.heartbeat else None
    if missing and time.time() - missing.since > PATIENCE:
        words = f"no heartbeat is given since {_clock(missing.since)}: {missing.words}"
        found.append(Condition("heartbeat", words, missing.since))
    found += [_commands(one) for one in bots_in_trouble(context) if _is_long(one)]
    return found + _configuration(context.configuration)


def health(found: list[Condition]) -> str:
    """In one line; "degraded" when all is watched and only messages or settings are in trouble."""
    if not found:
        return OK
    words = "; ".join(one.words for one in found)
    return words if found[0].kind == WATCHING else f"degraded: {words}"


def _watching(context: Context) -> list[Condition]:
    pool, stretch = context.worker_pool, context.probers.stretch()
    found = []
    if stuck := context.health.stuck_thread():
        found.append(stuck)
    if pool.unwatched:
        found.append(f"{pool.unwatched} monitors are not watched: {pool.why_unwatched}")
    if context.visibility.blind:
        found.append("blind")
    found += [
        f"{counted(one.targets)}: {one.words}" for one in context.seeing.evidence_watch.local_errors
    ]
    unseen = sum(context.seeing.reports.unseen().values())
    if unseen and not context.visibility.blind:
        found.append(f"{unseen} monitor{'' if unseen == 1 else 's'} can't be seen")
    if stretch > 1:
        found.append(f"can't keep up: intervals are stretched {stretch:.2g} times")
    return [Condition(WATCHING, words) for words in found]


def _database(context: Context) -> list[Condition]:
    trouble = context.store.trouble()
    if trouble is None:
        return []
    words = f"the database can't be used since {_clock(trouble.since)}: {trouble.words}"
    return [Condition("database", f"{words}; what is decided waits for it", trouble.since)]


def undelivered_messages(context: Context) -> list[Undelivered]:
    """By account and reason; none of channels that nobody uses any more. Raises StorageUnavailable."""
    failing = context.store.outbox.failing()
    if not failing:
        return []
    alive = {its.id for one in context.worker_pool.monitors.all() for its in one.channels}
    failing = in_use(failing, alive)
    places = {channel: Place(*one) for channel, one in context.store.channels.places().items()}
    return undelivered(failing, places) if failing else []


def _is_ill(trouble: Undelivered) -> bool:
    if trouble.is_suspended or trouble.words.startswith(_UNREACHABLE):
        return True
    return time.time() - trouble.since > PATIENCE


def _delivery(trouble: Undelivered) -> Condition:
    waiting = f"{trouble.waiting} wait" if trouble.waiting != 1 else "1 waits"
    if trouble.is_suspended:
        return Condition("suspended", f"{trouble.describe()} ({waiting})", trouble.since)
    since = _clock(trouble.since)
    if trouble.words.startswith(_UNREACHABLE):
        where, _, reason = trouble.words.removeprefix(_UNREACHABLE).partition(": ")
        kind = trouble.kind.capitalize()
        words = f"{kind} can't be reached since {since} ({waiting}): {where}: {reason}"
        return Condition("unreachable", words, trouble.since)
    return Condition("delivery", f"{trouble.describe()}, since {since} ({waiting})", trouble.since)


def _is_long(bot: TalkingBot) -> bool:
    """A network that is away for a moment is no illness; what somebody has to mend is."""
    state = bot.state
    if state is None:
        return False
    return state.trouble is not PollTrouble.UNREACHABLE or time.time() - state.since > UNREAD


def _commands(bot: TalkingBot) -> Condition:
    state = bot.state or PollState()
    words = f"commands for bot {bot.account.name} are not read since {_clock(state.since)}: {state.words}"
    return Condition("commands", words, state.since)


def _configuration(state: ConfigurationState) -> list[Condition]:
    found = []
    if state.refused:
        words = f"the configuration is refused, the one before is in force: {state.refused}"
        found.append(Condition("configuration", words))
    if state.needs_restart:
        words = f"changed settings need a restart: {', '.join(state.needs_restart)}"
        found.append(Condition("restart", words))
    return found


def _clock(at: float) -> str:
    """The local time, with the day unless it is today."""
    day = time.strftime("%Y-%m-%d ", time.localtime(at))
    today = time.strftime("%Y-%m-%d ", time.localtime())
    return ("" if day == today else day) + time.strftime("%H:%M", time.localtime(at))
