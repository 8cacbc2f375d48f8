"""Pauses between polls, and what is said of a bot that is not heard."""

import pytest

from pingmon.model.chat_service import Conflict, ReceivedUpdates
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus
from pingmon.model.polling import (
    CONFLICT_PAUSE,
    FLOOR,
    LONGEST_PAUSE,
    REFUSED_PAUSE,
    PollState,
    PollTrouble,
    advance,
    pause_after,
)

WELL = ReceivedUpdates(DeliveryAnswer(DeliveryStatus.DELIVERED))
AWAY = ReceivedUpdates(DeliveryAnswer(DeliveryStatus.LATER, "can't reach it"))
REFUSED = ReceivedUpdates(DeliveryAnswer(DeliveryStatus.ACCOUNT_REFUSED, "401 Unauthorized", "look"))
FLOOD = ReceivedUpdates(DeliveryAnswer(DeliveryStatus.LATER, "429", retry_after=34.0))


def conflict(which: Conflict) -> ReceivedUpdates:
    return ReceivedUpdates(DeliveryAnswer(DeliveryStatus.LATER, "409 Conflict"), conflict=which)


def test_a_server_that_does_not_wait_is_asked_once_a_second() -> None:
    state = advance(PollState(), WELL, 100.0)
    assert pause_after(state, WELL, False, 0.01) == pytest.approx(FLOOR - 0.01)
    assert pause_after(state, WELL, False, 50.0) == 0.0


def test_the_next_question_follows_news_at_once() -> None:
    got = ReceivedUpdates(WELL.answer, ({"update_id": 1},))
    state = advance(PollState(), got, 100.0)
    assert pause_after(state, got, True, 0.01) == 0.0 and state.latest_update == 100.0
    assert pause_after(state, got, False, 0.01) > 0.9  # all of it was known already


def test_a_network_that_is_away_is_tried_more_and_more_slowly() -> None:
    state, pauses = PollState(), []
    for number in range(9):
        state = advance(state, AWAY, 100.0 + number)
        pauses.append(pause_after(state, AWAY, False, 0.0))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, LONGEST_PAUSE]
    assert state.since == 100.0 and state.trouble is PollTrouble.UNREACHABLE
    assert advance(state, WELL, 200.0) == PollState(latest_answer=200.0)


@pytest.mark.parametrize("which", Conflict)
def test_a_conflict_says_what_to_do_and_is_tried_again_slowly(which: Conflict) -> None:
    got = conflict(which)
    state = advance(advance(PollState(), got, 100.0), got, 160.0)
    assert state.trouble is PollTrouble.CONFLICT and state.conflicts == 2 and state.since == 100.0
    assert ("webhook" in state.words) == (which is Conflict.WEBHOOK) and "another program" in state.words
    assert pause_after(state, got, False, 0.0) == CONFLICT_PAUSE
    assert advance(state, WELL, 200.0).conflicts == 2


def test_a_refused_token_is_looked_at_rarely_and_a_flood_is_waited_out() -> None:
    state = advance(PollState(), REFUSED, 100.0)
    assert state.words == "the bot is refused: 401 Unauthorized; look"
    assert pause_after(state, REFUSED, False, 0.0) == REFUSED_PAUSE
    assert pause_after(advance(PollState(), FLOOD, 1.0), FLOOD, False, 0.0) == 34.0
