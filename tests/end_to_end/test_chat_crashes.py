"""kill -9 at random moments of commands: each takes effect exactly once, and is answered."""

import pytest

from tests.support.chat_kills import ChatKills
from tests.support.lab import Pingmon

ROUNDS = 20  # benchmarks/chat.py plays 200


@pytest.mark.long
def test_a_command_takes_effect_exactly_once_whenever_the_daemon_is_killed(pingmon: Pingmon) -> None:
    kills = ChatKills(pingmon, ROUNDS, seed=19)
    kills.start()
    try:
        done = kills.run()
    finally:
        kills.close()
    assert done.effects == {1: done.commands}
    assert done.answered == done.commands


def test_a_press_takes_effect_exactly_once_whenever_the_daemon_is_killed(pingmon: Pingmon) -> None:
    kills = ChatKills(pingmon, ROUNDS // 2, seed=20)
    kills.start()
    try:
        done = kills.press()
    finally:
        kills.close()
    assert done.effects == {1: done.commands}
