"""One of an address, a name, or what a kind of probe takes in their place says what is watched."""

from dataclasses import replace
from typing import Any

import pytest

from pingmon.kinds import PROBE_KINDS
from pingmon.kinds.declaration import ProbeKind, Setting, text
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import Monitor
from pingmon.operations.monitor_target import Target, edited_target, parse_target
from tests.support.fakes import CHANNEL

URL = "https://nas.example.org:8443/status"
WITH_URL = (("page", URL),)


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind whose setting `page`, a URL, says what is watched."""
    page = ProbeKind("page", "", (Setting("page", text("")),), ("page",), target="page")
    monkeypatch.setitem(PROBE_KINDS, "page", page)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"ip_address": "10.0.0.1"}, Target("10.0.0.1")),
        ({"ip_address": "10.0.0.1", "host": None, "family": None}, Target("10.0.0.1")),
        ({"host": "NAS.example.org."}, Target("", "nas.example.org")),
        ({"host": "nas", "family": "6"}, Target("", "nas", "6")),
    ],
)
def test_an_address_or_a_name(given: dict[str, Any], found: Target) -> None:
    assert parse_target("ping", (), given) == found


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "ip_address"),
        ({"ip_address": ""}, "ip_address"),
        ({"ip_address": "10.0.0.1", "host": "nas"}, "host"),
        ({"ip_address": "nas"}, "ip_address"),
        ({"host": "10.0.0.1"}, "host"),
        ({"ip_address": "10.0.0.1", "family": "4"}, "family"),
        ({"host": "nas", "family": "5"}, "family"),
    ],
)
def test_anything_else_is_refused_with_the_field_that_is_wrong(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_target("ping", (), given)
    assert refused.value.field == field


def test_a_setting_of_the_kind_says_what_is_watched_and_an_address_where_that_is() -> None:
    assert parse_target("page", WITH_URL, {}) == Target("", "nas.example.org")
    assert parse_target("page", WITH_URL, {"family": "4"}) == Target("", "nas.example.org", "4")
    assert parse_target("page", (("page", "http://[fd00::1]/"),), {}) == Target("fd00::1")
    assert parse_target("page", WITH_URL, {"ip_address": "10.0.0.1"}) == Target("10.0.0.1")
    with pytest.raises(InvalidValue, match="host and page exclude each other"):
        parse_target("page", WITH_URL, {"host": "nas"})


def monitor(kind: str = "ping", **more: Any) -> Monitor:
    options = WITH_URL if kind == "page" else ()
    return Monitor("1", "10.0.0.1", kind, CHANNEL, DetectionSettings(), probe_options=options, **more)


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        (monitor(), {}, Target("10.0.0.1")),
        (monitor(host="nas"), {}, Target("10.0.0.1", "nas")),
        (monitor(host="nas"), {"host": "NAS"}, Target("10.0.0.1", "nas")),
        (monitor(host="nas"), {"host": "gate"}, Target("", "gate")),
        (monitor(host="nas", family="4"), {"host": "gate"}, Target("", "gate", "4")),
        (monitor(host="nas"), {"family": "6"}, Target("", "nas", "6")),
        (monitor(host="nas", family="6"), {"family": "any"}, Target("", "nas")),
        (monitor(host="nas", family="4"), {"ip_address": "10.0.0.2"}, Target("10.0.0.2")),
        (monitor(), {"host": "nas"}, Target("", "nas")),
        (monitor("page", host="nas.example.org"), {"ip_address": "10.0.0.2"}, Target("10.0.0.2")),
        (monitor("page"), {"ip_address": ""}, Target("", "nas.example.org")),
    ],
)
def test_an_edit_changes_what_it_names_and_forgets_the_address_of_another_name(
    before: Monitor, changes: dict[str, Any], after: Target
) -> None:
    assert edited_target(before, before.probe_options, changes) == after


def test_another_url_is_another_name_unless_the_address_was_given() -> None:
    other = (("page", "https://gate.example.org/"),)
    by_name = monitor("page", host="nas.example.org")
    assert edited_target(by_name, other, {}) == Target("", "gate.example.org")
    assert edited_target(by_name, (("page", URL + "2"),), {}) == Target("10.0.0.1", "nas.example.org")
    assert edited_target(monitor("page"), other, {}) == Target("10.0.0.1"), "where to connect was said"
    literal = replace(monitor("page"), probe_options=(("page", "http://10.0.0.1/"),))
    assert edited_target(literal, (("page", "http://10.0.0.2/"),), {}) == Target("10.0.0.2")


@pytest.mark.parametrize("changes", [{"family": "4"}, {"host": "10.0.0.2"}])
def test_an_edit_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        edited_target(monitor(), (), changes)
