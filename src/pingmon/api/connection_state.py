"""What lives as long as a client's connection: methods are told of its end."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class ConnectionState:
    """Thread-safe. Two connections are never equal: it may be the key of what is kept for one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_closed = False
        self._calls: list[Callable[[ConnectionState], None]] = []

    def on_close(self, call: "Callable[[ConnectionState], None]") -> None:
        """`call(self)` runs once, however often it is given here, when no further request can come; at
        once if that is so already.
        """
        with self._lock:
            if not self._is_closed:
                if call not in self._calls:
                    self._calls.append(call)
                return
        call(self)

    def close(self) -> None:
        with self._lock:
            self._is_closed, calls, self._calls = True, self._calls, []
        for call in calls:
            try:
                call(self)
            except Exception:
                log.exception("what was kept for a connection could not be let go")
