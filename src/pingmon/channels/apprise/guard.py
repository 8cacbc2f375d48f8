"""What the process that runs Apprise may do: nothing but talk to the network.

Options of Apprise's URLs name files that are sent or read as keys, and some plugins run programs or talk
to this machine's desktop. URLs are data that people give, so none of that is for them. Not a sandbox
against code: the library itself is trusted.
"""

import http.client
import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pingmon.channels.public_addresses import ForbiddenAddress, why_not_public

_READABLE = ("/usr/lib", "/usr/share", "/etc/ssl", "/etc/mime.types", "/etc/localtime")
_DEVICES = ("/dev/null", "/dev/urandom")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty")


@dataclass(slots=True)
class Guard:
    """What happened. address: which was not allowed, in words; refused: what else was not.

    is_http: the service is asked by HTTP. was_sent: some of a request left by HTTP. did_connect: a
    connection was tried.
    """

    allow_private: bool
    address: str = ""
    refused: str = ""
    is_http: bool = False
    was_sent: bool = False
    did_connect: bool = False

    def install(self) -> None:
        """For good: audit hooks can't be removed."""
        self._note_requests()
        readable = tuple(
            os.path.realpath(one)
            for one in (*_READABLE, sys.prefix, sys.base_prefix, *sys.path)
            if one not in ("", "/")
        )

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event in _PROGRAMS:
                self._refuse("it wants to run a program")
            elif event == "open":
                self._check_file(args, readable)
            elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
                self._check_address(*args[:2])

        sys.addaudithook(hook)

    def _refuse(self, words: str) -> None:
        self.refused = self.refused or words
        raise PermissionError(words)

    def _check_file(self, args: tuple[Any, ...], readable: tuple[str, ...]) -> None:
        path, mode, flags = args
        if not isinstance(path, str | bytes | os.PathLike):  # a descriptor
            return
        name = os.path.realpath(os.fsdecode(path))
        if name in _DEVICES:
            return
        is_writing = bool((flags or 0) & _WRITING) or any(one in (mode or "") for one in "wax+")
        if is_writing or not name.startswith(readable):
            self._refuse("it wants a file of this machine")

    def _check_address(self, sock: socket.socket, address: Any) -> None:
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            self._refuse("it wants to talk to a program of this machine")
        if address is None:  # of sendmsg, on a socket that is connected
            return
        self.did_connect = True
        if self.allow_private:
            return
        host = str(address[0])
        # A name here is looked up behind our back.
        why = why_not_public(host) if _is_literal(host) else "looked up by the library itself"
        if why:
            self.address = self.address or f"{host} is {why}"
            raise ForbiddenAddress(host, why)

    def _note_requests(self) -> None:
        send: Callable[..., Any] = http.client.HTTPConnection.send
        begin: Callable[..., Any] = http.client.HTTPConnection.__init__
        guard = self

        def noted(self: http.client.HTTPConnection, data: Any) -> Any:
            result = send(self, data)
            guard.was_sent = True
            return result

        def begun(self: http.client.HTTPConnection, *args: Any, **more: Any) -> None:
            guard.is_http = True
            begin(self, *args, **more)

        http.client.HTTPConnection.send = noted  # type: ignore[method-assign]
        http.client.HTTPConnection.__init__ = begun  # type: ignore[method-assign]


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
