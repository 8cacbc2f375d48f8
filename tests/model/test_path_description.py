"""What explain says of a path, in words."""

from random import Random

from benchmarks.virtual_device import VirtualDevice
from benchmarks.virtual_paths import DAY, PATHS

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.down_threshold import forecast, path_knowledge
from pingmon.model.loss_model import LossModel
from pingmon.model.path_description import describe_limit, describe_path


def known(words: str, detection: DetectionSettings, days: float) -> LossModel:
    path = next(one for one in PATHS if words in one.name)
    device = VirtualDevice(path, detection, Random(words))
    device.live(days * DAY)
    return device.state.loss_model


def test_a_path_of_which_nothing_is_known_is_not_described() -> None:
    assert describe_path(LossModel(), DetectionSettings()) == ""
    assert describe_limit(LossModel(), DetectionSettings()) == ""


def test_independent_loss_is_told_as_one_in_so_many() -> None:
    detection = DetectionSettings(interval=10)
    loss_model = known("20 % independent", detection, 1)
    words, told = describe_path(loss_model, detection), forecast(loss_model, detection).delay_p99_s
    assert words == f"loses 1 in 5, not in bursts; a dead device is told after {told:.0f} s"


def test_a_path_without_loss_is_told_with_when_a_dead_device_is_told() -> None:
    detection = DetectionSettings(interval=10)
    words = "hardly loses anything; a dead device is told after 14 s"
    assert describe_path(LossModel().with_replies(8000), detection) == words
    assert describe_path(LossModel().with_replies(800), detection) == ""


def test_a_gap_of_constant_length_is_told_with_its_length_and_how_often_it_comes() -> None:
    detection = DetectionSettings(interval=1)
    words = describe_path(known("3 s every", detection, 0.5), detection)
    assert words.startswith("goes silent for 3 s about once a minute; a dead device is told after ")


def test_bursts_of_any_length_are_told_with_their_longest_and_with_what_that_means() -> None:
    detection = DetectionSettings(interval=1)
    loss_model = known("one per 10 min", detection, 4)
    words = describe_path(loss_model, detection)
    assert words.startswith("silences of 3 s on average and up to ")
    assert ", about 7 times an hour: a dead device is told after " in words


def test_a_max_delay_that_forbids_the_budget_is_told_beforehand() -> None:
    loss_model = known("bursts of 10 s", DetectionSettings(interval=1), 2)
    assert describe_limit(loss_model, DetectionSettings(interval=1, max_delay=600)) == ""
    words = describe_limit(loss_model, DetectionSettings(interval=1, max_delay=30))
    assert words.startswith(
        "max_delay of 30 s leaves no time to keep the budget of 1/year: expect up to "
    )


def test_what_no_run_of_weeks_reached_is_not_said_to_happen_many_times_a_year() -> None:
    detection = DetectionSettings(interval=1)
    for days, most in ((2, 700.0), (8, 200.0)):
        found = forecast(known("one per 10 min", detection, days), detection)
        assert found.limited_by == "max_delay" and 1 <= found.false_alarms_per_year < most


def test_a_path_that_lost_little_may_still_go_silent_for_long() -> None:
    detection = DetectionSettings(interval=10)
    once = LossModel().with_replies(9000).with_ended_run(1, 10.0)
    assert path_knowledge(once, detection, 0).unsure
    for _ in range(40):
        once = once.with_replies(100).with_ended_run(1, 10.0)
    assert not path_knowledge(once, detection, 0).unsure


def test_a_path_whose_outages_end_as_soon_as_they_are_told_is_said_not_to_be_known() -> None:
    detection = DetectionSettings(interval=1)
    known_well = LossModel()
    for _ in range(40):
        known_well = known_well.with_replies(600).with_ended_run(2, 1.0)
    told = LossModel().with_replies(90000).with_ended_run(3, 1.0, told=True)
    assert path_knowledge(told, detection, 0).unsure
    assert not path_knowledge(known_well.with_ended_run(3, 1.0, told=True), detection, 0).unsure
    assert not path_knowledge(LossModel().with_replies(90000), detection, 0).unsure


def test_silences_of_one_length_are_not_waited_for_much_longer_and_that_is_told() -> None:
    detection, alike = DetectionSettings(interval=1), LossModel().with_replies(3000)
    for _ in range(4):
        alike = alike.with_ended_run(12, 1.0).with_replies(3000)
    found, words = forecast(alike, detection), describe_limit(alike, detection)
    assert found.waits_for < 45 and found.limited_by == "longest"
    assert words.startswith("silences were of about one length, and much longer ones are not waited")
    assert path_knowledge(alike, detection, 0).unsure
    for _ in range(20):
        alike = alike.with_ended_run(1, 1.0).with_replies(3000)
    assert forecast(alike, detection).limited_by != "longest"
