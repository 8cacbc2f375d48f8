"""Answers as servers, proxies and portals give them: over real HTTP, and any bytes at all."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pingmon.channels.telegram.answer import delivery_answer
from pingmon.channels.telegram.answer_reader import read_answer
from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus, OutgoingMessage
from pingmon.text.printable import UNPRINTABLE
from tests.support.bot_api import TOKEN, BotApi

LATER = DeliveryStatus.LATER
FLOOD = "Too Many Requests: retry after 35"


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    yield made
    made.stop()


def sent(api: BotApi, status: int, body: Any, **headers: str) -> DeliveryAnswer:
    """What is made of this answer to sendMessage."""
    api.raw.append((status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers))
    client = TelegramClient(TOKEN, BotApiEndpoint(api.url))
    answer = client.send("1001", None, OutgoingMessage("text"))
    client.close()
    return answer


def flood(**more: Any) -> dict[str, Any]:
    return {"ok": False, "error_code": 429, "description": "Too Many Requests"} | more


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        (flood(description=FLOOD), 35.0),
        (flood(description=FLOOD, parameters=None), 35.0),
        (flood(description=FLOOD, parameters=[35]), 35.0),
        (flood(description=FLOOD, parameters="35"), 35.0),
        (flood(description=FLOOD, parameters={"retry_after": None}), 35.0),
        (flood(description=FLOOD, parameters={"retry_after": "soon"}), 35.0),
        (flood(description=FLOOD, parameters={"retry_after": True}), 35.0),
        (flood(description=FLOOD, parameters={"retry_after": [1]}), 35.0),
        (flood(description=FLOOD, parameters={"retry_after": 3}), 35.0),  # never sooner than said
        (flood(description=FLOOD, parameters={"retry_after": 50}), 50.0),
        (flood(parameters={"retry_after": "35"}), 35.0),
        (flood(parameters={"retry_after": 35.0}), 35.0),
        (flood(parameters={"retry_after": -3}), 0.0),
        (flood(parameters={"retry_after": 8288}), 8288.0),
        ({"ok": False, "error_code": "429", "description": FLOOD}, 35.0),
        ({"ok": False, "description": FLOOD}, 35.0),
        ({"error_code": 429, "description": FLOOD}, 35.0),
        (flood(), None),
        ({"ok": False, "parameters": {"retry_after": 35}}, 35.0),
    ],
)
def test_a_wait_is_read_wherever_it_is_said(api: BotApi, body: Any, wait: float | None) -> None:
    answer = sent(api, 429, body)
    assert (answer.status, answer.retry_after) == (LATER, wait)
    assert answer.reason.startswith("429 ") and not answer.uncertain


@pytest.mark.parametrize("body", [b"", b"<html>slow down</html>", flood(), flood(description=FLOOD)])
def test_the_longest_wait_counts_also_that_of_the_header(api: BotApi, body: Any) -> None:
    for header in ("40", "40.0", " 40 "):
        assert sent(api, 429, body, **{"Retry-After": header}).retry_after == 40.0


def test_a_header_with_a_date_is_a_wait_by_the_clock_of_the_server() -> None:
    headers = {"date": "Wed, 21 Oct 2026 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2026 07:29:30 GMT"}
    assert read_answer(503, b"", headers).retry_after == 90.0
    assert read_answer(503, b"", headers | {"date": "yesterday"}).retry_after is None
    assert read_answer(302, b"", headers).retry_after is None  # of a portal, not of a limit


@pytest.mark.parametrize(
    "body",
    [
        {"ok": True},
        {"ok": True, "result": None},
        {"ok": True, "result": True},
        {"ok": True, "result": []},
        {"ok": True, "result": {}},
        {"ok": True, "result": {"message_id": "7"}},
        {"ok": True, "result": {"message_id": 2**70}},
        {"ok": True, "result": {"message_id": True}},
        b'\xef\xbb\xbf {"ok":true,"result":1e999}\n',
    ],
)
def test_what_says_ok_is_delivered_though_its_number_is_not_known(api: BotApi, body: Any) -> None:
    answer = sent(api, 200, body)
    assert answer.is_delivered and answer.message_id is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"ok": "true", "result": {"message_id": 7}}),
        (200, {"ok": 1, "result": {"message_id": 7}}),
        (200, {"ok": None}),
        (200, {"result": {"message_id": 7}}),
        (200, [{"ok": True}]),
        (200, "ok"),
        (200, True),
        (200, None),
        (200, b""),
        (200, b'{"ok":true,"result":{"mess'),
        (200, b"<html>please log in</html>"),
        (201, {"ok": True, "result": {"message_id": 7}}),
        (202, b""),
        (502, {"ok": True, "result": {"message_id": 7}}),
        (200, b"[" * 100_000),
        (200, b"9" * 10_000),
        (200, b"\xff\xfe\x00"),
    ],
)
def test_anything_less_is_not_delivered_and_sent_again(api: BotApi, status: int, body: Any) -> None:
    answer = sent(api, status, body)
    assert answer.status is LATER and answer.retry_after is None and answer.reason


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, {"ok": False}, "403 error 403 without a description"),
        (
            403,
            {"ok": False, "error_code": None, "description": None},
            "403 error 403 without a description",
        ),
        (400, {"ok": False, "description": ["chat not found"]}, '400 ["chat not found"]'),
        (400, {"ok": False, "error_code": "400", "description": "a\nb\x1b[31m\u202e"}, "400 a b [31m"),
        (400, {"ok": False, "error_code": True, "description": "x"}, "400 x"),
        (400, {"ok": False, "error_code": 400.0, "description": "x"}, "400 x"),
        (400, {"ok": False, "error_code": {}, "description": "x"}, "400 x"),
        (500, {"ok": False, "error_code": -7, "description": "x"}, "500 x"),
        (400, {"ok": False, "description": f"no {TOKEN} here"}, "400 no bot<token> here"),
    ],
)
def test_an_error_that_lacks_something_is_read_as_well_as_it_can_be(
    api: BotApi, status: int, body: Any, expected: str
) -> None:
    answer = sent(api, status, body)
    assert answer.reason == expected
    assert answer.is_permanent == (status in (400, 403)) and answer.is_from_service


def test_a_page_that_forbids_suspends_nothing(api: BotApi) -> None:
    """A proxy's 403 says nothing of a chat."""
    for status in (400, 401, 403, 404):
        answer = sent(api, status, b"<html>Forbidden</html>")
        assert answer.status is LATER and not answer.is_from_service and not answer.uncertain
        assert f"HTTP {status} without a Bot API answer: a web page" in answer.reason


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        (-100500, "-100500"),
        ("-100500", "-100500"),
        (-100500.0, "-100500"),
        (0, None),
        (True, None),
        ("no", None),
        ([], None),
        (2**64, None),
        (-100500.5, None),
    ],
)
def test_where_a_group_moved_is_a_number_or_nothing(api: BotApi, given: Any, moved: str | None) -> None:
    body = {
        "ok": False,
        "error_code": 400,
        "description": "x",
        "parameters": {"migrate_to_chat_id": given},
    }
    assert sent(api, 400, body).moved_to == moved


@pytest.mark.parametrize("method", ["getMe", "getChat", "getUpdates", "getChatMember", "sendChatAction"])
def test_all_methods_are_read_alike(api: BotApi, method: str) -> None:
    client = TelegramClient(TOKEN, BotApiEndpoint(api.url))
    for body in (b"", b"[]", b"<p>", b'{"ok":"yes"}', b"null"):
        api.raw.append((200, body, {}))
        answer = client.call(method, {})
        assert not answer.ok and answer.error_code == 0 and not answer.is_permanent
    api.raw.append((429, json.dumps(flood(description=FLOOD)).encode(), {}))
    assert client.call(method, {}).retry_after == 35.0
    client.close()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_WAITS = st.integers(0, 10**6) | st.floats(0, 1e6).map(str) | _JSON
_ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "ok": st.booleans() | _JSON,
        "error_code": st.sampled_from([400, 401, 403, 409, 429, 500, "429"]) | _JSON,
        "description": st.sampled_from([FLOOD, f"Unauthorized {TOKEN}", "chat not found"]) | _JSON,
        "parameters": st.fixed_dictionaries(
            {}, optional={"retry_after": _WAITS, "migrate_to_chat_id": st.integers() | _JSON}
        )
        | _JSON,
        "result": st.fixed_dictionaries({"message_id": st.integers() | _JSON}) | _JSON,
    },
)
_BODIES = (
    st.binary(max_size=200)
    | (_ANSWERS | _JSON).map(lambda one: json.dumps(one).encode())
    | st.tuples(_ANSWERS, st.integers(0, 60)).map(lambda one: json.dumps(one[0]).encode()[: one[1]])
)
_HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "retry-after", "Date", "Location"]),
    st.text(max_size=30) | st.integers(0, 10**6).map(str) | st.just("Wed, 21 Oct 2026 07:28:00 GMT"),
)


@given(
    st.sampled_from([200, 201, 204, 301, 302, 400, 401, 403, 404, 429, 500, 502, 503]), _BODIES, _HEADERS
)
@example(200, b"\xed\xa0\x80", {})
@example(429, b'{"ok":false,"description":"retry after 99999999999999999999999999"}', {})
def test_no_answer_is_a_crash_and_none_is_taken_for_more_than_it_says(
    status: int, body: bytes, headers: dict[str, str]
) -> None:
    answer = read_answer(status, body, headers)
    told = delivery_answer(answer)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    is_ok = isinstance(said, dict) and said.get("ok") is True and status == 200
    assert told.is_delivered == answer.ok == is_ok
    assert told.message_id is None or 0 < told.message_id < 2**63
    assert told.moved_to is None or abs(int(told.moved_to)) < 2**63
    assert answer.retry_after is None or 0 <= answer.retry_after < float("inf")
    assert "Canary" not in told.reason and "\n" not in told.reason and not UNPRINTABLE.search(told.reason)
    if not is_ok and isinstance(said, dict) and "ok" in said and isinstance(said.get("parameters"), dict):
        wanted = said["parameters"].get("retry_after")
        if isinstance(wanted, int) and not isinstance(wanted, bool) and abs(wanted) < 10**300:
            assert said["ok"] is True or (answer.retry_after or 0.0) >= wanted
