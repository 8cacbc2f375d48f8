"""How the reading of a bot's commands goes, for status and the log."""

from dataclasses import dataclass, replace
from enum import StrEnum

from pingmon.model.chat_service import Conflict, ReceivedUpdates

# s; pauses before an account is asked again.
FLOOR = 1.0  # when an answer without news came at once: a server may ignore how long it may wait
CONFLICT_PAUSE = 60.0
REFUSED_PAUSE = 300.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # when the service can't be reached, doubled each time

_REMEDIES = {
    Conflict.POLLER: "another program asks for what this bot hears: stop that, or use a bot of its own",
    Conflict.WEBHOOK: "another program has what this bot hears sent to it: "
    "remove its webhook (the Bot API's deleteWebhook)",
}


class PollTrouble(StrEnum):
    """Why commands are not read. NONE: they are."""

    NONE = ""
    CONFLICT = "conflict"
    REFUSED = "refused"  # the token, until somebody acts
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class PollState:
    """Of one account. since: of the trouble; latest_update, latest_answer: when; epoch seconds, 0: never.

    words: what is wrong, and what helps. failures: in a row. conflicts: since the start.
    """

    trouble: PollTrouble = PollTrouble.NONE
    words: str = ""
    since: float = 0.0
    failures: int = 0
    conflicts: int = 0
    latest_update: float = 0.0
    latest_answer: float = 0.0


def advance(state: PollState, got: ReceivedUpdates, now: float) -> PollState:
    """After one question. now: epoch seconds."""
    if got.answer.is_delivered:
        latest = now if got.updates else state.latest_update
        return PollState(conflicts=state.conflicts, latest_update=latest, latest_answer=now)
    trouble, words = _what_is_wrong(got)
    since = state.since if state.trouble is trouble else now
    conflicts = state.conflicts + (trouble is PollTrouble.CONFLICT)
    return replace(
        state, trouble=trouble, words=words, since=since, failures=state.failures + 1, conflicts=conflicts
    )


def pause_after(state: PollState, got: ReceivedUpdates, has_news: bool, took: float) -> float:
    """Seconds until the next question. took: seconds that this one took. has_news: it had new updates."""
    if state.trouble is PollTrouble.NONE:
        return 0.0 if has_news else max(0.0, FLOOR - took)
    if got.answer.retry_after is not None:
        return max(FLOOR, got.answer.retry_after)
    if state.trouble is PollTrouble.CONFLICT:
        return CONFLICT_PAUSE
    if state.trouble is PollTrouble.REFUSED:
        return REFUSED_PAUSE
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(10, state.failures - 1))


def _what_is_wrong(got: ReceivedUpdates) -> tuple[PollTrouble, str]:
    answer = got.answer
    if got.conflict:
        return PollTrouble.CONFLICT, _REMEDIES[got.conflict]
    if answer.refuses_account:
        return PollTrouble.REFUSED, f"the bot is refused: {answer.reason}; {answer.remedy}".rstrip("; ")
    return PollTrouble.UNREACHABLE, answer.reason
