"""Secrets of accounts that the other side accepted lately: an import checks first, and adds then."""

import threading
import time

REMEMBERED_FOR = 3600.0  # s; checking thousands of chats takes as long as the service wants


class AcceptedSecrets:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, str]] = {}  # secret → until when (steady), account's name

    def remember(self, secret: str, account: str) -> None:
        """account: its name."""
        now = time.monotonic()
        with self._lock:
            self._known = {one: known for one, known in self._known.items() if known[0] > now}
            self._known[secret] = now + REMEMBERED_FOR, account

    def account_of(self, secret: str) -> str | None:
        """The account's name, None when the secret was not accepted lately."""
        with self._lock:
            until, account = self._known.get(secret, (0.0, ""))
        return account if until > time.monotonic() else None
