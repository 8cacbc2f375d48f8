"""Messages, redaction, and the sender against the stand-in over real HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.channels.telegram.answer import BotApiAnswer, delivery_answer
from pingmon.channels.telegram.checks import check_channel
from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.channels.telegram.service import LIMITS, TelegramService
from pingmon.model.delivery import CheckedChannel, DeliveryAnswer, DeliveryStatus
from pingmon.model.monitor import ChannelRequest, MonitorRequest
from pingmon.notify.message_text import render
from pingmon.notify.pacing import pause_after
from pingmon.notify.repeated_events import coalesce
from pingmon.notify.sender import Sender
from pingmon.notify.translation import ENGLISH, Translation, translation_for
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store
from tests.storage.test_store import decision
from tests.support.bot_api import TOKEN, BotApi, error

EVENT: dict[str, Any] = {"after": "down", "name": "<b>&", "address": "10.0.0.1", "reason": "no reply"}
EVENT |= {"at": 0.0, "decided_at": 5.0, "lasted": 7500.0}


def test_everything_is_escaped_and_late_delivery_says_so() -> None:
    text = render(EVENT, now=5.0)
    assert "<b>&lt;b&gt;&amp;</b> (10.0.0.1) is down: no reply" in text
    assert "was up for 2 h 5 min" in text and "late" not in text
    assert "told 1 h late" in render(EVENT, now=3605.0)


ADDRESS = EVENT | {
    "kind": "address",
    "name": "",
    "address": "nas.example.org (10.0.0.2)",
    "reason": "10.0.0.1 → 10.0.0.2",
}


def test_a_changed_address_is_told_in_both_languages_without_saying_it_twice() -> None:
    assert render(ADDRESS, 5.0).startswith(
        "🟡 the address of <b>nas.example.org</b> changed from 10.0.0.1 to 10.0.0.2, 1970-01-01"
    )
    named = render(ADDRESS | {"name": "NAS"}, 5.0, translation_for("ru", ""))
    assert named.startswith("🟡 адрес <b>NAS</b> (nas.example.org) сменился: был 10.0.0.1, стал 10.0.0.2")


def test_changes_of_an_address_that_waited_are_told_as_one() -> None:
    second = ADDRESS | {"address": "nas.example.org (10.0.0.3)", "reason": "10.0.0.2 → 10.0.0.3"}
    (entry,) = coalesce([(1, "m", ADDRESS), (2, "m", second)])
    text = render(entry.event, 5.0)
    assert "changed from 10.0.0.1 to 10.0.0.3, 2 times" in text and entry.ids == (1, 2)
    (entry,) = coalesce([(1, "m", ADDRESS), (2, "m", second | {"reason": "10.0.0.2 → 10.0.0.1"})])
    assert "changed from 10.0.0.2 to 10.0.0.1, 2 times" in render(entry.event, 5.0)


def test_why_a_device_was_never_seen_is_said_if_it_is_more_than_silence() -> None:
    event = EVENT | {"kind": "never_seen"}
    assert "no reply" not in render(event, 5.0)
    words = "name does not resolve: NXDOMAIN"
    assert render(event | {"reason": words}, 5.0).endswith(f": {words}")
    russian = render(event | {"reason": words}, 5.0, translation_for("ru", ""))
    assert russian.endswith(": имя не найдено: NXDOMAIN")


@given(st.floats(min_value=-10, max_value=1e9))
def test_any_duration_has_words(seconds: float) -> None:
    assert ENGLISH.format_duration(seconds)[-1] in "sndh"


def test_pauses() -> None:
    flood = delivery_answer(BotApiAnswer(False, error_code=429, retry_after=34))
    refused = delivery_answer(BotApiAnswer(False, error_code=403))
    later = DeliveryAnswer(DeliveryStatus.LATER)
    assert pause_after(flood, 1, LIMITS.refused_pause) == 34
    assert pause_after(refused, 1, LIMITS.refused_pause) == 300
    pauses = [pause_after(later, count, 300.0, jitter=lambda: 1.0) for count in range(1, 9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    yield made
    made.stop()


def sender(api: BotApi, directory: Path, chats: tuple[str, ...]) -> tuple[Sender, Store]:
    store = Store(open_database(directory / "pingmon.db"))
    for chat in chats:
        from pingmon.model.detection_settings import DetectionSettings

        wanted = MonitorRequest(
            "10.0.0.1", "ping", ChannelRequest("telegram", TOKEN, "bot", chat), DetectionSettings()
        )
        monitor = store.add([wanted])[0].monitor
        store.save_decisions([decision(monitor, 1)])
    client = TelegramClient(TOKEN, BotApiEndpoint(api.url))
    account = monitor.channel.account_id
    return Sender(store.outbox, account, client, LIMITS, TelegramService.rendering), store


def test_a_permanent_refusal_shows_and_the_message_stays(api: BotApi, tmp_path: Path) -> None:
    loop, store = sender(api, tmp_path, ("1001",))
    api.script.append(error(403, "Forbidden: bot was blocked by the user"))
    loop.run_once()
    assert list(store.outbox.deliveries().values()) == [
        "suspended: 403 Forbidden: bot was blocked by the user"
    ]
    assert store.outbox.depth()[0] == 1


def test_flood_is_obeyed_and_other_chats_go_on(api: BotApi, tmp_path: Path) -> None:
    loop, store = sender(api, tmp_path, ("1001", "-1002"))
    api.script.append(error(429, "Too Many Requests: retry after 30", retry_after=30))
    pause = loop.run_once()
    assert [message["chat_id"] for message in api.messages] == [-1002]
    assert 29 < pause <= 30
    assert store.outbox.depth()[0] == 1


def test_a_group_that_became_a_supergroup_is_followed(api: BotApi, tmp_path: Path) -> None:
    loop, store = sender(api, tmp_path, ("-1002",))
    api.script.append(error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1003))
    assert loop.run_once() == 0
    loop.run_once()
    assert [message["chat_id"] for message in api.messages] == [-1003]
    assert store.outbox.depth()[0] == 0


def test_a_stand_in_that_knows_only_sending_is_enough(api: BotApi) -> None:
    known, api.unknown = (
        check_channel(TOKEN, "1001", None, BotApiEndpoint(api.url)),
        {"getChat", "sendChatAction"},
    )
    assert (
        check_channel(TOKEN, "1001", None, BotApiEndpoint(api.url)) == known == CheckedChannel("ping_bot")
    )


@pytest.mark.parametrize("answer", [error(500, "Internal Server Error: restart"), (502, {})])
def test_server_trouble_is_tried_again(
    answer: tuple[int, dict[str, object]], api: BotApi, tmp_path: Path
) -> None:
    loop, store = sender(api, tmp_path, ("1001",))
    api.script.append(answer)
    loop.start()
    assert len(api.wait(1)) == 1
    loop.stop(5)
    assert store.outbox.depth()[0] == 0


@pytest.mark.parametrize(
    ("days", "english", "russian"),
    [
        (20.4, "ends in 20 days, on 1970-01-21", "закончится через 20 дней, 1970-01-21"),
        (1.5, "ends in 1 day, on 1970-01-02", "закончится через 1 день, 1970-01-02"),
        (0.5, "ends in 0 days, on 1970-01-01", "закончится через 0 дней, 1970-01-01"),
        (-3, "ended on 1969-12-29", "закончился 1969-12-29"),
    ],
)
def test_end_of_a_certificate(days: float, english: str, russian: str) -> None:
    event = {"kind": "certificate", "at": 5.0, "decided_at": 5.0, "ends": 5 + days * 86400}
    event |= {"name": "shop", "address": "https://a.example/", "after": ""}
    device = "<b>shop</b> (https://a.example/)"
    assert render(event, now=5.0) == f"🟡 certificate of {device} {english}"
    assert render(event, now=5.0, words=Translation("ru")) == f"🟡 сертификат {device} {russian}"
    assert "told 1 h late" in render(event, now=3605.0)
