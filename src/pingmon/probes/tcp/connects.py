"""Connections of thousands of targets, without a task or a future for each.

They have a poll set of their own (epoll(7)), which the event loop sees as one file. It is looked at 100
times a second at most while many are under way: handshakes are the kernel's work, and it says how long
they took.

A connection is closed as a client does it, with FIN. Then it stays with us in TIME_WAIT for a minute, and
keeps its local port from that destination. So only as many as POLITE are closed like this; the rest of
thousands a minute is reset (SO_LINGER 0), which leaves nothing behind, and is what load balancers do. A
server may log that its client went away; it is no half-open connection as of a port scan.
"""

import errno
import select
import socket
import struct
import time
from typing import TYPE_CHECKING

from pingmon.model.probe_result import Outcome
from pingmon.probes.paced.answer import TIMEOUT, Answer
from pingmon.probes.paced.connecting import dropped_here, is_dropped_here, not_sent
from pingmon.probes.paced.target import PacedProbe

if TYPE_CHECKING:
    import asyncio

    from pingmon.probes.paced.runner import Finished

NAP = 0.01  # s; between two looks, unless somebody waits for the moment of a reset
MOST_EVENTS = 1000
TIME_WAIT = 60.0  # s; TCP_TIMEWAIT_LEN of Linux
POLITE = 4000.0  # in TIME_WAIT, on average; twice as many at most
_RESET = struct.pack("@ii", 1, 0)
_TROUBLE = select.EPOLLERR | select.EPOLLHUP


class ConnectRunner:
    """See probes.paced.runner.Runner. A conversation is a TcpProbe."""

    hears_all = True  # what arrived is with the kernel, however late we look
    grace = 0.0

    def __init__(self, loop: "asyncio.AbstractEventLoop", finished: "Finished") -> None:
        self._loop, self._finished = loop, finished
        self._epoll = select.epoll()
        self._open: dict[int, PacedProbe] = {}
        self._prompt = 0  # probes of which we measure the time ourselves
        self._is_heard = False
        self._polite, self._polite_at = POLITE, time.monotonic()

    @property
    def under_way(self) -> int:
        return len(self._open)

    def launch(self, probe: PacedProbe) -> None:
        conversation = probe.target.conversation
        found = conversation.begin()
        if isinstance(found, Answer):
            if found.kind == errno.errorcode[errno.EADDRNOTAVAIL]:
                self._polite = 0.0  # local ports are scarce here
            self._finished(probe, found)
            return
        sock, is_there = found
        if is_there and (answer := conversation.answer(sock, 0, time.monotonic() - probe.sent_mono)):
            self._end(probe, sock, answer)
            return
        probe.handle = sock
        self._open[sock.fileno()] = probe
        self._epoll.register(sock.fileno(), select.EPOLLOUT)
        self._prompt += conversation.closed_is_up
        self._hear()

    def cancel(self, probe: PacedProbe) -> None:
        sock = probe.handle
        if sock is not None:
            self._forget(sock.fileno(), probe)
            sock.close()

    def overdue(self, probe: PacedProbe) -> Answer:
        # Of an error that came while the kernel was still busy with the SYN, as from a container beside
        # us, it goes on to hope, but remembers it (sk_err_soft).
        sock: socket.socket | None = probe.handle
        if sock is None:
            return TIMEOUT
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        is_dropped = is_dropped_here(sock)
        self.cancel(probe)
        if code:
            answer: Answer = probe.target.conversation.failed(code, probe.target.timeout)
            return answer
        return not_sent(dropped_here()) if is_dropped else TIMEOUT

    def drain(self) -> None:
        while self._open:
            ready = self._epoll.poll(0, MOST_EVENTS)
            for number, events in ready:
                self._look(number, events)
            if len(ready) < MOST_EVENTS:
                break

    def close(self) -> None:
        self._loop.remove_reader(self._epoll.fileno())
        for probe in self._open.values():
            probe.handle.close()
        self._open.clear()
        self._epoll.close()

    def _look(self, number: int, events: int) -> None:
        # A program that is being started holds copies of our sockets for a moment: an event may be of
        # one that we closed, while its number is another's by now. Only the socket itself tells.
        probe = self._open.get(number)
        if probe is None:
            return
        sock: socket.socket = probe.handle
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if events & _TROUBLE else 0
        answer = probe.target.conversation.answer(sock, code, time.monotonic() - probe.sent_mono)
        if answer is not None:
            self._forget(number, probe)
            self._end(probe, sock, answer)

    def _end(self, probe: PacedProbe, sock: socket.socket, answer: Answer) -> None:
        if answer.outcome is Outcome.REPLY and not self._may_be_polite():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        sock.close()
        self._finished(probe, answer)

    def _forget(self, number: int, probe: PacedProbe) -> None:
        probe.handle = None
        self._prompt -= probe.target.conversation.closed_is_up
        self._open.pop(number, None)

    def _may_be_polite(self) -> bool:
        now = time.monotonic()
        more = (now - self._polite_at) * POLITE / TIME_WAIT
        self._polite, self._polite_at = min(POLITE, self._polite + more), now
        if self._polite < 1.0:
            return False
        self._polite -= 1.0
        return True

    def _hear(self) -> None:
        if not self._is_heard and self._open:
            self._loop.add_reader(self._epoll.fileno(), self._readable)
            self._is_heard = True

    def _readable(self) -> None:
        self.drain()
        if not self._prompt:
            self._loop.remove_reader(self._epoll.fileno())
            self._loop.call_later(NAP, self._hear_again)

    def _hear_again(self) -> None:
        self._is_heard = False
        self.drain()
        self._hear()
