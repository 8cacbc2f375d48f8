"""A thread of which there may be thousands."""

import _thread
import ctypes

_PR_SET_NAME = 15
_libc = ctypes.PyDLL(None)


class LightThread:
    """Calls `step` until it says False.

    Not threading.Thread: its start() waits for the new thread to run, which takes a millisecond
    each when thousands start, and it weighs 2 KiB more.
    """

    __slots__ = ("_running", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._running = _thread.allocate_lock()  # held while the thread lives

    def start(self) -> None:
        """Raises RuntimeError when there can't be another thread."""
        self._running.acquire()
        try:
            _thread.start_new_thread(self._run, ())
        except RuntimeError:
            self._running.release()
            raise

    def join(self) -> None:
        with self._running:
            pass

    def is_alive(self) -> bool:
        return self._running.locked()

    def run_once(self) -> bool:
        raise NotImplementedError

    def _run(self) -> None:
        try:
            _name_thread(self.name)
            while self.run_once():
                pass
        finally:
            self._running.release()


def _name_thread(name: str) -> None:
    """Shown by `top -H` and ps; the kernel keeps 15 bytes, the end of an address tells more.

    prctl(2), as /proc/self/task/TID/comm takes the longer the more threads there are: half a
    millisecond each with 20,000.
    """
    _libc.prctl(_PR_SET_NAME, name.encode()[-15:], 0, 0, 0)
