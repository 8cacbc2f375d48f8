"""Asks the system's resolver for the addresses of names, in threads of its own, as it may block."""

import errno
import logging
import queue
import socket
import threading
from collections.abc import Callable

from pingmon.model.errors import InvalidValue
from pingmon.model.ip_address import parse_address
from pingmon.model.name_schedule import Resolved

log = logging.getLogger(__name__)

THREADS = 8  # at most; a name whose servers are silent blocks one for half a minute
TTL_WITHIN = 3.0  # s
LISTED = 3  # addresses that are of no use; a server may send thousands

Key = tuple[str, str]  # a name, and the family of its addresses (see model.host_name.FAMILIES)
LookUp = Callable[[str, str], Resolved]

_FAMILIES = {"any": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}
_VERSIONS = {"any": "", "4": "IPv4 ", "6": "IPv6 "}
# What getaddrinfo(3) says of the name; all else is a failure of the resolver.
_NAMES = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}
_NO_DATA = ("EAI_NODATA", "EAI_ADDRFAMILY")


def look_up(host: str, family: str) -> Resolved:
    """By getaddrinfo(3): /etc/hosts and nsswitch.conf count. It may block for half a minute."""
    try:
        found = socket.getaddrinfo(host, None, _FAMILIES[family], socket.SOCK_DGRAM)
    except socket.gaierror as error:
        return _no_answer(error, family)
    except UnicodeError:
        return Resolved(problem="name does not resolve: it is no host's name")
    except OSError as error:
        return Resolved(problem=f"the resolver failed: {error.strerror}", kind=_errno(error))
    given = dict.fromkeys(str(address[0]) for *_, address in found)
    addresses = tuple(dict.fromkeys(one for text in given if (one := _usable(text))))
    if not addresses:
        more = f" and {len(given) - LISTED} more" if len(given) > LISTED else ""
        listed = ", ".join(sorted(given)[:LISTED]) + more  # servers shuffle them
        return Resolved(problem=f"name resolves to {listed}, which is not the address of one device")
    return Resolved(addresses, time_to_live(host, addresses))


def time_to_live(host: str, addresses: tuple[str, ...]) -> float | None:
    """Seconds, of the DNS's answer if it gives the first of these addresses; else None.

    getaddrinfo(3) does not tell it.
    """
    try:
        import dns.resolver
    except ImportError:
        return None
    try:
        resolver = dns.resolver.Resolver()
        resolver.lifetime = TTL_WITHIN
        record = "AAAA" if ":" in addresses[0] else "A"
        answer = resolver.resolve(host, record, search=True, raise_on_no_answer=False)
        named = {_usable(one.address) for one in answer}
        ttl = float(answer.chaining_result.minimum_ttl)
    except Exception as error:  # dnspython's own, and those of what /etc/resolv.conf has in it
        log.debug("no time to live of %s: %s", host, error)
        return None
    return ttl if addresses[0] in named else None


def _no_answer(error: socket.gaierror, family: str) -> Resolved:
    kind = _NAMES.get(error.errno or 0, "EAI_FAIL")
    if kind == "EAI_NONAME":
        return Resolved(problem="name does not resolve: NXDOMAIN")
    if kind in _NO_DATA:
        return Resolved(problem=f"name has no {_VERSIONS[family]}address")
    return Resolved(problem=f"the resolver failed: {error.strerror}", kind=kind)


def _errno(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EIO")


def _usable(text: str) -> str:
    """As we spell it; empty if it is the address of no device."""
    try:
        return parse_address(text)
    except InvalidValue:
        return ""


class Lookups:
    """A few threads, started when there is something to ask, which never end: one may be blocked."""

    def __init__(self, on_answer: Callable[[Key, Resolved], None], look_up: LookUp = look_up) -> None:
        """on_answer: is called from one of the threads."""
        self._on_answer, self._look_up = on_answer, look_up
        self._asked: queue.SimpleQueue[Key] = queue.SimpleQueue()
        self._threads = 0
        self._lock = threading.Lock()
        self._under_way = 0

    def ask(self, key: Key) -> None:
        """Returns at once; starts a thread when all are busy. Called for THREADS at most at a time."""
        with self._lock:
            self._under_way += 1
            needs_thread = self._under_way > self._threads
            self._threads += needs_thread
        if needs_thread:
            try:
                threading.Thread(target=self._run, name="resolver", daemon=True).start()
            except RuntimeError:  # no room for a thread: the others have to do
                with self._lock:
                    self._threads -= 1
                    is_alone = not self._threads
                if is_alone:
                    self._end(
                        key, Resolved(problem="the resolver failed: no more threads", kind="EAGAIN")
                    )
                    return
        self._asked.put(key)

    def _run(self) -> None:
        while True:
            key = self._asked.get()
            try:
                answer = self._look_up(*key)
            except Exception as error:
                log.exception("could not resolve %s", key[0])
                answer = Resolved(problem=f"the resolver failed: {error}", kind="EAI_FAIL")
            self._end(key, answer)

    def _end(self, key: Key, answer: Resolved) -> None:
        with self._lock:
            self._under_way -= 1
        self._on_answer(key, answer)
