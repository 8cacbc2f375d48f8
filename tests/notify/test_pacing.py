"""When an address may be written to."""

from itertools import pairwise

from pingmon.channels.telegram.service import LIMITS
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus
from pingmon.notify.pacing import FIRST_HOLD, MOST, Pacing

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


def flood(pacing: Pacing, chat: str, seconds: float, now: float) -> None:
    pacing.on_failed(chat, int(chat), DeliveryAnswer(LATER, retry_after=seconds), now)


def ready(pacing: Pacing, *chats: int) -> list[float]:
    return [pacing.ready_at(str(chat), chat) for chat in chats]


def test_a_flood_of_the_whole_account_outlasts_a_retry() -> None:
    pacing = Pacing(LIMITS)
    for chat in ("1", "2", "3"):
        flood(pacing, chat, 40.0, 100.0)
    pacing.retry("4", 4, 101.0)
    assert ready(pacing, 1, 2, 3, 4) == [140.0, 140.0, 140.0, 100.0 + FIRST_HOLD]


def test_the_waits_of_two_chats_are_theirs_alone() -> None:
    pacing = Pacing(LIMITS)
    flood(pacing, "1", 8288.0, 100.0)
    flood(pacing, "2", 3.0, 100.5)
    assert ready(pacing, 1, 2, 3) == [8388.0, 103.5, 0.0]


def test_a_wait_is_never_cut_by_what_follows() -> None:
    pacing = Pacing(LIMITS)
    flood(pacing, "1", 8288.0, 100.0)
    flood(pacing, "1", 3.0, 101.0)  # of another topic, or of a test message
    pacing.on_failed("1", 1, DeliveryAnswer(LATER), 102.0)
    pacing.retry("1", 1, 103.0)
    pacing.retry_now("1", 1)
    pacing.resume_account()
    pacing.on_sent("2", 104.0)
    assert ready(pacing, 1) == [8388.0]


def test_others_are_tried_ever_more_seldom_while_one_after_the_other_is_refused() -> None:
    pacing, now, tries = Pacing(LIMITS), 100.0, list[float]()
    for chat in range(1, 40):
        now = max(now, pacing.ready_at(str(chat), chat))
        tries.append(now)
        flood(pacing, str(chat), 1000.0 - (now - 100.0), now)
    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses[:7] == [0, 0, 5, 10, 20, 40, 60] and set(pauses[7:-20]) == {60.0}


def test_the_first_that_may_be_tried_again_ends_the_waiting_of_others() -> None:
    pacing = Pacing(LIMITS)
    for chat, seconds in (("1", 8288.0), ("2", 3.0), ("3", 2.0)):
        flood(pacing, chat, seconds, 100.0)
    assert ready(pacing, 4) == [102.0]
    pacing.on_sent("3", 102.0)
    assert ready(pacing, 4) == [0.0]
    flood(pacing, "5", 30.0, 103.0)  # counted anew
    flood(pacing, "6", 30.0, 103.0)
    assert ready(pacing, 4) == [0.0]


def test_floods_that_have_passed_say_nothing_of_the_account() -> None:
    pacing = Pacing(LIMITS)
    for number, chat in enumerate(("1", "2", "3", "4")):
        flood(pacing, chat, 5.0, 100.0 + 10 * number)
    assert ready(pacing, 9) == [0.0]


def test_a_page_instead_of_an_answer_is_tried_for_one_chat_not_for_each() -> None:
    pacing = Pacing(LIMITS)
    pacing.on_failed("1", 1, DeliveryAnswer(LATER, is_from_service=False), 100.0)
    assert 100.5 <= pacing.ready_at("2", 2) <= 101.0
    # But the wait that a proxy says to one is not that of all.
    pacing = Pacing(LIMITS)
    pacing.on_failed("1", 1, DeliveryAnswer(LATER, is_from_service=False, retry_after=3600.0), 100.0)
    assert ready(pacing, 1, 2) == [3700.0, 0.0]


def test_what_is_over_is_forgotten_however_many_chats_write() -> None:
    pacing = Pacing(LIMITS)
    for number in range(3 * MOST):
        now = 100.0 + 10 * number
        pacing.on_sent(str(number), now)
        pacing.on_failed(f"-{number}", number, DeliveryAnswer(LATER), now)
    maps = (pacing._spent, pacing._addresses, pacing._failures)
    assert all(len(one) <= MOST + 1 for one in maps)


def test_what_waits_is_not_forgotten() -> None:
    pacing = Pacing(LIMITS)
    for number in range(3 * MOST):
        pacing.on_sent(str(number), 100.0)
    assert pacing.ready_at("0") > 100.0
