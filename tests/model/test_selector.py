"""Selectors and tags."""

from typing import Any

import pytest

from pingmon.model.errors import Conflict, InvalidValue, NotFound
from pingmon.model.selector import Subject, parse_selector, parse_where, select, summary
from pingmon.model.tags import changed, given, has_tag, parse_tag, parse_tags, resolve, settings_by_tags

ROUTER, NAS, CAMERA = (letter * 8 + "-0000-4000-8000-000000000000" for letter in "abc")
MONITORS = [
    Subject(ROUTER, "router", "10.1.0.1", ["site=berlin"], ["-100"], ["home_bot"], "up", []),
    Subject(
        NAS, "nas", "10.1.0.2", ["site=berlin", "disk"], ["-100", "7"], ["home_bot"], "down", [ROUTER]
    ),
    Subject(CAMERA, "Cam 1", "fe80::1%eth0", ["site=paris"], ["7"], ["b"], "unknown", [NAS, ROUTER]),
]
NAMED = [
    one._replace(host=host) for one, host in zip(MONITORS, ("", "nas.example.org", "cam"), strict=True)
]


def names(*conditions: str, is_all: bool = False) -> list[str]:
    selector = parse_selector(parse_where(conditions), is_all)
    return [one.name for one in select(selector, [(one, one) for one in MONITORS])]


@pytest.mark.parametrize(
    ("conditions", "found"),
    (
        (("id=nas",), ["nas"]),
        (("id=10.1.0.1", "id=cccc"), ["router", "Cam 1"]),
        (("name=*a*",), ["nas", "Cam 1"]),
        (("tag=site=berlin",), ["router", "nas"]),
        (("tag=site",), ["router", "nas", "Cam 1"]),
        (("tag=site=berlin", "tag=disk"), ["nas"]),
        (("chat_id=7",), ["nas", "Cam 1"]),
        (("bot=@home_bot",), ["router", "nas"]),
        (("state=down", "state=unknown"), ["nas", "Cam 1"]),
        (("parent=router",), ["nas", "Cam 1"]),
        (("ip_address=10.1.0.0/16",), ["router", "nas"]),
        (("ip_address=fe80::/64",), ["Cam 1"]),
        (("ip_address=10.1.0.0/16", "state=down"), ["nas"]),
        (("state=down", "tag=site=paris"), []),
    ),
)
def test_conditions_must_all_hold(conditions: tuple[str, ...], found: list[str]) -> None:
    assert names(*conditions) == found


@pytest.mark.parametrize(
    ("conditions", "found"),
    (
        (("host=NAS.example.org.",), ["nas"]),
        (("host=*.example.org", "host=c?m"), ["nas", "Cam 1"]),
        (("id=nas.example.org",), ["nas"]),
        (("host=gate",), []),
    ),
)
def test_host_names_select_whole_or_by_a_pattern(conditions: tuple[str, ...], found: list[str]) -> None:
    selected = select(parse_selector(parse_where(conditions)), [(one, one) for one in NAMED])
    assert [one.name for one in selected] == found


def test_all_is_all() -> None:
    assert len(names(is_all=True)) == len(MONITORS)


@pytest.mark.parametrize(
    "conditions",
    (
        (),
        ("state=gone",),
        ("ip_address=nas",),
        ("host=a b",),
        ("colour=red",),
        ("name",),
        ("name=",),
        ("tag=a b",),
    ),
)
def test_what_selects_nothing_meant_is_refused(conditions: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValue) as refused:
        names(*conditions)
    assert "\n" not in str(refused.value)


def test_an_id_that_is_none_or_several_is_an_error() -> None:
    with pytest.raises(NotFound):
        names("id=printer")
    with pytest.raises(NotFound):
        names("id=ccc")  # too short
    twins = [(one, one._replace(name="twin")) for one in MONITORS]
    with pytest.raises(Conflict, match="3 monitors"):
        select(parse_selector([("id", "twin")]), twins)
    with pytest.raises(InvalidValue, match="all"):
        parse_selector([("state", "up")], is_all=True)


def test_monitors_named_one_by_one_need_no_question() -> None:
    assert parse_selector([("id", "a"), ("id", "b")]).names_each
    assert not parse_selector([("id", "a"), ("state", "up")]).names_each
    assert summary([f"m{n}" for n in range(12)]).endswith("m9 and 2 more")


BY_TAG: dict[str, dict[str, Any]] = {
    "site=berlin": {"interval": 5, "chat_id": 1},
    "disk": {"interval": 60},
    "site": {"language": "ru"},
}


def test_settings_come_from_the_monitor_then_its_tags_then_the_defaults() -> None:
    found = resolve({"name": "x"}, ["site=berlin"], BY_TAG, {"interval": 10, "timeout": 2})
    values = {name: (one.value, one.source) for name, one in found.items()}
    assert values == {
        "name": ("x", "given"),
        "interval": (5, "tag site=berlin"),
        "chat_id": (1, "tag site=berlin"),
        "language": ("ru", "tag site"),
        "timeout": (2, "default"),
    }


def test_tags_that_differ_in_a_setting_are_refused_unless_it_is_given() -> None:
    with pytest.raises(
        Conflict, match=r"disk and site=berlin give interval differently \(60 and 5\)"
    ) as refused:
        settings_by_tags(["site=berlin", "disk"], BY_TAG)
    assert refused.value.field == "interval"
    found = resolve({"interval": 1}, ["site=berlin", "disk"], BY_TAG, {})
    assert found["interval"].value == 1
    assert settings_by_tags(["a", "b"], {"a": {"x": 1}, "b": {"x": 1}})["x"].value == 1


def test_tags_are_added_and_removed() -> None:
    assert changed(["site=berlin", "disk"], ["printer"], ["site"]) == ("disk", "printer")
    assert parse_tags(["b", "a", "b"]) == ("a", "b")
    assert has_tag(["site=berlin"], "site") and not has_tag(["sites=berlin"], "site")
    assert given({"interval": 10, "name": "x"}, {"interval": 10}) == {"name": "x"}


@pytest.mark.parametrize("text", ("", "=x", "site=", "a b", "a=b=c", "a\nb", "x" * 101, "-x", "<b>"))
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_tag(text)


def test_a_monitor_has_at_most_fifty_tags() -> None:
    with pytest.raises(InvalidValue):
        parse_tags([f"t{n}" for n in range(51)])


def test_an_address_and_a_prefix_are_alternatives() -> None:
    assert names("ip_address=10.1.0.1", "ip_address=10.1.0.2/32") == ["router", "nas"]
    assert names("ip_address=10.1.0.1", "tag=disk") == []


def test_patterns_are_bounded_and_ids_are_not() -> None:
    many = [f"name=*{number}*" for number in range(1001)]
    with pytest.raises(InvalidValue, match="more than 1000"):
        names(*many)
    assert names(*[f"id={one.id}" for one in MONITORS] * 500) == ["router", "nas", "Cam 1"]
