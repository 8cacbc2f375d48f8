"""Which update is asked for next: clocks that are set must not make a command run twice."""

import pytest

from pingmon.chat.position import Position
from pingmon.storage.chats import UPDATES_LIVE
from tests.support.chat_desk import Desk
from tests.support.fakes import FakeClock


def test_a_clock_that_is_set_ahead_by_days_repeats_no_command(desk: Desk) -> None:
    clock = FakeClock()
    desk.add(1)  # the bot is known
    position = Position(desk.context.store, 1, clock)
    position.commit(lambda _: None, 7)
    clock.gap += 30 * 86400
    assert position.next == 8


@pytest.mark.parametrize(("days", "expected"), [(1.5, 8), (2.5, None)])
def test_numbers_count_as_long_as_updates_live(desk: Desk, days: float, expected: int | None) -> None:
    clock = FakeClock()
    desk.add(1)  # the bot is known
    position = Position(desk.context.store, 1, clock)
    position.commit(lambda _: None, 7)
    clock.now += days * 86400
    assert position.next == expected
    assert UPDATES_LIVE == 2 * 86400
