"""Tags, and what is in force for a monitor: its own settings, else those of its tags, else defaults."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.detection_settings import DetectionSettings, Options
from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.tag_settings import (
    in_force,
    own_before_tags,
    own_edited,
    own_from,
)
from pingmon.model.tags import LONGEST, MOST, changed, has_tag, parse_tag, parse_tags

BERLIN, PRINTER = "site=berlin", "printer"


@pytest.mark.parametrize("text", ["printer", " site=berlin ", "a.b:c/d@e+f-g=1/2", "Büro=süd", "9"])
def test_a_tag_is_a_word_or_key_and_value(text: str) -> None:
    assert parse_tag(text) == text.strip() == parse_tag(parse_tag(text))


def test_a_tag_has_one_form_however_its_letters_are_composed() -> None:
    assert parse_tag("Bu\u0308ro") == parse_tag("B\u00fcro")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "=berlin",
        "site=",
        "a=b=c",
        "two words",
        "a,b",
        "-a",
        "a" * (LONGEST + 1),
        "a;b",
    ],
)
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a tag"):
        parse_tag(text)


def test_tags_are_sorted_and_few() -> None:
    assert parse_tags(["b", "a", " b"]) == ("a", "b")
    with pytest.raises(InvalidValue, match=str(MOST)):
        parse_tags(map(str, range(MOST + 1)))


def test_a_key_alone_stands_for_all_its_values() -> None:
    assert has_tag([BERLIN], "site") and has_tag([BERLIN], BERLIN)
    assert not has_tag([BERLIN], "site=bonn") and not has_tag(["sites"], "site")
    assert changed([BERLIN, PRINTER], ["site=bonn"], ["site"]) == (PRINTER, "site=bonn")


def test_a_monitors_own_wins_over_its_tags_and_these_over_the_default() -> None:
    by_tag: dict[str, dict[str, Any]] = {BERLIN: {"interval": 30.0, "language": "ru"}}
    found = in_force(own_from({"interval": 5}), [BERLIN], by_tag)
    assert (found.detection.interval, found.options.language, found.detection.timeout) == (5, "ru", 2)
    sources = {name: found.settings[name].source for name in ("interval", "language", "timeout")}
    assert sources == {"interval": "given", "language": f"tag {BERLIN}", "timeout": "default"}


def test_a_default_that_is_given_wins_too() -> None:
    found = in_force(
        own_from({"interval": 10, "quiet": False}), [BERLIN], {BERLIN: {"interval": 30, "quiet": True}}
    )
    assert (found.detection.interval, found.options.quiet) == (10, False)


def test_empty_text_is_not_given() -> None:
    assert own_from({"language": "", "interval": None}) == ()


def test_two_tags_that_differ_are_refused_by_both_names() -> None:
    by_tag = {BERLIN: {"interval": 30}, PRINTER: {"interval": 60}}
    with pytest.raises(Conflict, match=f"tags {PRINTER} and {BERLIN} give interval differently"):
        in_force((), [BERLIN, PRINTER], by_tag)
    assert in_force(own_from({"interval": 1}), [BERLIN, PRINTER], by_tag).detection.interval == 1
    assert in_force((), [BERLIN], by_tag).detection.interval == 30
    same = {BERLIN: {"interval": 30}, PRINTER: {"interval": 30}}
    assert in_force((), [BERLIN, PRINTER], same).detection.interval == 30


def test_a_budget_of_one_tag_and_a_fixed_rule_of_another_are_refused() -> None:
    by_tag: dict[str, dict[str, Any]] = {BERLIN: {"down_after": 5}, PRINTER: {"false_alarms": 12.0}}
    with pytest.raises(Conflict, match=f"{BERLIN} and {PRINTER} give down_after and false_alarms"):
        in_force((), [BERLIN, PRINTER], by_tag)
    own = in_force(own_from({"down_after_seconds": 60}), [BERLIN, PRINTER], by_tag).detection
    assert (own.down_after, own.down_after_seconds, own.false_alarms) == (None, 60, None)


def test_an_own_rule_takes_the_place_of_a_tags() -> None:
    found = in_force(own_from({"false_alarms": "1/month"}), [PRINTER], {PRINTER: {"down_after": 5}})
    assert (found.detection.false_alarms, found.detection.down_after) == (12, None)


def test_what_can_not_be_together_names_the_tag() -> None:
    with pytest.raises(InvalidValue, match=r"max_delay must be .* \(with what tag printer gives\)"):
        in_force(own_from({"interval": 600}), [PRINTER], {PRINTER: {"max_delay": 60}})


def test_an_edit_gives_and_takes_and_changes_the_rule() -> None:
    own = own_from({"interval": 5, "false_alarms": "1/month", "max_delay": 60})
    assert dict(own_edited(own, {"timeout": 1}, ["interval"])) == {
        "timeout": 1,
        "false_alarms": 12,
        "max_delay": 60,
    }
    assert dict(own_edited(own, {"down_after": 3})) == {"interval": 5, "down_after": 3}
    assert dict(own_edited(own_from({"down_after": 3}), {"max_delay": 60})) == {"max_delay": 60}


RULES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"down_after": st.integers(2, 1000)}),
    st.fixed_dictionaries({"false_alarms": st.floats(0.1, 90), "max_delay": st.floats(4000, 86400)}),
)
PLANS = st.fixed_dictionaries(
    {},
    optional={
        "interval": st.floats(0.2, 3600),
        "timeout": st.floats(0.05, 60),
        "up_after": st.integers(1, 9),
    },
)


@given(PLANS, RULES, st.booleans())
def test_an_old_monitor_without_tags_stays_as_it_was(
    plan: dict[str, Any], rule: dict[str, Any], quiet: bool
) -> None:
    detection, options = DetectionSettings(**plan, **rule), Options(parent="x", quiet=quiet)
    found = in_force(own_before_tags(detection, options), (), {}, "x")
    assert (found.detection, found.options) == (detection, options)


def test_an_old_setting_that_equals_the_default_counts_as_not_given() -> None:
    assert own_before_tags(DetectionSettings(interval=10), Options(tell_unseen=True)) == ()
    assert own_before_tags(DetectionSettings(interval=600), Options()) == (("interval", 600),)
