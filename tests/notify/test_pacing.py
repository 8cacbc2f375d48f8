"""When an address may be written to."""

from pingmon.channels.telegram.service import LIMITS
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus
from pingmon.notify.pacing import Pacing

LATER = DeliveryStatus.LATER


def test_a_retry_ends_our_own_pauses_and_never_those_of_the_service() -> None:
    pacing = Pacing(LIMITS)
    pacing.on_failed("1001", 1, DeliveryAnswer(LATER, retry_after=40.0), 100.0)
    pacing.on_failed("1002", 2, DeliveryAnswer(DeliveryStatus.REFUSED), 100.0)
    pacing.on_failed("1003", 3, DeliveryAnswer(LATER, was_heard=False), 100.0)
    assert pacing.ready_at("1002", 2) > 300 and pacing.ready_at("1003", 3) > 100
    for address, channel in (("1001", 1), ("1002", 2), ("1003", 3)):
        pacing.retry(address, channel, 101.0)
    assert pacing.ready_at("1001", 1) == 140.0
    assert pacing.ready_at("1002", 2) <= 101 and pacing.ready_at("1003", 3) <= 101


def test_a_flood_of_the_whole_account_outlasts_a_retry() -> None:
    pacing = Pacing(LIMITS)
    pacing.on_failed("1001", 1, DeliveryAnswer(LATER, retry_after=40.0), 100.0)
    pacing.on_failed("1002", 2, DeliveryAnswer(LATER, retry_after=50.0), 100.0)
    pacing.retry("1003", 3, 101.0)
    assert pacing.ready_at("1003", 3) == 150.0
