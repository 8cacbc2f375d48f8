"""Hundreds of chats are checked within the time that a client waits, each with a result of its own."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pingmon.channels.telegram import check_many
from pingmon.channels.telegram.check_many import check_all
from pingmon.channels.telegram.client import BotApiEndpoint
from pingmon.model.delivery import CheckedChannel
from pingmon.model.errors import PingmonError, Refused, Unreachable
from pingmon.model.monitor import ChannelRequest
from tests.support.bot_api import BOT_ID, TOKEN, BotApi, error
from tests.support.lab import Lab, Pingmon
from tests.support.raw_server import timed

CHATS = range(1001, 1300)  # that the stand-in knows
LONG = error(429, "Too Many Requests: retry after 8288", retry_after=8288)


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    yield made
    made.stop()


def ask(api: BotApi, *chats: int, patience: float = 60.0, token: str = TOKEN) -> dict[int, Any]:
    requests = [ChannelRequest("telegram", token, "", str(chat)) for chat in chats]
    found = check_all(requests, BotApiEndpoint(api.url), patience)
    return {int(request.address): result for request, result in found.items()}


def well(results: dict[int, Any]) -> list[int]:
    return sorted(chat for chat, one in results.items() if isinstance(one, CheckedChannel))


def test_three_hundred_chats_at_a_tenth_of_a_second_an_answer(api: BotApi) -> None:
    api.delay = 0.1
    results, took = timed(lambda: ask(api, *CHATS, 4242))
    assert well(results) == list(CHATS) and isinstance(results[4242], Refused)
    assert "chat not found" in str(results[4242])
    assert api.asked.count("getMe") == 1 and len(api.asked) == 600
    assert took < 40  # one after the other it would be 60 s


def test_the_documented_rate_is_kept(api: BotApi) -> None:
    _, took = timed(lambda: ask(api, *list(CHATS)[:50]))
    assert took >= (len(api.asked) - 1) * check_many.SPACING


def test_a_wait_is_kept_by_its_chat_while_others_go_on(api: BotApi) -> None:
    api.chat_answers[1005] = [error(429, "Too Many Requests: retry after 2")]
    began = time.monotonic()
    results = ask(api, *list(CHATS)[:20])
    assert len(well(results)) == 20
    first, again = (at for at, chat, method in api.times if chat == 1005 and method == "getChat")
    assert again - first >= 2 and time.monotonic() - began < 4
    others = [at for at, chat, _ in api.times if chat != 1005]
    assert max(others) - first < 2


def test_a_wait_that_is_too_long_names_its_chat_and_no_other(api: BotApi) -> None:
    api.chat_answers[1005] = [LONG]
    results = ask(api, *list(CHATS)[:10])
    assert well(results) == [chat for chat in list(CHATS)[:10] if chat != 1005]
    assert str(results[1005]) == (
        "Telegram wants 8288 s before it says more of chat 1005; try again then, or add with --no_verify"
    )


def test_a_limit_of_the_whole_bot_is_not_asked_of_each_chat(api: BotApi) -> None:
    api.chat_answers = {chat: [error(429, "Too Many Requests: retry after 2")] for chat in CHATS}
    until = time.monotonic() + 2
    answer = error(429, "Too Many Requests: retry after 2", retry_after=2)
    api.chat_answers = {chat: [answer] if chat < 1015 else [] for chat in CHATS}
    results = ask(api, *list(CHATS)[:40])
    assert len(well(results)) == 40
    assert sum(at < until for at, _, method in api.times if method == "getChat") <= 2 + check_many.AT_ONCE


def test_a_limit_of_hours_is_told_for_all_after_a_few_requests(api: BotApi) -> None:
    api.chat_answers = {chat: [LONG] * 5 for chat in CHATS}
    results, took = timed(lambda: ask(api, *CHATS))
    assert len(results) == 299 and took < 5 and len(api.asked) < 30
    assert all("wants 8288 s" in str(one) for one in results.values())


def test_one_failure_is_asked_again_and_three_are_not_of_chats(api: BotApi) -> None:
    api.chat_answers[1003] = [error(502, "Bad Gateway")]
    assert len(well(ask(api, *list(CHATS)[:10]))) == 10
    api.asked.clear()
    api.always = "502"
    results, took = timed(lambda: ask(api, *CHATS))
    assert well(results) == [] and len(results) == 299 and took < 4 and len(api.asked) == 0
    assert all(isinstance(one, Unreachable) for one in results.values())


def test_what_is_not_there_is_not_tried_for_each(api: BotApi) -> None:
    api.stop()
    results, took = timed(lambda: ask(api, *CHATS))
    assert took < 3 and len(results) == 299
    assert all("connection refused" in str(one) for one in results.values())


def test_a_bad_token_is_asked_once_and_is_no_matter_of_other_bots(api: BotApi) -> None:
    bad = f"{BOT_ID}:AAwrongSecret"
    requests = [
        ChannelRequest("telegram", token, "", str(chat)) for chat in CHATS[:20] for token in (TOKEN, bad)
    ]
    found = check_all(requests, BotApiEndpoint(api.url))
    assert sum(isinstance(one, CheckedChannel) for one in found.values()) == 20
    refused = [one for one in found.values() if isinstance(one, PingmonError)]
    assert len(refused) == 20 and {one.field for one in refused} == {"token"}
    assert api.asked.count("getMe") == 2


def test_time_that_is_over_names_those_that_were_not_asked(api: BotApi) -> None:
    api.delay = 0.3
    results, took = timed(lambda: ask(api, *CHATS, patience=2.0))
    assert 2 <= took < 4 and 0 < len(well(results)) < 299 and len(results) == 299
    late = [one for one in results.values() if isinstance(one, PingmonError)]
    assert all("was not checked yet" in str(one) for one in late)


def test_no_more_threads_make_it_slower_only(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    real = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == "check":
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    assert len(well(ask(api, *list(CHATS)[:5]))) == 5


def test_one_chat_alone_waits_as_told(api: BotApi) -> None:
    api.chat_answers[1001] = [error(429, "Too Many Requests: retry after 1")]
    results, took = timed(lambda: ask(api, 1001))
    assert well(results) == [1001] and 1 <= took < 2


@pytest.mark.timeout(200)
@pytest.mark.alone
def test_an_import_of_three_hundred_chats_is_answered(lab: Lab, pingmon: Pingmon, tmp_path: Any) -> None:
    pingmon.start_api("delay=0.1")
    pingmon.start()
    rows = [f"10.0.{number // 250}.{number % 250 + 1},{chat}" for number, chat in enumerate(CHATS)]
    file = tmp_path / "devices.csv"
    file.write_text("ip_address,chat_id\n" + "\n".join([*rows, "10.0.9.9,4242"]) + "\n")
    refused = pingmon.ctl("import", str(file), check=False)
    assert refused.returncode == 1 and "can't be reached" not in refused.stderr
    assert "line 301" in refused.stderr and "chat not found" in refused.stderr
    assert refused.stderr.count("line ") == 1
    file.write_text("ip_address,chat_id\n" + "\n".join(rows) + "\n")
    done, took = timed(lambda: pingmon.ctl("import", str(file)))
    assert "299 added" in done.stdout and took < 60
