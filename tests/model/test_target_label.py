"""What is probed, in words, as kinds declare them; settings that several kinds have."""

from typing import Any

import pytest

from pingmon.kinds import PROBE_KINDS
from pingmon.kinds.declaration import ProbeKind, Setting, number, port, text
from pingmon.kinds.united import by_owners, united, with_defaults
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.errors import InvalidValue
from pingmon.model.tag_settings import in_force
from pingmon.model.target_label import statistics_key, target_label
from pingmon.operations.monitor_request import parse_probe_options

DOOR = ProbeKind(
    "door",
    "knocks",
    (port("where to knock"), Setting("knocks", text("how often"))),
    required=("port",),
    defaults={"interval": 60},
    label="{target} port {port}",
)
BELL = ProbeKind("bell", "rings", (port("of the bell", default=7),))
KINDS = {one.name: one for one in (DOOR, BELL)}


def test_an_address_alone_is_its_own_label() -> None:
    assert target_label(next(iter(PROBE_KINDS)), "10.0.0.2", {}) == "10.0.0.2"


def test_a_kind_says_what_else_belongs_to_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROBE_KINDS, "door", DOOR)
    assert target_label("door", "::1", {"port": 80}) == "::1 port 80"
    assert target_label("gone", "10.0.0.2", {"port": 80}) == "10.0.0.2"
    asked = {"query": "a.example"}
    assert target_label("dns", "10.0.0.2", asked) == "10.0.0.2 for a.example A"
    assert target_label("dns", "10.0.0.2", asked | {"record": "MX"}) == "10.0.0.2 for a.example MX"


def test_a_setting_of_two_kinds_is_there_once_and_names_both() -> None:
    found = {one.name: one for one in united(KINDS)}
    assert list(found) == ["port", "knocks"]
    assert found["port"].schema["description"] == "door: where to knock; bell: of the bell (default 7)"
    assert "default" not in found["port"].schema
    assert list(by_owners(KINDS)) == [("door", "bell"), ("door",)]


def test_kinds_may_not_mean_different_values_by_one_name() -> None:
    odd = ProbeKind("odd", "", (Setting("port", text("a word")),))
    with pytest.raises(ValueError, match="port"):
        united({"door": DOOR, "odd": odd})


def test_the_description_names_kinds_with_another_default() -> None:
    (one,) = with_defaults((Setting("interval", number("seconds", default=10)),), KINDS)
    assert one.schema["description"] == "seconds; of door 60 if not given"


def test_a_default_of_the_kind_yields_to_what_was_given_and_to_tags() -> None:
    usual = DOOR.defaults
    assert in_force((), (), {}, defaults=usual).detection == DetectionSettings(interval=60)
    assert in_force((("interval", 5),), (), {}, defaults=usual).detection.interval == 5
    by_tag = {"slow": {"interval": 90}}
    assert in_force((), ("slow",), by_tag, defaults=usual).detection.interval == 90


def test_what_a_kind_needs_must_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROBE_KINDS, "door", DOOR)
    with pytest.raises(InvalidValue, match="mon_type door needs port") as caught:
        parse_probe_options("door", {"knocks": "3"})
    assert caught.value.field == "port"
    assert parse_probe_options("door", {"port": 80}) == (("port", 80),)
    with pytest.raises(InvalidValue, match=r"knocks is no setting of mon_type ping, but of door$"):
        parse_probe_options(next(iter(PROBE_KINDS)), {"knocks": "3"})


def test_statistics_of_a_plain_ping_are_kept_by_address_and_of_others_apart_without_secrets() -> None:
    ping = next(iter(PROBE_KINDS))
    assert statistics_key(ping, "10.0.0.2", {}) == "10.0.0.2"
    keys = [statistics_key("door", "10.0.0.2", {"port": one, "word": "secret"}) for one in (80, 81)]
    assert len({*keys, statistics_key(ping, "10.0.0.2", {"payload_size": 32})}) == 3
    assert all(len(one) < 64 and "secret" not in one for one in keys)


@pytest.mark.parametrize(
    "settings",
    [
        {"expect_text": "x" * 20_000},
        {"expect_status": "200," * 5_000 + "201"},
        {"expect_json": ["a=1"] * 5_000},
        {"header": ["A: b"] * 5_000},
        {"expect_json": ["a=\x1b[31m"]},
        {"expect_json": ["a=1", "\u202eb=2"]},
    ],
)
def test_settings_have_no_pages_of_text_and_nothing_that_a_terminal_obeys(
    settings: dict[str, Any],
) -> None:
    (name,) = settings
    with pytest.raises(InvalidValue) as refused:
        parse_probe_options("http", {"url": "http://a.example/", **settings})
    assert refused.value.field == name and len(str(refused.value)) < 200
