"""Devices as people name them in a chat."""

import pytest

from pingmon.model.detector_state import State
from tests.support.chat_desk import NOC, OFFICE, Desk


@pytest.fixture
def named(desk: Desk) -> Desk:
    desk.add(2, "Office Printer", tags=["office"])
    desk.add(3, "nas", tags=["site=berlin"])
    desk.add(4, "router berlin")
    desk.add(5, "router bonn")
    desk.add(16)
    desk.add(7, "Ёлка")
    desk.add(99, "printer", OFFICE)
    return desk


def test_one_device(named: Desk) -> None:
    for text, device in (
        ("nas", "nas"),
        ("NAS.", "nas"),
        ("«nas»", "nas"),
        ("office printer", "Office Printer"),
        ("printer", "Office Printer"),
        ("10.0.0.3", "nas"),
        ("0.3", "nas"),
        (".16", "10.0.0.16"),
        ("router be", "router berlin"),
        ("bonn", "router bonn"),
        ("елка", "Ёлка"),
        ("ёлкой", "Ёлка"),
        ("ёлки", "Ёлка"),
        ("nas (10.0.0.3)", "nas"),
    ):
        assert f"<b>{device}</b>" in named.say(f"/explain {text}"), text


def test_the_beginning_of_an_id(named: Desk) -> None:
    monitor = named.live("nas")
    assert monitor and "<b>nas</b>" in named.say(f"/explain {monitor.id[:8].upper()}")


def test_what_is_ambiguous_is_asked_with_a_button_each(named: Desk) -> None:
    asked = named.send("/explain router")
    assert asked and "Which one?" in asked.text
    assert [one.text for row in asked.keyboard for one in row] == [
        "⚪ router berlin 10.0.0.4",
        "⚪ router bonn 10.0.0.5",
    ]
    done = named.tap(asked, "bonn")
    assert done.replaces and "<b>router bonn</b>" in done.replaces.text


def test_many_are_offered_page_by_page_and_too_many_are_not(desk: Desk) -> None:
    for number in range(20):
        desk.add(number + 2, f"router {number:02}")
    asked = desk.send("/mute router 2h")
    assert asked and len(asked.keyboard) == 9
    second = desk.tap(asked, "▶").replaces
    assert second and "router 08" in second.keyboard[0][0].text
    third = desk.tap(second, "▶").replaces
    assert third and not [one for row in third.keyboard for one in row if one.text == "▶"]
    done = desk.tap(third, "router 19").replaces
    assert done and "router 19</b> (10.0.0.21): muted" in done.text
    for number in range(20, 60):
        desk.add(number + 2, f"router {number:02}")
    asked = desk.send("/mute router 2h")
    assert asked and not asked.keyboard and "Say which device" in asked.text


def test_all_and_conditions_name_several(named: Desk) -> None:
    assert "<b>6 devices</b>" in named.say("/mute all 2h")
    assert "<b>6 devices</b>" in named.say("/mute все на 2 часа")
    assert "<b>2 devices</b>" in named.say("/mute router* 2h")
    assert "<b>nas</b>" in named.say("/mute tag=site=berlin 2h")
    assert "<b>nas</b>" in named.say("/mute ip=10.0.0.3 2h")
    assert "<b>1 device" in named.say("/list ip=10.0.0.3")
    named.add(50, "behind it", parent="nas")
    assert "behind it" in named.say("/list behind=nas") and "behind it" in named.say(
        "/explain parent=nas"
    )
    assert "selects nothing" in named.say("/mute colour=red 2h")


def test_filters_of_list(named: Desk) -> None:
    for text, count in (
        ("", 6), ("router", 2), ("10.0.0.0/29", 5), ("10.0.0.3", 1), ("tag=office", 1), ("office", 1),
        ("berlin", 2), ("unknown", 6), ("down", 0), ("лежат", 0), ("router*", 2), ("state=unknown", 6),
    ):  # fmt: skip
        found = named.say(f"/list {text}")
        assert (f"<b>{count} device" if count else "None of the devices") in found, text


def test_a_reply_to_a_message_about_it_names_a_device(named: Desk) -> None:
    monitor = named.live("nas")
    assert monitor
    named.down(monitor)
    named.set_state(monitor, State.UP)
    store = named.context.store
    (waiting,) = {one.channel_id: one for one in store.outbox.waiting(monitor.channel.id)}.values()
    store.outbox.mark_sent(monitor.channel.id, [waiting.id], 777)
    assert "<b>nas</b>" in named.say("/explain", reply_to=777)
    assert "Which device" in named.say("/explain", reply_to=778, place=NOC)


def test_a_reply_about_a_device_that_is_gone_means_no_other(desk: Desk) -> None:
    gone, other = desk.add(2, "gone"), desk.add(3, "other")
    desk.down(gone, other)
    store, channel = desk.context.store, gone.channel.id
    for row in store.outbox.waiting(channel):
        store.outbox.mark_sent(channel, [row.id], 700 + (row.monitor_id == gone.id))
    desk.context.worker_pool.delete(gone.id)
    assert "not watched any more" in desk.say("/ack", reply_to=701)
    asked = desk.send("/ack", reply_to=999)
    assert asked and "Which device" in asked.text and len(asked.keyboard) == 1
    assert "<b>other</b>" in desk.say("/ack", reply_to=700)


def test_the_only_device_need_not_be_named(desk: Desk) -> None:
    desk.add(2, "nas")
    assert "<b>nas</b>" in desk.say("/mute 2h")


def test_a_name_that_looks_like_a_time_is_a_name(desk: Desk) -> None:
    desk.add(2, "rack 5m")
    desk.add(3, "nas")
    asked = desk.send("/mute rack 5m")
    assert asked and "For how long" in asked.text
    assert "<b>rack 5m</b>" in desk.say("/mute rack 5m 2h")
