"""Updates become values, whatever they hold."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.channels.telegram.update_values import LONGEST_TEXT, parse_update
from pingmon.model.chat_messages import (
    ButtonPress,
    ChatKind,
    ChatMessage,
    ChatMoved,
    Ignored,
    Person,
    Place,
)

ANNA = {"id": 42, "is_bot": False, "first_name": "Anna", "username": "anna", "language_code": "ru-RU"}
GROUP = {"id": -1001, "type": "supergroup", "title": "NOC"}
MESSAGE = {"message_id": 7, "date": 1000, "chat": GROUP, "from": ANNA, "text": "/list"}
PLACE = Place("-1001", ChatKind.SUPERGROUP, None, "NOC")
WHO = Person(42, "Anna", "anna", "ru")


def of(**message: Any) -> Any:
    return parse_update({"update_id": 1, "message": MESSAGE | message})


def test_a_message_becomes_a_value() -> None:
    assert of() == ChatMessage(1, PLACE, 7, 1000.0, WHO, "/list")


def test_a_reply_names_the_message_that_it_answers() -> None:
    assert of(reply_to_message={"message_id": 5}).reply_to == 5


def test_a_topic_is_known_and_its_first_message_is_not_answered() -> None:
    found = of(is_topic_message=True, message_thread_id=3, reply_to_message={"message_id": 3})
    assert (found.place.thread_id, found.reply_to) == (3, None)
    assert of(message_thread_id=3).place.thread_id is None  # a thread of replies, no topic
    assert of(is_topic_message=True, message_thread_id=1).place.thread_id is None  # General


def test_an_anonymous_administrator_is_nobody_by_name() -> None:
    found = of(sender_chat=GROUP, **{"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}})
    assert found.person.is_anonymous and not found.person.name


@pytest.mark.parametrize(
    "message",
    [
        {"from": ANNA | {"is_bot": True}},
        {"from": None},
        {"sender_chat": {"id": -1009, "type": "channel"}},
        {"forward_origin": {"type": "user"}},
        {"forward_date": 5},
        {"via_bot": {"id": 5}},
        {"edit_date": 5},
        {"chat": GROUP | {"type": "channel"}},
        {"text": None},
        {"text": 5},
        {"date": "1000"},
    ],
)
def test_what_no_person_wrote_just_now_is_ignored_and_its_chat_is_known(message: dict[str, Any]) -> None:
    found = of(**message)
    assert isinstance(found, Ignored) and found.update_id == 1
    assert found.place is not None and found.place.chat_id == "-1001"


@pytest.mark.parametrize("name", ["edited_message", "channel_post", "my_chat_member"])
def test_other_updates_are_ignored_and_their_chat_is_known(name: str) -> None:
    assert parse_update({"update_id": 1, name: MESSAGE}) == Ignored(1, name, PLACE)


def test_ids_must_be_numbers() -> None:
    assert isinstance(of(chat=GROUP | {"id": "-1001"}), Ignored)
    assert isinstance(of(**{"from": ANNA | {"id": True}}), Ignored)
    assert isinstance(of(message_id=2**80), Ignored)
    assert parse_update({"update_id": "1", "message": MESSAGE}) == Ignored(None, "no update_id")


def test_a_group_that_moved_is_followed() -> None:
    assert of(migrate_to_chat_id=-1005) == ChatMoved(1, "-1001", "-1005")
    assert of(migrate_from_chat_id=-5) == ChatMoved(1, "-5", "-1001")


def test_a_press_becomes_a_value_also_when_its_message_is_gone() -> None:
    query = {
        "id": "99",
        "from": ANNA,
        "data": "akey",
        "message": {"message_id": 7, "date": 0, "chat": GROUP},
    }
    found = parse_update({"update_id": 1, "callback_query": query})
    assert found == ButtonPress(1, "99", PLACE, 7, WHO, "akey")
    found = parse_update({"update_id": 1, "callback_query": {"id": "99", "from": ANNA}})
    assert found == ButtonPress(1, "99", None, None, WHO, "")


def test_names_are_one_printable_line() -> None:
    found = of(**{"from": ANNA | {"first_name": "A\u202en\nn\x00a" * 50}})
    assert found.person.name.isprintable() and len(found.person.name) <= 64


def test_text_is_bounded_and_has_no_half_of_a_pair() -> None:
    assert len(of(text="x" * 100_000).text) == LONGEST_TEXT
    assert of(text="/list \ud800").text == "/list "


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*MESSAGE, *ANNA, *GROUP, "message", "callback_query", "update_id", "data"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    [*MESSAGE, "reply_to_message", "sender_chat", "message_thread_id", "is_topic_message", "via_bot"]
)


@given(ANYTHING)
def test_anything_at_all_is_taken_apart(raw: Any) -> None:
    parse_update(raw)
    parse_update({"update_id": 1, "message": raw})
    parse_update({"update_id": 1, "callback_query": raw})


@given(st.dictionaries(FIELDS, ANYTHING, max_size=4))
def test_a_message_with_any_of_its_fields_wrong_is_taken_apart(wrong: dict[str, Any]) -> None:
    found = of(**wrong)
    assert found.update_id == 1
    if isinstance(found, ChatMessage):
        found.text.encode()
        assert found.text and found.person.label.isprintable() and found.place.title.isprintable()


def test_deep_json_costs_nothing() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"message": deep, "chat": deep}
    assert isinstance(parse_update({"update_id": 1, "message": deep}), Ignored)
    while deep:  # lest it is freed by recursion
        deep = deep.get("message")


def test_what_json_gives_is_taken() -> None:
    assert parse_update(json.loads(json.dumps({"update_id": 1, "message": MESSAGE}))) == of()
