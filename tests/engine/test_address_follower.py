"""A monitor follows the address of its name with all that is known of its device, or not at all."""

import threading
import time
from array import array
from dataclasses import replace
from typing import Any

import pytest

from pingmon.daemon.application import Application
from pingmon.engine.way_watch import SightChange
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.loss_model import LossModel
from pingmon.model.monitor import Monitor
from pingmon.model.name_schedule import Resolved
from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.visibility import Verdict, WayOut
from pingmon.operations.edit_monitors import edit_monitor
from pingmon.storage.sqlite.transactions import StorageUnavailable
from tests.operations.test_import_plan import Client, api, application, row
from tests.support.fakes import FakeEngine
from tests.support.lab import until

__all__ = ["api", "application"]
HOST, A, B = "nas.example.net", "10.0.0.1", "10.0.0.2"
NAMED = {"ip_address": None, "host": HOST, "verify": False}


@pytest.fixture(autouse=True)
def no_resolver(application: Application) -> None:
    """Addresses are what a test says."""
    application.names._lookups._look_up = lambda *_: Resolved(problem="x", kind="EAI_AGAIN")


def add(application: Application, **more: Any) -> str:
    return str(Client(application)("add_mon", **row(1, **NAMED | more))["id"])


def monitor_of(application: Application, monitor_id: str) -> Monitor:
    return application.worker_pool.monitors[monitor_id]


def move(application: Application, address: str) -> str:
    return application.worker_pool.use_address(HOST, "any", address)


def addresses(application: Application) -> list[str]:
    return sorted(one.address for one in application.worker_pool.workers())


def stored(application: Application) -> dict[str, str]:
    return {one.id: one.address for one, _ in application.context.store.load()}


def learn(application: Application, monitor_id: str) -> DetectorState:
    """As if much had been seen of the device at its present address."""
    worker = application.worker_pool.worker_of(monitor_of(application, monitor_id).watched_at)
    assert worker
    (group,) = worker.groups
    known = DetectorState(
        State.UP, 1.0, told=State.UP, told_since=1.0, run=2, run_is_loss=True, run_from=time.time(),
        loss_model=LossModel().with_replies(5000),
    )  # fmt: skip
    group.states[monitor_id] = known
    group.count_replies(ReplyBatch(array("d", [time.time(), 0.001])), worker._time.offset)
    return known


def test_all_that_is_known_goes_along_and_the_old_worker_ends(application: Application) -> None:
    one = add(application)
    assert addresses(application) == [HOST]
    move(application, A)
    known = learn(application, one)
    old = application.worker_pool.worker_of(A)
    move(application, B)
    state = application.worker_pool.state_of(one)
    assert state and (state.told, state.run, state.since) == (State.UP, 2, 1.0)
    assert state.loss_model == known.loss_model
    assert addresses(application) == [B] and stored(application) == {one: B}
    assert old and not old.is_alive()


def test_results_of_the_old_address_that_come_later_do_not_count(application: Application) -> None:
    one, other = add(application), add(application, chat_id=1002)
    by_address = Client(application)("add_mon", **row(1, verify=False))["id"]
    move(application, A)
    known = learn_all(application)
    old = application.worker_pool.worker_of(A)
    assert old
    (group,) = old.groups
    move(application, B)
    losses = [ProbeResult(Outcome.TIMEOUT, time.time())] * 50
    group.target.deliver(losses)
    until(lambda: old.groups[0].states[by_address].state is State.DOWN, 5, "who stays to hear them")
    for each in (one, other):
        state = application.worker_pool.state_of(each)
        assert state and (state.state, state.run) == (State.UP, known[each].run)


def learn_all(application: Application) -> dict[str, DetectorState]:
    worker = application.worker_pool.worker_of(A)
    assert worker
    (group,) = worker.groups
    up = DetectorState(State.UP, 1.0, told=State.UP, told_since=1.0, seen=1.0)
    group.states.update(dict.fromkeys(group.states, up))
    return dict(group.states)


def test_what_was_found_out_of_a_name_without_an_address_is_forgotten(application: Application) -> None:
    one = add(application)
    worker = application.worker_pool.worker_of(HOST)
    assert worker
    (group,) = worker.groups
    group.target.deliver([ProbeResult(Outcome.ERROR, time.time(), detail="x")] * 50)
    until(lambda: group.states[one].state is State.DOWN, 5)
    move(application, A)
    state = application.worker_pool.state_of(one)
    assert state and (state.state, state.run, state.loss_model) == (State.UNKNOWN, 0, LossModel())


def test_a_move_that_can_not_be_stored_changes_nothing(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = add(application)
    move(application, A)

    def fail(*_: Any) -> set[int]:
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(application.context.store, "use_addresses", fail)
        with pytest.raises(StorageUnavailable):
            move(application, B)
    assert addresses(application) == [A] and monitor_of(application, one).address == A
    move(application, B)
    assert addresses(application) == [B]


def test_a_monitor_that_can_not_be_probed_there_stays_and_the_others_go(application: Application) -> None:
    one, bound = add(application), add(application, chat_id=1002, source="::1")
    words = move(application, A)
    assert "source" in words or "::1" in words
    assert monitor_of(application, one).address == A
    assert monitor_of(application, bound).address == ""


def test_an_edit_that_was_judged_before_the_move_is_carried_out_after_it(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = add(application)
    move(application, A)
    plan = Client(application)
    assert plan.check(row(1, ip_address=None, host=HOST, name="NAS"), update=True)["changed"] == 1
    move(application, B)
    assert plan.until_done("plan_commit")["changed"] == 1
    found = monitor_of(application, one)
    assert (found.name, found.address) == ("NAS", B) and stored(application) == {one: B}
    edit_monitor(application.context, "test", one, {"interval": 5}, verify=False)
    assert monitor_of(application, one).detection.interval == 5


def test_names_and_edits_at_once_leave_each_monitor_with_one_worker(application: Application) -> None:
    ids = [add(application, chat_id=number + 1) for number in range(5)]
    stop = threading.Event()

    def wander() -> None:
        while not stop.is_set():
            for address in (A, B):
                move(application, address)

    thread = threading.Thread(target=wander)
    thread.start()
    client = Client(application)
    for number in range(20):
        client("edit_mon", id=ids[number % 5], interval=number + 1, verify=False)
        client("pause_mon", id=ids[(number + 1) % 5])
        client("resume_mon", id=ids[(number + 1) % 5])
    stop.set()
    thread.join()
    move(application, A)
    (worker,) = application.worker_pool.workers()
    watched = sorted(one for group in worker.groups for one in group.monitors)
    assert watched == sorted(ids)
    assert not any(state.is_paused for group in worker.groups for state in group.states.values())
    assert sum(application.worker_pool.counts().values()) == 5


def test_kinds_that_want_to_know_the_name_probe_each_name_for_itself(application: Application) -> None:
    for host in (HOST, "web.example.net"):
        add(application, host=host, mon_type="tls")
        application.worker_pool.use_address(host, "any", A)
    worker = application.worker_pool.worker_of(A)
    assert worker
    assert {dict(one.probe_options)["server_name"] for one in worker.groups} == {HOST, "web.example.net"}


def test_the_same_name_and_address_are_another_target_each(application: Application) -> None:
    named = add(application)
    move(application, A)
    by_address = Client(application)("add_mon", **row(1, verify=False))["id"]
    assert named != by_address and addresses(application) == [A]
    again = Client(application)("add_mon", **row(1, **NAMED))
    assert again == {"id": named, "created": False}
    moved = replace(monitor_of(application, named), address=B)
    assert moved.what == monitor_of(application, named).what


class Ways:
    """What leaves for A is lost, what leaves for B is not."""

    is_blind, ways = True, None

    def __init__(self) -> None:
        self.ways = self

    def of(self, address: str, source: str = "") -> WayOut:
        return WayOut("lost" if address == A else "well", "", 4)

    def all(self) -> list[WayOut]:
        return [self.of(A), self.of(B)]


def test_a_device_that_moved_while_its_way_was_lost_is_seen_again() -> None:
    for is_told in (True, False):
        engine, ways = FakeEngine(), Ways()
        engine.visibility._ways = ways  # type: ignore[assignment]
        engine.add("nas", DetectionSettings(), A)
        engine.visibility._go_blind(SightChange(ways.of(A), True, time.time(), "lost"))
        assert engine.state("nas").blind_reason == Verdict.BLIND
        old, new = engine.monitors["nas"], replace(engine.monitors["nas"], address=B)
        state = engine.state("nas")
        engine.workers[A].remove(old)
        engine.add("other", DetectionSettings(), B)
        engine.workers[B].add(new, state)
        engine.monitors.put(new)
        if is_told:
            engine.visibility.on_moved([new])
        else:
            engine.visibility._see_again(SightChange(ways.of(A), False, time.time()))
        assert engine.state("nas").blind_reason == ""
