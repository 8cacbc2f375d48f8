"""Secret settings of probes: what is shown of them, and what that stands for when it is given back."""

from typing import Any

import pytest

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.errors import InvalidValue
from pingmon.model.hidden_settings import (
    filled_from,
    filled_from_any,
    masked,
    masked_options,
    refuse_elsewhere,
)
from pingmon.model.monitor import Channel, Monitor, ProbeOptions, probe_options_from

CHANNEL = Channel(1, "any", 1, "", "somebody", None)
AT = ("", "10.0.0.1")


def options(**settings: Any) -> ProbeOptions:
    return probe_options_from({"url": "http://a.example/"} | settings)


def monitor(address: str = "10.0.0.1", **settings: Any) -> Monitor:
    return Monitor("m", address, "http", CHANNEL, DetectionSettings(), probe_options=options(**settings))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (("X-Key: s3cret", "Authorization: Bearer s3cret"), ("X-Key: …", "Authorization: …")),
        (("X-Key:s3cret",), ("…",)),
        ("me:s3cret", "…"),
        ("", ""),
        (None, None),
        ((), ()),
    ],
)
def test_values_are_not_shown(value: Any, shown: Any) -> None:
    assert masked(value) == shown


@pytest.mark.parametrize("there", ["http://b.example/", "https://a.example/", "http://a.example:81/"])
def test_secrets_are_not_sent_to_another_place_by_an_edit(there: str) -> None:
    old, new = monitor(header=["X-Key: s3cret"]), monitor(url=there, header=["X-Key: s3cret"])
    for given in ({"url": there}, {"url": there, "header": ["X-Key: …"]}):
        with pytest.raises(InvalidValue, match=r"header is a secret, given for http://a\.example/"):
            refuse_elsewhere(old, new, given)
    refuse_elsewhere(old, new, {"url": there, "header": ["X-Key: s3cret"]})
    refuse_elsewhere(old, monitor(url=there), {"url": there})


def test_an_address_beside_the_url_is_another_place_and_a_path_is_not() -> None:
    old = monitor(header=["X-Key: s3cret"])
    with pytest.raises(InvalidValue, match="give it again, or unset it"):
        refuse_elsewhere(old, monitor("10.0.0.2", header=["X-Key: s3cret"]), {"ip_address": "10.0.0.2"})
    other = "http://a.example/other"
    refuse_elsewhere(old, monitor(url=other, header=["X-Key: s3cret"]), {"url": other})


def test_an_edit_with_what_was_shown_changes_nothing() -> None:
    before = options(header=["X-Key: s3cret"], auth="me:pw")
    assert filled_from(before, masked_options(before)) == before
    assert filled_from(before, options(header=["X-Key: new"], auth="…")) == options(
        header=["X-Key: new"], auth="me:pw"
    )
    more = ["A: new", "X-Key: …"]
    assert filled_from(before, options(header=more, auth="")) == options(
        header=["A: new", "X-Key: s3cret"], auth=""
    )
    with pytest.raises(InvalidValue, match="header: … stands for a value that is not shown"):
        filled_from(before, options(header=["X-Other: …"]))


def test_of_two_headers_with_one_name_neither_takes_the_place_of_the_other() -> None:
    before = options(header=["X-Key: s3cret", "X-Key: other", "A: s3cret"])
    assert filled_from(before, masked_options(before)) == before
    assert filled_from(before, options(header=["A: …"])) == options(header=["A: s3cret"])
    with pytest.raises(InvalidValue, match="which value it stands for is not known"):
        filled_from(before, options(header=["X-Key: …", "X-Key: …"]))


def test_a_row_of_an_exported_file_means_the_monitor_that_is_there() -> None:
    known = [monitor(header=["X-Key: s3cret"]), monitor()]
    given = options(header=["X-Key: …"])
    assert filled_from_any(known, "http", AT, given) == options(header=["X-Key: s3cret"])
    assert filled_from_any(known, "http", AT, options()) == options()


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ([], "no monitor has that"),
        ([monitor("10.0.0.9", header=["X-Key: s3cret"])], "no monitor has that"),
        ([monitor(header=["X-Key: one"]), monitor(header=["X-Key: two"])], "several monitors"),
    ],
)
def test_a_secret_goes_to_no_other_place(known: list[Monitor], words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as caught:
        filled_from_any(known, "http", AT, options(header=["X-Key: …"]))
    assert caught.value.field == "header"
