"""What operations refuse is said in the language of the chat: each form is that of a real error."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from pingmon.chat.add_words import read_wanted
from pingmon.chat.error_words import _PATTERNS, error_words
from pingmon.engine.worker_threads import WorkerLimit, WorkerThreads
from pingmon.model.detector_state import State
from pingmon.model.errors import Conflict, InvalidValue, PingmonError
from pingmon.model.ip_address import parse_address
from pingmon.model.text_values import parse_name
from pingmon.model.when import parse_duration, parse_durations, parse_future
from pingmon.notify.translation import ENGLISH, Translation
from pingmon.operations.add_monitors import add_monitor
from pingmon.operations.edit_monitors import edit_monitor
from pingmon.operations.holds import Lasts, acknowledge, mute, parse_comment
from pingmon.operations.selection import Selected
from pingmon.storage.sqlite.transactions import StorageUnavailable
from tests.support.bot_api import TOKEN
from tests.support.chat_desk import Desk

RUSSIAN = Translation("ru")
CYRILLIC = re.compile("[а-яё]")


def add(desk: Desk, **more: Any) -> None:
    params = {"ip_address": "10.0.0.2", "chat_id": "-1001", "token": TOKEN} | more
    add_monitor(desk.context, "root (uid 0)", params, verify=False)


def until_up(desk: Desk, *names: str) -> None:
    found = [one for one in desk.context.worker_pool.monitors.all() if one.name in names]
    mute(desk.context, "x", Selected(found), Lasts(until_up=True), "")


def ack(desk: Desk, *names: str) -> None:
    found = [one for one in desk.context.worker_pool.monitors.all() if one.name in names]
    acknowledge(desk.context, "x", Selected(found), "")


def no_room(desk: Desk) -> None:
    pool = desk.context.worker_pool.threads
    WorkerThreads(pool._new_worker, WorkerLimit(0, "a limit"), desk.context.probers).check_room(["::1"])


def fail(error: PingmonError) -> None:
    raise error


REFUSALS: tuple[Callable[[Desk], Any], ...] = (
    lambda _: parse_address("300.1.1.1"),
    lambda _: parse_address("224.0.0.1"),
    lambda _: parse_address("ff02::1"),
    lambda _: read_wanted(""),
    lambda _: parse_duration("soon"),
    lambda _: parse_duration("20000w"),
    lambda _: parse_future("2020-01-01", 1.7e9, "UTC"),
    lambda _: parse_future("soon", 1.7e9, "UTC"),
    lambda _: parse_future("25:00", 1.7e9, "UTC"),
    lambda _: parse_durations("2h,1h", "remind"),
    lambda desk: ack(desk, "nas"),
    lambda desk: ack(desk, "nas", "box"),
    lambda desk: until_up(desk, "nas"),
    lambda desk: until_up(desk, "nas", "box"),
    lambda desk: add(desk, ip_address="10.0.0.3", interval=7),
    lambda _: fail(Conflict("this is watched already, as 2b9d41c8-71f4-4b1f-8a52-0d8f1f6b7c22")),
    lambda _: parse_comment("x" * 501),
    lambda _: parse_name("x" * 201),
    lambda desk: add(desk, interval=0.01),
    lambda desk: edit_monitor(desk.context, "x", "nas", {"parent": "nas"}),
    lambda _: fail(StorageUnavailable()),
    no_room,
)


@pytest.fixture
def world(desk: Desk) -> Desk:
    for number, name in enumerate(("nas", "box"), 3):
        desk.set_state(desk.add(number, name), State.UP)
    return desk


def test_each_form_is_that_of_a_real_error_and_translated(world: Desk) -> None:
    used = set[str]()
    for refuse in REFUSALS:
        with pytest.raises(PingmonError) as caught:
            refuse(world)
        error = caught.value
        pattern = next((one.pattern for one, _ in _PATTERNS if one.fullmatch(str(error))), None)
        assert pattern, f"no form fits {error}"
        used.add(pattern)
        english, russian = error_words(error, ENGLISH), error_words(error, RUSSIAN)
        assert CYRILLIC.search(russian) and not CYRILLIC.search(english), russian
        assert english.startswith("⚠️ ") and "{" not in english + russian
    assert used == {one.pattern for one, _ in _PATTERNS}


def test_an_error_that_is_not_translated_is_shown_as_it_is() -> None:
    assert (
        error_words(InvalidValue("<b> is wrong & so on"), RUSSIAN) == "⚠️ &lt;b&gt; is wrong &amp; so on"
    )
    assert len(error_words(InvalidValue("x" * 5000), RUSSIAN)) < 700


def test_a_token_in_an_error_is_not_shown() -> None:
    assert TOKEN not in error_words(InvalidValue(f"{TOKEN!r} is not a duration: give it as 2h"), RUSSIAN)
