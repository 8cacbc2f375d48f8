"""The answer to /add is edited when it is known whether the device answers."""

import time
from dataclasses import replace

from pingmon.chat.first_replies import MOST, FirstReplies
from pingmon.model.chat_messages import ChatAnswer
from pingmon.model.monitor import Monitor
from pingmon.notify.translation import ENGLISH
from tests.support.chat_desk import Desk, checked
from tests.support.lab import until


def watched(desk: Desk, monitor: Monitor) -> tuple[FirstReplies, list[ChatAnswer]]:
    replies, edits = FirstReplies(desk.context), list[ChatAnswer]()
    replies._is_running = True  # the test runs it by hand
    replies.watch(monitor.id, ENGLISH, edits.append)
    return replies, edits


def test_it_answers(desk: Desk) -> None:
    monitor = desk.add(2, "printer")
    replies, edits = watched(desk, monitor)
    now = replies._awaited[0].began
    assert replies.run_once(now) and not edits
    worker = desk.context.worker_pool.worker_of(monitor.address)
    assert worker is not None
    worker._change([monitor.id], lambda one: replace(one, seen=time.time()))
    assert not replies.run_once(now + 1)
    (answer,) = edits
    assert "is watched, and answers" in checked(answer).text and monitor.id[:8] in answer.text


def test_it_does_not_answer(desk: Desk) -> None:
    replies, edits = watched(desk, desk.add(2, "printer", timeout=1))
    now = replies._awaited[0].began
    assert replies.run_once(now + 1.9) and not replies.run_once(now + 2.1)
    assert "has not answered within 2 s; it is watched on" in checked(edits[0]).text


def test_nobody_waits_for_long(desk: Desk) -> None:
    replies, edits = watched(desk, desk.add(2, "printer", timeout=60, interval=120))
    replies.run_once(time.monotonic() + MOST + 0.1)
    assert len(edits) == 1


def test_it_was_deleted_meanwhile(desk: Desk) -> None:
    monitor = desk.add(2, "printer")
    replies, edits = watched(desk, monitor)
    desk.context.worker_pool.delete(monitor.id)
    assert not replies.run_once(time.monotonic()) and edits == []  # who deleted it has the Undo there


def test_an_edit_that_fails_does_not_end_the_others(desk: Desk) -> None:
    replies, edits = watched(desk, desk.add(2, "printer"))

    def fail(_: ChatAnswer) -> None:
        raise OSError

    replies.watch(desk.add(3, "nas").id, ENGLISH, fail)
    assert not replies.run_once(time.monotonic() + MOST) and len(edits) == 1


def test_its_thread_runs_while_something_is_awaited(desk: Desk) -> None:
    replies, edits = FirstReplies(desk.context), list[ChatAnswer]()
    replies.watch(desk.add(2, "printer", timeout=0.5).id, ENGLISH, edits.append)
    until(lambda: bool(edits), 20.0)
    until(lambda: not replies._is_running, 20.0)
    replies.stop()
