"""TLS with real servers: certificates that a test makes, and servers that misbehave."""

import asyncio
import calendar
import os
import socket
import ssl
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from pingmon.model.errors import InvalidValue
from pingmon.model.probe_result import Outcome
from pingmon.probes.paced.tls import _contexts
from pingmon.probes.tls import TlsProbe
from tests.support.certificates import Authority
from tests.support.conversations import Watch, watching

A = "127.0.0.1"
NAMES = "DNS:a.example,IP:127.0.0.1"
Behave = Callable[[socket.socket], None]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def tls() -> Iterator[Watch]:
    with watching("tls") as watch:
        yield watch


@contextmanager
def server(behave: Behave) -> Iterator[int]:
    """Its port. behave: with each connection, which is closed afterwards."""
    with socket.create_server((A, 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    accepted, _ = listening.accept()
                except OSError:
                    return
                with accepted:
                    accepted.settimeout(10)
                    with suppress(OSError):  # the client is gone
                        behave(accepted)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(15)


def speaking(certificate: Path, key: Path) -> Behave:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def behave(accepted: socket.socket) -> None:
        with context.wrap_socket(accepted, server_side=True) as secure:
            secure.recv(100)

    return behave


def ends_of(certificate: Path) -> float:
    shown = ssl._ssl._test_decode_cert(str(certificate))  # type: ignore[attr-defined]
    return float(calendar.timegm(time.strptime(shown["notAfter"], "%b %d %H:%M:%S %Y GMT")))


def test_a_valid_certificate_is_a_reply_and_its_end_is_known(tls: Watch, authority: Authority) -> None:
    certificate, key = authority.sign("valid", NAMES)
    with server(speaking(certificate, key)) as port:
        by_address = tls(A, port=port, ca_file=str(authority.ca_file))
        by_name = tls(A, port=port, ca_file=str(authority.ca_file), server_name="a.example")
        for seen in (by_address, by_name):
            found = seen.first()
            assert found.outcome is Outcome.REPLY and found.rtt is not None and 0 < found.rtt < 1
            assert seen.target.certificate_ends == ends_of(certificate)


def test_what_is_wrong_with_a_certificate_is_told_apart(
    tls: Watch, authority: Authority, tmp_path: Path
) -> None:
    ended = authority.sign("ended", NAMES, days=-1)
    other = authority.sign("other", "DNS:b.example")
    valid = authority.sign("good", NAMES)
    alone = Authority(tmp_path, "alone")
    trusted = str(authority.ca_file)
    with ExitStack() as stack:
        ports = {
            name: stack.enter_context(server(speaking(*files)))
            for name, files in {
                "ended": ended,
                "other": other,
                "valid": valid,
                "alone": (alone.ca_file, tmp_path / "alone.key"),
            }.items()
        }
        seen = {name: tls(A, port=port, ca_file=trusted) for name, port in ports.items()}
        seen["of the system"] = tls(A, port=ports["valid"])
        words = {name: one.results(2)[-1] for name, one in seen.items()}
    assert words["valid"].outcome is Outcome.REPLY
    day = time.strftime("%Y-%m-%d", time.gmtime(ends_of(ended[0])))
    told = {name: one.detail for name, one in words.items() if one.outcome is Outcome.ERROR}
    assert told["ended"] == f"the certificate ended on {day}"
    assert told["other"] == f"the certificate is not for {A}"
    assert told["alone"] == "the certificate is self-signed"
    assert "an authority that is not known here" in told["of the system"]


def test_servers_that_misbehave_are_told_apart(tls: Watch) -> None:
    def reset(accepted: socket.socket) -> None:
        accepted.recv(100)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))

    behaviours: dict[str, Behave] = {
        "silent": lambda accepted: time.sleep(2.0),
        "half": lambda accepted: accepted.sendall(accepted.recv(4096)[:0] + b"\x16\x03\x03\x00\x7a\x02"),
        "reset": reset,
        "other": lambda accepted: accepted.sendall(accepted.recv(4096)[:0] + b"220 mail.example\r\n"),
    }
    with ExitStack() as stack:
        seen = {
            name: tls(A, port=stack.enter_context(server(behave)), timeout=1.0)
            for name, behave in behaviours.items()
        }
        found = {name: one.first() for name, one in seen.items()}
    assert found["silent"].outcome is Outcome.TIMEOUT
    assert found["silent"].detail == "no TLS handshake within 1 s"
    assert found["half"].detail == "it closed the connection during the TLS handshake"
    assert found["reset"].detail == "the connection was reset"
    assert found["other"].detail == "it does not speak TLS on this port"
    assert all(one.outcome is Outcome.ERROR for name, one in found.items() if name != "silent")


def test_settings_are_checked(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for ca_file in (tmp_path / "empty.pem", tmp_path / "missing.pem"):
        with pytest.raises(InvalidValue, match="ca_file"):
            TlsProbe(A, {"ca_file": str(ca_file)})
    with pytest.raises(InvalidValue, match="ca_file: give the whole path"):
        TlsProbe(A, {"ca_file": "empty.pem"})
    began = time.monotonic()
    for name in ("a..b", ".b", "a b", "".join(map(chr, range(0x4E00, 0x4E00 + 8000)))):
        with pytest.raises(InvalidValue, match="is no host's name"):
            TlsProbe(A, {"server_name": name})
    assert time.monotonic() - began < 2


def test_ca_file_that_is_none_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "long.pem").write_bytes(b" " * (1 << 21))
    for name, words in (
        ("pipe", "no regular file"),
        ("long.pem", "longer than"),
        (".", "no regular file"),
    ):
        with pytest.raises(InvalidValue, match=words):
            TlsProbe(A, {"ca_file": str(tmp_path / name)})
    authority = Authority(tmp_path, "authority")
    probe = TlsProbe(A, {"ca_file": str(authority.ca_file)})
    authority.ca_file.unlink()
    os.mkfifo(authority.ca_file)
    answer = asyncio.run(probe.run(1.0))
    assert answer.outcome is Outcome.LOCAL_ERROR
    assert answer.detail == "could not send: ca_file: it is no regular file"


def test_files_of_authorities_do_not_fill_the_memory(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    for number in range(100):
        TlsProbe(A, {"ca_file": f"{authority.ca_file.parent}/{'./' * number}{authority.ca_file.name}"})
    assert len(_contexts) <= 32


def test_a_handshake_that_hangs_takes_little_memory() -> None:
    async def run(port: int) -> int:
        probe = TlsProbe(A, {"port": port})
        await probe.run(0.1)
        tracemalloc.start()
        asked = [asyncio.create_task(probe.run(5.0)) for _ in range(50)]
        await asyncio.sleep(0.3)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        for one in asked:
            one.cancel()
        await asyncio.wait(asked)
        return used // len(asked)

    with socket.create_server((A, 0), backlog=100) as listening:
        assert asyncio.run(run(listening.getsockname()[1])) < 100_000
