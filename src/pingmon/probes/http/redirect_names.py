"""The address of another host, to which a server redirects.

The system's resolver may block for half a minute, and which name it is asked for the server says: each
target has one question at a time, so that none takes all the threads.
"""

import asyncio
import errno
import os
import socket
import threading
from concurrent.futures import Future
from typing import Any

from pingmon.probes.http.url import Url

AT_ONCE = 32  # questions, of all targets
_room = threading.BoundedSemaphore(AT_ONCE)


class NoSuchName(Exception):
    """The other side redirects to what does not exist; says so in words."""


class CantLookUp(Exception):
    """This machine could not find out. kind: the error's name."""

    def __init__(self, words: str, kind: str) -> None:
        super().__init__(words)
        self.kind = kind


class NameOfRedirect:
    """Of one target, whose probes may overlap."""

    def __init__(self) -> None:
        self._host = ""
        self._asked: Future[list[Any]] | None = None

    async def address_of(self, url: Url) -> str:
        """Raises NoSuchName, CantLookUp."""
        if self._asked is None or self._asked.done():
            self._host, self._asked = url.host, _ask(url)
        elif self._host != url.host:
            raise CantLookUp(f"the resolver has no answer yet for {self._host}", "EAI_AGAIN")
        try:
            # A probe whose time is over leaves the question to the next one.
            found = await asyncio.shield(asyncio.wrap_future(self._asked))
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise CantLookUp(f"the resolver failed: {error.strerror}", "EAI_AGAIN") from None
            raise NoSuchName("its name does not resolve") from None
        except OSError as error:
            name = errno.errorcode.get(error.errno or 0, "")
            raise CantLookUp(os.strerror(error.errno or 0), name) from None
        return str(found[0][4][0])


def _ask(url: Url) -> Future[list[Any]]:
    """In a thread of its own, for which nobody waits at the end. Raises CantLookUp."""
    if not _room.acquire(blocking=False):
        raise CantLookUp("the resolver failed: too many names are asked for at once", "EAGAIN")
    found: Future[list[Any]] = Future()
    try:
        threading.Thread(target=_run, args=(url, found), name="redirects", daemon=True).start()
    except RuntimeError:
        _room.release()
        raise CantLookUp("the resolver failed: no more threads", "EAGAIN") from None
    return found


def _run(url: Url, found: Future[list[Any]]) -> None:
    try:
        addresses = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except Exception as error:
        found.set_exception(error)
    else:
        found.set_result(addresses)
    finally:
        _room.release()
