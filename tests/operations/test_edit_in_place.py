"""Monitors are edited in place: another address, other chats, another bot; all of it or nothing."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pingmon.daemon.application import Application
from pingmon.model.alarm_events import HoldBegan
from pingmon.model.alarm_state import Alarm, Hold, HoldKind, Known
from pingmon.model.detector_state import DetectorState, State, Transition
from pingmon.model.errors import Conflict, InvalidValue, Refused
from pingmon.model.monitor import Monitor
from pingmon.storage.alarms import Occurrence
from pingmon.storage.change_monitors import MonitorChanges
from pingmon.storage.sqlite.transactions import StorageUnavailable
from pingmon.storage.state_changes import Decision
from tests.operations.test_import_plan import Client, row
from tests.support.bot_api import BOT_ID, TOKEN, BotApi

OTHER_BOT = f"{BOT_ID + 1}{TOKEN[len(str(BOT_ID)) :]}"
UNKNOWN_BOT = f"{BOT_ID + 77}{TOKEN[len(str(BOT_ID)) :]}"


@pytest.fixture
def client(application: Application) -> Client:
    return Client(application)


@pytest.fixture
def monitor_id(client: Client) -> Iterator[str]:
    yield client("add_mon", verify=False, **row(1, name="printer"))["id"]


def monitor_of(application: Application, monitor_id: str) -> Monitor:
    monitor = application.worker_pool.monitors.get(monitor_id)
    assert monitor
    return monitor


def decide(application: Application, monitor: Monitor, after: State, before: State) -> None:
    """As a worker concludes it."""
    now = time.time()
    state = DetectorState(after, now, told=after, told_since=now)
    done = Transition(before, after, now, now, "no reply", None, announce=before is not State.UNKNOWN)
    application.context.store.save_decisions([Decision(monitor, state, done)])


def go_down(application: Application, monitor_id: str) -> None:
    monitor = monitor_of(application, monitor_id)
    decide(application, monitor, State.UP, State.UNKNOWN)
    decide(application, monitor, State.DOWN, State.UP)


def told(application: Application) -> list[tuple[str, str]]:
    """Chat and what it is told, in order; the senders may have sent it already."""
    store = application.context.store
    addresses = store.channels.addresses()
    with store._engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT channel_id, event FROM outbox ORDER BY id").fetchall()
    events = [(addresses[channel], json.loads(event)) for channel, event in rows]
    return [(chat, its["after"] if its["kind"] == "change" else its["kind"]) for chat, its in events]


def alarms(application: Application, monitor_id: str) -> dict[str, Alarm]:
    store = application.context.store
    addresses = store.channels.addresses()
    return {addresses[one]: alarm for one, alarm in store.alarms.of(monitor_id).items()}


def stored(application: Application) -> list[Monitor]:
    return [monitor for monitor, _ in application.context.store.load()]


def test_another_address_is_found_out_afresh_and_what_was_told_stays(
    application: Application, client: Client, monitor_id: str
) -> None:
    go_down(application, monitor_id)
    old = monitor_of(application, monitor_id)
    done = client("edit_mon", id=monitor_id, ip_address="10.0.0.2")
    assert done["changed"] and "ip_address 10.0.0.1 → 10.0.0.2" in done["changes"]
    pool = application.worker_pool
    assert pool.worker_of("10.0.0.1") is None and pool.worker_of("10.0.0.2") is not None
    state = pool.state_of(monitor_id)
    assert state and state.state is State.UNKNOWN and not state.seen
    (loaded,) = application.context.store.load()
    assert loaded[0] == monitor_of(application, monitor_id) and loaded[0].address == "10.0.0.2"
    assert loaded[1].state is State.UNKNOWN
    alarm = alarms(application, monitor_id)["1001"]
    assert alarm.told is Known.DOWN and alarm.unseen
    # What was decided of the old address a moment before is not heard any more.
    decide(application, old, State.UP, State.DOWN)
    assert alarms(application, monitor_id)["1001"] == alarm
    decide(application, monitor_of(application, monitor_id), State.UP, State.DOWN)
    assert told(application) == [("1001", "down"), ("1001", "up")]
    assert client("log")["entries"][0]["details"] == {"ip_address": ["10.0.0.1", "10.0.0.2"]}


def test_monitors_that_share_an_address_are_not_disturbed(
    application: Application, client: Client, monitor_id: str
) -> None:
    other = client("add_mon", verify=False, **row(1, chat_id=1002))["id"]
    client("edit_mon", id=monitor_id, ip_address="10.0.0.2")
    assert application.worker_pool.state_of(other) is not None
    client("edit_mon", id=other, ip_address="10.0.0.2")
    assert application.worker_pool.worker_of("10.0.0.1") is None
    assert application.worker_pool.size() == (2, 1)
    assert application.worker_pool.counts() == {"up": 0, "down": 0, "unknown": 2}


def test_a_paused_monitor_stays_paused_at_another_address(
    application: Application, client: Client, monitor_id: str
) -> None:
    client("pause_mon", id=monitor_id, comment="is moved")
    client("edit_mon", id=monitor_id, ip_address="10.0.0.2")
    (seen,) = client("list_mon")["monitors"]
    assert seen["held"]["why"] == "paused" and "is moved" in seen["reason"]


def test_another_first_chat_is_told_and_the_one_before_gets_the_closing_line(
    application: Application, client: Client, monitor_id: str
) -> None:
    go_down(application, monitor_id)
    client("edit_mon", id=monitor_id, chat_id=1002)
    assert told(application) == [("1001", "down"), ("1002", "down"), ("1001", "closed")]
    assert stored(application) == [monitor_of(application, monitor_id)]
    (seen,) = client("list_mon")["monitors"]
    assert (seen["id"], seen["chat_id"]) == (monitor_id, "1002")
    client("edit_mon", id=monitor_id, chat_id=[1003, 1001])
    assert [one["chat_id"] for one in client("list_mon")["monitors"][0]["channels"]] == ["1003", "1001"]
    assert told(application)[3:] == [("1003", "down"), ("1001", "down"), ("1002", "closed")]
    client("edit_mon", id=monitor_id, chat_id=1001)  # which is one of the others until now
    assert [one["chat_id"] for one in client("list_mon")["monitors"][0]["channels"]] == ["1001"]
    assert told(application)[6:] == [("1003", "closed")]


def test_a_topic_is_of_its_chat(application: Application, client: Client, monitor_id: str) -> None:
    def place() -> tuple[str, int | None]:
        channel = monitor_of(application, monitor_id).channel
        return channel.address, channel.topic

    client("edit_mon", id=monitor_id, chat_id=-100500, thread_id=7)
    assert place() == ("-100500", 7)
    client("edit_mon", id=monitor_id, thread_id=9)
    assert place() == ("-100500", 9)
    client("edit_mon", id=monitor_id, unset=["thread_id"])
    assert place() == ("-100500", None)
    client("edit_mon", id=monitor_id, thread_id=7)
    client("edit_mon", id=monitor_id, chat_id=1001)
    assert place() == ("1001", None)


def test_another_bot_is_checked_and_then_writes_for_this_monitor_only(
    application: Application, client: Client, monitor_id: str, api: BotApi
) -> None:
    other = client("add_mon", verify=False, **row(2))["id"]
    go_down(application, monitor_id)
    before = stored(application)
    with pytest.raises(Refused, match="Unauthorized"):
        client("edit_mon", id=monitor_id, token=UNKNOWN_BOT)
    with pytest.raises(Refused, match="chat not found"):
        client("edit_mon", id=monitor_id, token=OTHER_BOT, chat_id=4242)
    with pytest.raises(InvalidValue, match="no bot 'nobody'"):
        client("edit_mon", id=monitor_id, bot="nobody")
    with pytest.raises(InvalidValue, match="either"):
        client("edit_mon", id=monitor_id, bot="ping_bot", token=TOKEN)
    assert stored(application) == before
    client("edit_mon", id=monitor_id, add_chat_id=[1002])
    done = client("edit_mon", id=monitor_id, token=OTHER_BOT)
    assert done["changed"]
    rows = {one["id"]: one for one in client("list_mon")["monitors"]}
    assert rows[monitor_id]["bot_id"] == str(BOT_ID + 1) and rows[other]["bot_id"] == str(BOT_ID)
    accounts = {one.account_id for one in monitor_of(application, monitor_id).channels}
    assert len(accounts) == 1 and accounts <= {number for number, _ in application.sender_pool.all()}
    assert told(application)[-4:] == [
        ("1001", "down"),
        ("1002", "down"),
        ("1001", "closed"),
        ("1002", "closed"),
    ]
    assert TOKEN not in str(client("log")) and OTHER_BOT not in str(client("log"))
    client("edit_mon", id=monitor_id, bot=str(BOT_ID))  # by its number, back again
    assert {one["bot_id"] for one in client("list_mon")["monitors"]} == {str(BOT_ID)}


def test_an_edit_onto_a_monitor_that_exists_is_a_conflict(
    application: Application, client: Client, monitor_id: str
) -> None:
    second = client("add_mon", verify=False, **row(2))["id"]
    third = client("add_mon", verify=False, **row(2, chat_id=1002))["id"]
    before = stored(application)
    for which, change in (
        (second, {"ip_address": "10.0.0.1"}),
        (third, {"chat_id": 1001}),
        (third, {"ip_address": "10.0.0.1", "chat_id": 1001}),
        ([second, third], {"ip_address": "10.0.0.9", "chat_id": 1005}),
    ):
        for is_dry in (True, False):
            with pytest.raises(Conflict, match="is watched already, as"):
                client("edit_mon", id=which, dry_run=is_dry, **change)
    assert stored(application) == before
    client("edit_mon", id=third, ip_address="10.0.0.1")  # another chat: another monitor
    client("edit_mon", id=second, source="127.0.0.1", ip_address="10.0.0.1")
    with pytest.raises(Conflict):
        client("edit_mon", id=second, unset=["source"])


def test_the_store_refuses_equals_whoever_asks(application: Application, client: Client) -> None:
    for number in (1, 2):
        client("add_mon", verify=False, **row(number))
    first, second = stored(application)
    with pytest.raises(Conflict, match="watched already"):
        application.context.store.change(
            MonitorChanges(edited=[(second, replace(second, address=first.address))])
        )
    assert stored(application) == [first, second]


def test_several_are_edited_in_one_transaction_or_not_at_all(
    application: Application, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [client("add_mon", verify=False, **row(number))["id"] for number in range(1, 5)]
    for one in ids:
        go_down(application, one)
    before, said = stored(application), told(application)
    change: dict[str, Any] = {"chat_id": 1002, "add_chat_id": [1003], "interval": 7, "add_tag": ["moved"]}

    def fail(*_: Any) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as patched:
        patched.setattr("pingmon.storage.store.write", fail)
        with pytest.raises(StorageUnavailable):
            client("edit_mon", all=True, **change)
    dry = client("edit_mon", all=True, dry_run=True, **change)
    assert len(dry["monitors"]) == 4 and "interval 10 s → 7 s" in dry["monitors"][0]["changes"]
    assert stored(application) == before == application.worker_pool.monitors.all()
    assert told(application) == said
    assert client("edit_mon", all=True, **change)["changed"] == 4
    assert {its.detection.interval for its in stored(application)} == {7}
    assert stored(application) == application.worker_pool.monitors.all()
    assert sorted(told(application)[len(said) :]) == sorted(
        [("1002", "down"), ("1003", "down"), ("1001", "closed")] * 4
    )
    with pytest.raises(InvalidValue, match="these do not tell chat 1009"):
        client("edit_mon", all=True, remove_chat_id=[1009])
    client("edit_mon", id=ids[0], add_chat_id=[1009])
    assert client("edit_mon", all=True, remove_chat_id=[1009])["changed"] == 1


def test_what_is_wrong_is_said_before_telegram_is_asked(
    application: Application, client: Client, monitor_id: str, api: BotApi
) -> None:
    wrongs: tuple[dict[str, Any], ...] = (
        {"interval": 0.001},
        {"ip_address": "10.0.0.300"},
        {"parent": "nobody"},
        {"remove_chat_id": [1009]},
        {"remove_chat_id": [1002]},
        {"chat_id": []},
    )
    for wrong in wrongs:
        with pytest.raises(Exception, match=r".") as refused:
            client("edit_mon", id=monitor_id, **({"chat_id": 1002} | wrong))
        assert refused.value.kind in ("invalid", "conflict", "not_found")  # type: ignore[attr-defined]
    assert api.asked == []
    client("edit_mon", id=monitor_id, chat_id=4242, verify=False)
    assert api.asked == [] and monitor_of(application, monitor_id).channel.address == "4242"


def test_a_file_changes_further_chats(application: Application, client: Client) -> None:
    client.check(row(1, chat_id=[1001, 1002]), row(2))
    client.until_done("plan_commit")
    (first, second) = (one.id for one in stored(application))
    for one in (first, second):
        go_down(application, one)
    said = told(application)
    rows = (row(1, chat_id=[1001, 1003]), row(2, chat_id=[1001, 1002]))
    refused = client.check(*rows)
    assert [one["kind"] for one in refused["errors"]] == ["conflict", "conflict"]
    seen = client.check(*rows, update=True)
    assert (seen["created"], seen["changed"], seen["errors"]) == (0, 2, [])
    shown = client("plan_show")["changes"]
    assert shown[0]["changes"] == {"chat_id": [["1001", "1002"], ["1001", "1003"]]}
    assert told(application) == said
    client.until_done("plan_commit")
    assert [[its.address for its in one.channels] for one in stored(application)] == [
        ["1001", "1003"],
        ["1001", "1002"],
    ]
    assert stored(application) == application.worker_pool.monitors.all()
    assert sorted(told(application)[len(said) :]) == [
        ("1002", "closed"),
        ("1002", "down"),
        ("1003", "down"),
    ]
    assert client.check(*rows, update=True)["changed"] == 0


def test_an_order_of_a_moment_ago_does_not_tell_a_chat_that_was_taken_away(
    application: Application, client: Client, monitor_id: str
) -> None:
    client("edit_mon", id=monitor_id, add_chat_id=[1002])
    go_down(application, monitor_id)
    before = monitor_of(application, monitor_id)
    client("edit_mon", id=monitor_id, remove_chat_id=[1002])
    said = told(application)
    mute = (HoldBegan(Hold(HoldKind.MUTED, since=time.time())),)
    application.context.store.alarms.happen([Occurrence(before, mute, time.time())])
    decide(application, before, State.DOWN, State.UP)
    assert told(application) == said and said[-1] == ("1002", "closed")
    assert alarms(application, monitor_id)["1002"].closed


def test_what_nothing_delivers_goes_with_the_chat_that_is_told_no_more(
    application: Application, client: Client, monitor_id: str, api: BotApi
) -> None:
    other = client("add_mon", verify=False, **row(2, chat_id=1007))["id"]
    api.blocked |= {1007, 1008}
    client("edit_mon", id=monitor_id, add_chat_id=[1007, 1008], verify=False)
    for one in (monitor_id, other):
        go_down(application, one)
    store = application.context.store
    for channel, address in store.channels.addresses().items():
        if address in ("1007", "1008"):
            store.outbox.mark_failed(channel, [], "suspended: blocked")
    client("edit_mon", id=monitor_id, remove_chat_id=[1007, 1008])
    left = {address: depth for address, depth in _waiting(application).items() if depth}
    assert "1008" not in left and left["1007"] == 1  # the other monitor's
    assert {store.channels.addresses()[one] for one in store.outbox.deliveries()} == {"1007"}


def _waiting(application: Application) -> dict[str, int]:
    store = application.context.store
    return {
        address: len(store.outbox.waiting(one)) for one, address in store.channels.addresses().items()
    }


def test_several_are_deleted_in_one_transaction_or_not_at_all(
    application: Application, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = client("add_mon", verify=False, **row(9, name="router", chat_id=1009))["id"]
    for number in range(1, 4):
        client("add_mon", verify=False, **row(number, parent=parent))
    go_down(application, parent)

    def fail(*_: Any) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as patched:
        patched.setattr("pingmon.storage.store.write", fail)
        with pytest.raises(StorageUnavailable):
            client("del_mon", all=True)
    assert len(stored(application)) == 4 and len(application.worker_pool.monitors) == 4
    dry = client("del_mon", name="router", dry_run=True)
    assert (dry["deleted"], dry["children"], len(dry["monitors"])) == (0, 3, 1)
    done = client("del_mon", name="router")
    assert (done["deleted"], done["children"]) == (1, 3)
    assert told(application)[-1] == ("1009", "closed")
    assert {one.options.parent for one in stored(application)} == {None}
    assert client("del_mon", id=["10.0.0.1", "10.0.0.2"])["deleted"] == 2
    assert client("del_mon", tag="nothing")["monitors"] == []
    assert [one.address for one in application.worker_pool.monitors.all()] == ["10.0.0.3"]
    assert application.worker_pool.size() == (1, 1)
    with pytest.raises(InvalidValue, match="say which"):
        client("del_mon")
    assert client("del_mon", id=parent)["deleted"] is False


def test_words_of_an_edit_have_defaults_of_the_kind_and_call_channels_by_their_kind(
    client: Client,
) -> None:
    its = {"id": client("add_mon", verify=False, mon_type="dns", query="a.example", **row(2))["id"]}
    done = client("edit_mon", **its, record="MX", expect=["10 mx.example"], query="b.example")
    assert done["changes"] == "query a.example → b.example, record A → MX, expect none → 10 mx.example"
    done = client("edit_mon", **its, unset=["record", "expect"], port=54)
    assert done["changes"] == "record MX → A, expect 10 mx.example → none, port 53 → 54"
    with pytest.raises(InvalidValue, match=r"it does not tell noc@example\.org$"):
        client("edit_mon", **its, remove_email=["noc@example.org"])
    its = {
        "id": client("add_mon", verify=False, ip_address="10.0.0.3", webhook="https://a.example/x")["id"]
    }
    done = client("edit_mon", **its, verify=False, webhook="https://a.example/y")
    assert "bot" not in done["changes"] and done["changes"].startswith("webhook https://a.example/...")
    client("edit_mon", **its, verify=False, add_email=["noc@example.org"])
    done = client("edit_mon", **its, unset=["webhook"])
    assert done["changes"].startswith("webhook https://a.example/...")
    (listed,) = client("list_mon", id=its["id"])["monitors"]
    assert [one["kind"] for one in listed["channels"]] == ["email"]
