"""What is said of the service, from what systemd shows of it."""

import pytest

from pingmon.client.service_state import PROPERTIES, Phase, describe


@pytest.mark.parametrize(
    ("load", "active", "sub", "result", "status", "restarts", "words"),
    [
        ("loaded", "inactive", "dead", "success", "0", "0", "is stopped (systemctl start pingmon)"),
        ("loaded", "failed", "failed", "exit-code", "78", "0", "its configuration is wrong"),
        ("loaded", "failed", "failed", "exit-code", "2", "0", "its unit has wrong options"),
        (
            "loaded",
            "failed",
            "failed",
            "exit-code",
            "243",
            "0",
            "a credential of its unit can't be loaded",
        ),
        ("loaded", "failed", "failed", "start-limit-hit", "1", "9", "has failed (start-limit-hit)"),
        (
            "loaded",
            "activating",
            "auto-restart",
            "exit-code",
            "1",
            "3",
            "ended with status 1 and is tried",
        ),
        ("loaded", "activating", "auto-restart-queued", "signal", "9", "3", "is tried again"),
        ("loaded", "activating", "start", "success", "0", "4", "started again, for the 4. time"),
        ("loaded", "activating", "start", "success", "0", "0", "is starting"),
        ("loaded", "active", "running", "success", "0", "0", "runs, but does not answer"),
        ("loaded", "deactivating", "stop-sigterm", "success", "0", "0", "is being stopped"),
        ("masked", "inactive", "dead", "success", "0", "0", "is masked"),
    ],
)
def test_each_state_of_the_unit_has_its_words(
    load: str, active: str, sub: str, result: str, status: str, restarts: str, words: str
) -> None:
    values = (load, active, sub, result, status, restarts)
    shown = "\n".join(map("=".join, zip(PROPERTIES.split(","), values, strict=True)))
    said = describe(shown)
    assert said is not None and words in said.words
    if active in ("failed", "activating") and words != "is starting":
        assert "journalctl -u pingmon" in said.words
    passing = {"start": True, "stop-sigterm": True}.get(sub, False)
    assert (said.phase is Phase.PASSES) == passing
    assert (said.phase is Phase.RUNS) == (sub == "running")


def test_without_the_unit_nothing_is_said() -> None:
    assert describe("LoadState=not-found\nActiveState=inactive\n") is None
    assert describe("") is None
