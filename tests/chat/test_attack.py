"""Whatever is sent to a bot: nothing that may not be is changed, and neither log nor memory grows."""

import gc
import logging
import sqlite3
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from pingmon.daemon.application import Application
from tests.chat.test_talking import talk
from tests.support.bot_api import BotApi
from tests.support.hostile_updates import hostile_updates
from tests.support.lab import until
from tests.support.talk import GROUP, Talk

__all__ = ["talk"]
UPDATES = 600  # a few seconds; benchmarks/chat.py sends 100,000 to the real daemon
KEPT = ("monitors", "alarms", "journal", "chat_grants", "chat_undos", "downtimes", "bots")


def contents(talk: Talk) -> dict[str, list[Any]]:
    with sqlite3.connect(talk.database) as connection:
        return {one: sorted(connection.execute(f"SELECT * FROM {one}").fetchall()) for one in KEPT}


def test_a_flood_of_hostile_updates_changes_nothing(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    talk.listen()
    talk.ask("/id")
    before, sent = contents(talk), len(talk.api.messages)
    caplog.clear()
    for update in hostile_updates(1, UPDATES):
        talk.chat.hear(update)
    until(lambda: not talk.chat.unread(), 110.0, what="all of them to be handled")
    assert contents(talk) == before
    troubles = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert not troubles, troubles[:3]
    assert len(caplog.records) < UPDATES / 10
    assert len(talk.api.messages) - sent < 200  # what the chats are told is bounded
    assert talk.ask("/status", chat=talk.private)


def test_memory_does_not_grow_with_what_is_sent(talk: Talk) -> None:
    talk.listen()

    def flood(seed: int) -> int:
        for update in hostile_updates(seed, 80):
            talk.chat.hear(update)
        until(lambda: not talk.chat.unread(), 110.0, what="all of them to be handled")
        with talk.api.changed:
            talk.api.calls.clear()
            talk.api.asked.clear()
            talk.api.times.clear()
            talk.api.messages.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        flood(3)
        first = flood(4)
        for seed in (5, 6, 7):
            last = flood(seed)
    finally:
        tracemalloc.stop()
    assert last - first < 2_000_000, (first, last)


@pytest.fixture
def crowd(application: Application, api: BotApi) -> Iterator[Talk]:
    made = Talk(application, api)
    yield made
    application.chat.stop()


def test_a_crowd_in_a_chat_gets_no_more_answers_than_can_be_sent(crowd: Talk) -> None:
    crowd.listen()
    for number in range(300):
        crowd.say("/list", 9_000 + number)
    crowd.handled()
    with sqlite3.connect(crowd.database) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM outbox WHERE expires IS NOT NULL").fetchone()
    assert rows <= 60


def test_forged_presses_do_not_hold_up_commands(crowd: Talk) -> None:
    crowd.listen()
    for number in range(300):
        crowd.chat.press(f"bAAAAAAAAAA{number % 100:02}.0", chat=GROUP, user=9_000 + number)
    crowd.handled()
    assert crowd.ask("/id", chat=crowd.private)
    assert crowd.api.asked.count("answerCallbackQuery") <= 60
