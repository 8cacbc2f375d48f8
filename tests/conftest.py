"""Tests that need root and namespaces run by default; elsewhere they skip and say why."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.bot_api_models import refused_requests
from tests.support.lab import Lab, Pingmon

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")

# A shell starts what runs in its background with SIGINT ignored, and programs that tests start and
# interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first, lest one of them is left over when all others are done.

    Most tests wait rather than compute, so `make test` runs several side by side; what they share on
    disk they take turns at (support/container.py).
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def lab() -> Iterator[Lab]:
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft"):
        reason = "needs root, iproute2 and nftables, to make network namespaces"
        if os.environ.get("CI"):
            pytest.fail(f"CI must not skip this: {reason}")
        pytest.skip(reason)
    made = Lab()
    yield made
    made.close()


@pytest.fixture
def pingmon(lab: Lab, tmp_path: Path) -> Iterator[Pingmon]:
    made = Pingmon(lab, tmp_path)
    yield made
    made.close()
    calls = tmp_path / "messages.calls"
    if calls.exists():
        lines = calls.read_text().splitlines()
        assert refused_requests(map(json.loads, lines)) == []
