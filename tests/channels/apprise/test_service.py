"""The library Apprise in its process, against servers that speak as services do, or misbehave."""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pingmon.channels.apprise import runner, service
from pingmon.channels.apprise.service import AppriseClient, AppriseService, AppriseSettings, type_of
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus, OutgoingMessage
from pingmon.model.errors import InvalidValue, Refused
from pingmon.model.redaction import redact
from tests.support.lab import until
from tests.support.raw_server import RawServer, answering, http, timed, trickling
from tests.support.services import Matrix, Ntfy

PRIVATE = AppriseSettings(allow_private=True)
TOPIC = "CanaryTopic"
DOWN, UP = {"type": "down"}, {"type": "up"}
TEXT = "🔴 printer is down: no reply\nsince 12:00"
MESSAGE = OutgoingMessage(TEXT, "", "🔴 printer is down: no reply", key="k", events=(DOWN,))


@pytest.fixture(scope="module")
def ntfy() -> Iterator[Ntfy]:
    with Ntfy() as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_shows(ntfy: Ntfy, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    ntfy.always = ""
    ntfy.messages.clear()
    with caplog.at_level(logging.DEBUG):
        yield
    assert not [one for one in caplog.records if "Canary" in redact(one.getMessage())]


def send(
    url: str, message: OutgoingMessage = MESSAGE, settings: AppriseSettings = PRIVATE
) -> DeliveryAnswer:
    answer = AppriseClient(url, settings).send("", None, message)
    assert "Canary" not in answer.reason + answer.remedy
    return answer


def url_of(ntfy: Ntfy) -> str:
    return f"ntfy://127.0.0.1:{ntfy.port}/{TOPIC}"


def test_a_message_arrives_with_its_title_and_its_text(ntfy: Ntfy) -> None:
    assert send(url_of(ntfy)).is_delivered
    assert [(one["to"], one["text"]) for one in ntfy.messages] == [(TOPIC, TEXT)]


def test_a_message_of_one_line_arrives(ntfy: Ntfy) -> None:
    line = "pingmon: a test for printer"
    assert send(url_of(ntfy), OutgoingMessage(line, "", line, key="k")).is_delivered
    assert [one["text"] for one in ntfy.messages] == [line]


@pytest.mark.parametrize(
    ("mood", "status", "uncertain"),
    [
        ("500", DeliveryStatus.LATER, False),
        ("429", DeliveryStatus.LATER, False),
        ("302", DeliveryStatus.LATER, False),
        ("410", DeliveryStatus.REFUSED, False),
        ("after", DeliveryStatus.LATER, True),
    ],
)
def test_what_the_service_says_is_read_from_the_librarys_log(
    ntfy: Ntfy, mood: str, status: DeliveryStatus, uncertain: bool
) -> None:
    ntfy.always = mood
    answer = send(url_of(ntfy))
    assert (answer.status, answer.uncertain) == (status, uncertain)
    assert "ntfy" in answer.reason
    assert answer.was_heard == (mood != "after")


def test_a_password_that_is_wrong_is_refused() -> None:
    with Matrix() as matrix:
        answer = send(f"matrix://pingmon:CanaryWrong@127.0.0.1:{matrix.port}/#alerts")
    assert answer.status is DeliveryStatus.REFUSED and "error=401" in answer.reason


def test_a_service_that_can_not_be_reached_is_asked_again_and_nothing_is_uncertain() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = send(f"ntfy://127.0.0.1:{taken.getsockname()[1]}/{TOPIC}")
    assert answer.status is DeliveryStatus.LATER and not answer.uncertain and not answer.was_heard


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_address_is_refused_when_added_and_when_sent_to(ntfy: Ntfy, host: str) -> None:
    before, url = ntfy.requests, f"ntfy://{host}:{ntfy.port}/{TOPIC}"
    made = AppriseService(AppriseSettings())
    with pytest.raises(Refused, match="this machine, which is not allowed; allow_private"):
        made.check(made.parse({"apprise": url}, {}))
    answer = send(url, settings=AppriseSettings())
    assert answer.status is DeliveryStatus.REFUSED and "not allowed" in answer.reason
    assert ntfy.requests == before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nosuchservice://host/Canary", "Apprise takes no such URL"),
        ("slack://CanaryToken", "Apprise takes no such URL"),
        ("ntfy://", "check the URL"),
    ],
)
def test_what_the_library_can_not_use_is_refused(url: str, words: str) -> None:
    answer = send(url)
    assert answer.status is DeliveryStatus.REFUSED and words in f"{answer.reason}; {answer.remedy}"


def test_files_of_this_machine_are_neither_read_nor_sent(tmp_path: Path) -> None:
    """An option of a URL names a template, which would be sent."""
    secret = tmp_path / "secret.json"
    secret.write_text('{"text": "CanaryFile"}')
    with RawServer(trickling(b"HTTP/1.1 200 OK\r\n\r\n", 0)) as server:
        answer = send(f"workflows://127.0.0.1:{server.port}/workflow/signature?template={secret}")
    assert answer.status is DeliveryStatus.REFUSED
    assert "wants a file of this machine, which is not allowed" in answer.reason
    assert server.requests == []


def test_a_service_that_trickles_for_ever_is_ended_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SECONDS", 3.0)
    with RawServer(trickling(b"HTTP/1.1 200 OK\r\nX: x", 0.05)) as server:
        answer, took = timed(lambda: send(f"ntfy://127.0.0.1:{server.port}/{TOPIC}"))
    assert answer.status is DeliveryStatus.LATER and answer.uncertain
    assert answer.reason == "no answer in time" and took < 10


def test_a_service_that_answers_without_end_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SECONDS", 15.0)

    def endless(server: RawServer, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.stopped.is_set():
            connection.sendall(bytes(1 << 20))
            sizes.append(memory_of_children())

    sizes: list[int] = []
    with RawServer(endless) as server:
        answer = send(f"json://127.0.0.1:{server.port}/")
    assert answer.status is DeliveryStatus.LATER and answer.uncertain
    assert max(sizes) < 600 << 20


def test_a_redirect_to_another_server_gets_no_secrets() -> None:
    with RawServer(answering(http("200 OK", b""))) as thief:
        target = f"Location: http://localhost:{thief.port}/"
        with RawServer(answering(http("302 Found", b"", target))) as server:
            answer = send(f"json://127.0.0.1:{server.port}/?method=get&+X-Token=CanaryToken")
    assert server.requests and not thief.requests and not answer.is_delivered


def memory_of_children() -> int:
    """Bytes, of the largest process that we started."""
    me, sizes = os.getpid(), [0]
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = place.read_text().rpartition(")")[2].split()
            if int(fields[1]) == me:
                sizes.append(int(fields[21]) * os.sysconf("SC_PAGE_SIZE"))
    return max(sizes)


def test_services_that_are_silent_leave_room_for_others(
    ntfy: Ntfy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_USUAL", 0.0)  # all are slow
    with RawServer(trickling(b"HTTP/1.1 200 OK\r\nX: ", 0.2)) as silent:
        url = f"json://127.0.0.1:{silent.port}/"
        monkeypatch.setattr(service, "SECONDS", 1.0)
        send(url)
        monkeypatch.setattr(service, "SECONDS", 8.0)
        threads = [threading.Thread(target=send, args=(url,)) for _ in range(runner.AT_ONCE * 2)]
        for thread in threads:
            thread.start()
        until(lambda: len(silent.requests) == 1 + runner.AT_ONCE // 2, 20, "all that may run")
        answer, seconds = timed(lambda: send(url_of(ntfy)))
        silent.stopped.set()
        for thread in threads:
            thread.join()
    assert answer.is_delivered and seconds < 6


def test_a_library_that_is_missing_is_said_and_may_come_later(
    ntfy: Ntfy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "apprise"
    blocked.mkdir()
    (blocked / "__init__.py").write_text("raise ModuleNotFoundError('no', name='apprise')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = AppriseService(PRIVATE)
    with pytest.raises(Refused, match="Apprise is not installed; install it"):
        made.check(made.parse({"apprise": url_of(ntfy)}, {}))
    answer = send(url_of(ntfy))
    assert answer.status is DeliveryStatus.LATER and "not installed" in answer.reason
    monkeypatch.delenv("PYTHONPATH")
    assert send(url_of(ntfy)).is_delivered


def test_the_url_is_in_no_processs_arguments_or_environment(ntfy: Ntfy) -> None:
    """While the service lets us wait."""
    seen, is_over = list[bytes](), threading.Event()

    def look() -> None:
        while not is_over.wait(0.02):
            for place in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        seen.append((place / name).read_bytes())
                    except OSError:
                        continue

    watcher = threading.Thread(target=look)
    watcher.start()
    ntfy.delay = 1.0
    assert send(url_of(ntfy)).is_delivered
    ntfy.delay = 0.0
    is_over.set()
    watcher.join()
    assert any(b"apprise.child" in one for one in seen)
    assert not any(TOPIC.encode() in one for one in seen)


def test_a_longer_text_than_the_service_takes_is_made_shorter_or_split(ntfy: Ntfy) -> None:
    long = OutgoingMessage("x" * 9000, "", "x", key="k")
    assert send(url_of(ntfy), long).status is DeliveryStatus.TOO_LONG
    assert ntfy.messages == []


def test_no_more_processes_run_than_are_allowed_at_once(
    ntfy: Ntfy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_slots", threading.BoundedSemaphore(1))
    monkeypatch.setattr(runner, "_WAIT", 0.1)
    with runner._slots:
        answer = send(url_of(ntfy))
    assert answer.status is DeliveryStatus.LATER and "at once" in answer.reason
    assert send(url_of(ntfy)).is_delivered


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ((DOWN,), "failure"),
        ((UP,), "success"),
        ((UP, DOWN), "failure"),
        (({"type": "x"}, UP), "info"),
        ((), "info"),
    ],
)
def test_the_worst_of_what_is_told_gives_the_colour(
    events: tuple[dict[str, str], ...], kind: str
) -> None:
    assert type_of(OutgoingMessage("x", events=events)) == kind


@pytest.mark.parametrize("scheme", ["dbus", "KDE", "syslog", "gnome", "windows", "macosx"])
def test_what_would_tell_this_machine_is_refused(scheme: str) -> None:
    with pytest.raises(InvalidValue, match="tells this machine"):
        AppriseService(PRIVATE).parse({"apprise": f"{scheme}://localhost/Canary"}, {})


def test_a_url_is_shown_by_nothing_but_its_scheme() -> None:
    made = AppriseService(PRIVATE)
    url = "tgram://123456789:CanaryToken_-abc/CanaryChat"
    request = made.parse({"apprise": f" {url}\n"}, {})
    assert request.secret == url and request.address.startswith("tgram://...")
    assert "Canary" not in request.address + repr(request)
    assert made.parse({"apprise": request.address}, {request.account: url}) == request
    with pytest.raises(InvalidValue, match="give the URL itself"):
        made.parse({"apprise": request.address}, {})
    for text in ("", "Canary", "Canary://", "a b://Canary", "discord://Canary two"):
        with pytest.raises(InvalidValue) as error:
            made.parse({"apprise": text}, {})
        assert "Canary" not in str(error.value)


def test_what_can_be_reached_without_sending_proves_a_way_out(ntfy: Ntfy) -> None:
    before = ntfy.requests
    assert AppriseService(PRIVATE).is_reachable(url_of(ntfy))
    assert not AppriseService(AppriseSettings()).is_reachable(url_of(ntfy))
    assert not AppriseService(PRIVATE).is_reachable("ntfy://127.0.0.1:1/topic")
    assert not AppriseService(PRIVATE).is_reachable("nosuch://service")
    assert AppriseService(PRIVATE).is_local(url_of(ntfy)) and ntfy.requests == before


def test_a_check_sends_nothing(ntfy: Ntfy) -> None:
    before, began = ntfy.requests, time.monotonic()
    assert AppriseClient(url_of(ntfy), PRIVATE).check_address("").is_delivered
    assert ntfy.requests == before and time.monotonic() - began < 10
