"""A monitor of a name is called by it, with the address in use as soon as there is one."""

from dataclasses import replace

import pytest

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.monitor import Monitor, is_other_target
from pingmon.notify.alarm_text import device
from tests.support.fakes import CHANNEL


def named(name: str = "", host: str = "nas.example.org", address: str = "10.0.0.2") -> Monitor:
    return Monitor("1", address, "ping", CHANNEL, DetectionSettings(), name, host=host)


def of_url(host: str) -> Monitor:
    url = (("url", "https://nas.example.org/"),)
    return replace(named(host=host), mon_type="http", probe_options=url)


@pytest.mark.parametrize(
    ("monitor", "label", "bold"),
    [
        (named(), "nas.example.org (10.0.0.2)", "nas.example.org"),
        (named("NAS"), "NAS (nas.example.org, 10.0.0.2)", "NAS"),
        (named("NAS (old)"), "NAS (old) (nas.example.org, 10.0.0.2)", "NAS (old)"),
        (named(address=""), "nas.example.org", "nas.example.org"),
        (named("NAS", address=""), "NAS (nas.example.org)", "NAS"),
        (named("NAS", host=""), "NAS (10.0.0.2)", "NAS"),
        (named(host=""), "10.0.0.2", "10.0.0.2"),
        (of_url("nas.example.org"), "https://nas.example.org/ (10.0.0.2)", "https://nas.example.org/"),
        (of_url(""), "https://nas.example.org/ (10.0.0.2)", "https://nas.example.org/"),
    ],
)
def test_a_label_has_name_host_and_address(monitor: Monitor, label: str, bold: str) -> None:
    assert monitor.label == label
    event = {"name": monitor.name, "address": monitor.target_label}
    assert device(event) == label.replace(bold, f"<b>{bold}</b>", 1)


def test_another_address_of_the_same_name_is_no_other_target() -> None:
    assert not is_other_target(named(), named(address="10.0.0.3"))
    assert is_other_target(named(), named(host="gate"))
    assert is_other_target(named(), named(host=""))
    assert is_other_target(named(host=""), named(host="", address="10.0.0.3"))
