"""A probe kind is a declaration, behaviour and a line: the engine works with any."""

import ast
import errno
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pingmon.engine.group_decisions import GroupDecisions
from pingmon.engine.probers import Probers, open_probers
from pingmon.engine.worker import Worker
from pingmon.engine.worker_pool import WorkerPool
from pingmon.engine.worker_threads import WorkerLimit
from pingmon.kinds import PROBE_KINDS
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState, State, Transition
from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.monitor import ChannelRequest, Monitor, MonitorRequest, probe_options_from
from pingmon.model.prober_protocols import Prober, ProberUnavailable
from pingmon.model.target_label import statistics_key
from pingmon.probes.registry import PROBERS
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store
from tests.support.extra_kinds.file_prober import FileProber
from tests.support.fakes import FakeProber, NoSilenceCheck
from tests.support.lab import until
from tests.support.paths import ROOT

A, B = "10.0.0.1", "10.0.0.2"
FAST = DetectionSettings(interval=0.2, timeout=0.2, down_after=2)


def request(
    address: str, kind: str = "file", chat: str = "1", detection: DetectionSettings = FAST, **options: str
) -> MonitorRequest:
    channel = ChannelRequest("telegram", "1:abc", "bot", chat)
    return MonitorRequest(address, kind, channel, detection, probe_options=probe_options_from(options))


def new_pool(store: Store, probers: Probers, decided: list[tuple[str, Transition]]) -> WorkerPool:
    def decide(monitor: Monitor, state: DetectorState, transition: Transition) -> None:
        decided.append((monitor.id, transition))

    def new_worker(address: str) -> Worker:
        return Worker(address, probers, GroupDecisions(decide, NoSilenceCheck(), pool.count_state))

    pool = WorkerPool(store, probers, new_worker, WorkerLimit(100, "the test"), lambda _: None)
    return pool


class Running:
    """A worker pool on a store, with a kind whose probes run in threads and one that never probes."""

    def __init__(self, directory: Path) -> None:
        self.files = directory / "files"
        self.files.mkdir()
        self.file_prober = FileProber()
        self.probers = Probers({"file": self.file_prober, "fake": FakeProber()})
        self.decided: list[tuple[str, Transition]] = []
        self.store = Store(open_database(directory / "pingmon.db"))
        self.pool = new_pool(self.store, self.probers, self.decided)
        self.probers.start()

    def close(self) -> None:
        for worker in self.pool.workers():
            worker.stop()
            worker.join()
        self.probers.stop()
        self.store.close()

    def request(self, address: str = A, chat: str = "1") -> MonitorRequest:
        return request(address, chat=chat, directory=str(self.files))

    def add(self, *requests: MonitorRequest) -> list[Monitor]:
        return [one.monitor for one in self.pool.add(requests, lambda *_: None)]

    def state(self, monitor: Monitor) -> State:
        worker = self.pool.worker_of(monitor.address)
        seen = worker.seen(monitor.id) if worker else None
        assert seen is not None
        return seen[0].state


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.close()


def test_targets_of_another_kind_are_decided_about_as_they_answer(running: Running) -> None:
    (running.files / A).touch()
    first, second = running.add(running.request(A), running.request(B))
    until(lambda: running.state(first) is State.UP, 10, "the target with a file to be up")
    until(lambda: running.state(second) is State.DOWN, 10, "the target without a file to be down")
    (running.files / A).unlink()
    until(lambda: running.state(first) is State.DOWN, 10, "the target to be down")
    (running.files / A).touch()
    until(lambda: running.state(first) is State.UP, 10, "the target to be up again")
    changes = [str(one.after) for monitor_id, one in running.decided if monitor_id == first.id]
    assert changes == ["up", "down", "up"]


def test_collected_replies_of_another_kind_are_flushed(running: Running) -> None:
    (running.files / A).touch()
    (monitor,) = running.add(running.request())
    until(lambda: running.state(monitor) is State.UP, 10, "the target to be up")
    (target,) = running.file_prober.targets
    until(lambda: len(target.collected) > 0, 10, "replies to be collected")
    worker = running.pool.worker_of(A)
    assert worker is not None
    answered = worker.seen(monitor.id)
    assert answered is not None
    running.probers.flush_replies()

    def newer() -> bool:
        seen = worker.seen(monitor.id)
        return seen is not None and seen[1] > answered[1]

    until(newer, 10, "the worker to take the collected replies")
    assert running.probers.replies() >= 2
    assert running.probers.stretch() == 1.0
    assert [name for name, _ in running.probers.heartbeats()] == ["file-prober"]


def test_equal_targets_are_probed_once(running: Running, tmp_path: Path) -> None:
    """Another chat shares the probes; other settings of the kind or another plan need their own."""
    other = tmp_path / "other"
    other.mkdir()
    slow = DetectionSettings(interval=5)
    running.add(running.request(), running.request(chat="2"))
    assert len(running.file_prober.targets) == 1
    more = running.add(
        request(A, directory=str(other)),
        request(A, chat="3", detection=slow, directory=str(running.files)),
        request(A, chat="4", directory=str(other)),
    )
    assert len(running.file_prober.targets) == 3
    for monitor in more:
        running.pool.delete(monitor.id)
    assert len(running.file_prober.targets) == 1


def test_kinds_of_one_address_share_its_worker_and_do_not_change_each_other(running: Running) -> None:
    (running.files / A).touch()
    by_file, by_fake = running.add(running.request(), request(A, "fake"))
    assert running.pool.size() == (2, 1)
    until(lambda: running.state(by_file) is State.UP, 10, "the target to be up")
    assert running.state(by_fake) is State.UNKNOWN
    running.pool.delete(by_file.id)
    assert running.file_prober.targets == [] and running.pool.size() == (1, 1)
    running.pool.delete(by_fake.id)
    assert running.pool.size() == (0, 0)


def test_targets_of_one_address_have_statistics_of_their_own(running: Running, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (running.files / A).touch()
    answering, silent = running.add(running.request(), request(A, directory=str(other)))
    until(lambda: running.state(answering) is State.UP, 10, "the target to be up")
    until(lambda: running.state(silent) is State.DOWN, 10, "the target without a file to be down")
    running.probers.flush_replies()
    worker = running.pool.worker_of(A)
    assert worker is not None
    found = dict[str, tuple[int, int]]()
    for one in worker.take_minute_stats(2**60):
        probes, losses = found.get(one.address, (0, 0))
        found[one.address] = probes + one.probes, losses + one.losses
    keys = [statistics_key("file", A, dict(one.probe_options)) for one in (answering, silent)]
    assert set(found) == set(keys)
    assert found[keys[0]][1] == 0
    assert found[keys[1]][0] == found[keys[1]][1] >= 2


def test_edited_settings_of_a_kind_move_the_monitor_to_another_target(
    running: Running, tmp_path: Path
) -> None:
    (running.files / A).touch()
    (monitor,) = running.add(running.request())
    until(lambda: running.state(monitor) is State.UP, 10, "the target to be up")
    other = tmp_path / "other"
    other.mkdir()
    moved = probe_options_from({"directory": str(other)})
    _, new = running.pool.edit(monitor.id, lambda one: replace(one, probe_options=moved))
    until(lambda: running.state(new) is State.DOWN, 10, "the other target to be down")
    assert [target.path for target in running.file_prober.targets] == [other / A]
    running.add(running.request())
    with pytest.raises(Conflict, match="watched already"):
        running.pool.edit(new.id, lambda one: replace(one, probe_options=running.request().probe_options))
    gone = probe_options_from({"directory": str(tmp_path / "none")})
    with pytest.raises(InvalidValue, match="directory"):
        running.pool.edit(new.id, lambda one: replace(one, probe_options=gone))
    assert running.pool.find_monitor(new.id).probe_options == moved


def test_what_can_not_be_probed_is_refused_and_not_stored(running: Running, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="directory must name a directory") as refused:
        running.add(running.request(), request(B, directory=str(tmp_path / "none")))
    assert refused.value.field == "directory"
    with pytest.raises(InvalidValue, match="there are: file, fake") as refused:
        running.add(request(A, "smoke"))
    assert refused.value.field == "mon_type"
    assert running.store.load() == [] and running.pool.size() == (0, 0)


def missing_library() -> Prober:
    raise ProberUnavailable("the library libfile is missing")


def no_permission() -> Prober:
    raise PermissionError(errno.EPERM, "give it CAP_NET_RAW")


def test_a_kind_that_this_machine_can_not_run_stops_only_its_own_monitors(
    running: Running, tmp_path: Path
) -> None:
    by_file, by_fake = running.add(running.request(), request(B, "fake"))
    probers = open_probers({"file": missing_library, "fake": FakeProber})
    pool = new_pool(running.store, probers, [])
    pool.resume()
    assert pool.size() == (1, 1) and by_fake.id in pool.monitors
    assert pool.unwatched == 1
    assert pool.why_unwatched == "this machine can't probe with file: the library libfile is missing"
    with pytest.raises(InvalidValue, match="libfile"):
        pool.add([running.request()], lambda *_: None)
    assert pool.delete(by_file.id) == (by_file.id, True)
    assert pool.unwatched == 0
    pool.delete(by_fake.id)


def test_a_kind_that_the_daemon_needs_keeps_it_from_starting() -> None:
    with pytest.raises(PermissionError, match="CAP_NET_RAW"):
        open_probers({"fake": FakeProber, "ping": no_permission})


def test_every_declared_kind_has_its_behaviour() -> None:
    assert set(PROBERS) == set(PROBE_KINDS)


def test_nothing_else_imports_the_behaviour_of_a_kind() -> None:
    """That nothing else names one: tests/docs/test_kinds.py."""
    rooms = ROOT / "src" / "pingmon"
    kinds = (one.stem for one in (rooms / "probes").iterdir() if one.stem != "registry")
    behaviour, importing = tuple(f"pingmon.probes.{kind}" for kind in kinds), []
    for path in rooms.rglob("*.py"):
        if path.relative_to(rooms).parts[0] in ("kinds", "probes"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(behaviour):
                importing.append(f"{path.relative_to(rooms)}:{node.lineno}")
    assert importing == []
