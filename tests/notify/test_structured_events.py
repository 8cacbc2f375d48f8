"""Messages for programs: what each kind of event is there, and the key that tells doubles apart."""

from typing import Any

from pingmon.model.detection_settings import DetectionSettings, Options
from pingmon.model.monitor import Channel, Monitor
from pingmon.notify.structured_events import message_key, structured_events

CHANNEL = Channel(1, "any", 1, "", "somebody", None)
PRINTER = Monitor(
    "m1", "10.0.0.2", "ping", CHANNEL, DetectionSettings(), "printer", Options(tags=("site=berlin",))
)


def event(**more: Any) -> dict[str, Any]:
    plain = {"kind": "change", "before": "up", "after": "down", "at": 60.0, "decided_at": 61.0}
    return plain | {"reason": "no reply", "lasted": 50.0, "name": "old", "address": "10.0.0.2"} | more


def test_a_change_says_what_became_of_which_monitor_when_and_why() -> None:
    (found,) = structured_events([(7, "m1", event())], {"m1": PRINTER})
    assert found == {
        "type": "down",
        "monitor": {
            "id": "m1",
            "name": "printer",
            "target": "10.0.0.2",
            "ip_address": "10.0.0.2",
            "mon_type": "ping",
            "tags": ["site=berlin"],
        },
        "at": "1970-01-01T00:01:00Z",
        "reason": "no reply",
        "previous_seconds": 50.0,
    }


def test_a_monitor_that_is_not_known_any_more_is_shown_as_the_event_has_it() -> None:
    (found,) = structured_events([(7, "m1", event(after="up"))], {})
    assert found["type"] == "up" and found["monitor"]["name"] == "old"


def test_blindness_is_about_no_monitor_and_has_its_reasons() -> None:
    began = {"kind": "blind_began", "at": 0.0, "decided_at": 5.0, "count": 3, "reasons": ["a", "b"]}
    ended = {"kind": "blind_ended", "at": 0.0, "until": 60.0, "decided_at": 60.0, "count": 3}
    blind, sight = structured_events([(1, None, began), (2, None, ended)], {})
    assert (blind["type"], blind["monitor"], blind["reason"]) == ("blind", None, "a; b")
    assert (sight["type"], sight["until"], sight["count"]) == ("sight", "1970-01-01T00:01:00Z", 3)


def test_reminders_of_many_devices_are_one_event_each() -> None:
    many = {"kind": "reminder", "decided_at": 9.0, "total": 2}
    many["devices"] = [event(kind="still_down", elapsed=9.0), event(kind="still_muted", by="anna")]
    first, second = structured_events([(1, None, many)], {})
    assert (first["type"], first["elapsed"]) == ("reminder", 9.0)
    assert (second["type"], second["by"]) == ("still_muted", "anna")


def test_a_certificate_says_when_it_ends() -> None:
    told = event(kind="certificate", after="", ends=86400.0, reason="the certificate ends on 1970-01-02")
    (found,) = structured_events([(1, "m1", told)], {"m1": PRINTER})
    assert (found["type"], found["certificate_ends"]) == ("certificate", "1970-01-02T00:00:00Z")
    assert found["reason"] == "the certificate ends on 1970-01-02"


def test_a_kind_that_came_later_keeps_its_name() -> None:
    (found,) = structured_events([(1, "m1", event(kind="certificate"))], {"m1": PRINTER})
    assert found["type"] == "certificate"


def test_the_key_is_that_of_the_rows_and_of_nothing_else() -> None:
    rows = [(7, "m1", event()), (8, "m1", event(after="up"))]
    assert message_key(1, rows) == message_key(1, [(one, its, dict(what)) for one, its, what in rows])
    others = {
        message_key(1, rows[:1]),
        message_key(2, rows),
        message_key(1, [(7, "m2", event()), rows[1]]),
    }
    assert message_key(1, rows) not in others and len(others) == 3
    assert message_key(1, rows).isalnum()
