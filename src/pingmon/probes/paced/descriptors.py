"""How many connections may be under way at once: all kinds share the descriptors of this process."""

import resource
from typing import Protocol

RESERVED = 1024  # for clients, channels, the database and ourselves
LEAST, UNLIMITED = 64, 1_000_000


class _Opens(Protocol):
    @property
    def under_way(self) -> int: ...


class Descriptors:
    """A probe that finds no room waits: it leaves late, and intervals are stretched if that lasts.

    Counts of other threads may be a few probes old; the kernel's own limit says EMFILE.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._users: list[_Opens] = []

    def share(self, user: _Opens) -> None:
        self._users.append(user)

    def leave(self, user: _Opens) -> None:
        self._users.remove(user)

    def room(self) -> int:
        if self._most is None:
            soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            self._most = (
                10**6 if soft == resource.RLIM_INFINITY else max(LEAST, soft - RESERVED, soft // 2)
            )
        return max(0, self._most - sum(user.under_way for user in self._users))


OF_THIS_PROCESS = Descriptors()
