"""What Python's parser takes and strict JSON does not have is refused, and nothing else is."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.text import strict_json
from pingmon.text.printable import UNPRINTABLE

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_written_is_read_back(value: object) -> None:
    for text in (strict_json.dumps(value), json.dumps(value), strict_json.dumps_for_terminal(value)):
        assert strict_json.loads(text, 64) == value


@given(st.text())
def test_json_on_a_terminal_carries_no_escapes(text: str) -> None:
    assert not UNPRINTABLE.search(strict_json.dumps_for_terminal({text: text}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NaN", "NaN"),
        ("[-Infinity]", "-Infinity"),
        ('{"a": 1e999}', "too large"),
        ("-1e999", "too large"),
        ("1" * 5000, "digits"),
        ("-" + "1" * 301, "digits"),  # no float has so many
        (r'"\ud800"', "surrogate"),
        (r'{"\udc00x": 1}', "surrogate"),
        (r'["\ud83d", "\ude00"]', "surrogate"),
        ('{"a": 1, "a": 2}', "twice"),
        (r'{"a": 1, "\u0061": 2}', "twice"),
        ("[" * 65 + "]" * 65, "deeper"),
        ('"a\tb"', "control character"),
        ("\ufeff{}", "column 1"),
        ("{'a': 1}", "column 2"),
        ("", "column 1"),
        ("{} {}", "column 4"),
    ],
)
def test_what_is_not_strict_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(strict_json.NotStrict, match=words):
        strict_json.loads(text, 64)


def test_what_only_looks_like_it_is_taken() -> None:
    text = r'["\\ud800", "\ud83d\ude00", "NaN", 1e308, {"a": {"a": 1}}, "[[[["]'
    assert strict_json.loads(text, 64) == [r"\ud800", "😀", "NaN", 1e308, {"a": {"a": 1}}, "[[[["]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_strict_json_lacks_is_not_written(value: float) -> None:
    with pytest.raises(ValueError):
        strict_json.dumps({"loss": value})


def test_a_string_that_does_not_end_costs_no_more_than_one_that_does() -> None:
    began = time.process_time()
    assert strict_json.depth("[" * 65 + '"' + '\\"' * 300_000, 64) == 65
    assert strict_json.depth("[" * 65 + '"[[\\\\\\"[["' + "[", 64) == 66
    assert time.process_time() - began < 2.0
