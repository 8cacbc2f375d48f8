"""Threads of which there may be thousands."""

import _thread
import ctypes

_PR_SET_NAME, _PR_FUTEX_HASH, _PR_FUTEX_HASH_SET_SLOTS = 15, 78, 1
_FUTEX_SLOTS = 16_384  # of 64 bytes; a power of two
_M_ARENA_MAX = -8
_libc = ctypes.PyDLL(None)


def make_room_for_thousands() -> None:
    """Call it once, before there are many threads.

    From Linux 6.16 on a process has a hash table of its own for waiting threads (futexes), sized by
    the processors: 16 slots on two. Each time that the interpreter's lock is handed on the kernel
    walks a slot, and the workers all wait in them: 1,250 per slot with 20,000. Older kernels have
    one table for all, large enough, and refuse this.

    malloc(3) gives threads up to 8 arenas per processor, lest they wait for each other. Ours hold
    the interpreter's lock while they allocate, and each arena has memory that nobody uses.
    """
    _libc.prctl(_PR_FUTEX_HASH, _PR_FUTEX_HASH_SET_SLOTS, _FUTEX_SLOTS, 0, 0)
    if hasattr(_libc, "mallopt"):  # not in musl
        _libc.mallopt(_M_ARENA_MAX, 1)


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

    def step(self) -> bool:
        raise NotImplementedError

    def _run(self) -> None:
        try:
            _name_thread(self.name)
            while self.step():
                pass
        finally:
            self._running.release()


def _name_thread(name: str) -> None:
    """Shown by `top -H` and ps; the kernel keeps 15 bytes, the end of an address tells more.

    prctl(2), as /proc/self/task/TID/comm takes the longer the more threads there are: half a
    millisecond each with 20,000.
    """
    _libc.prctl(_PR_SET_NAME, name.encode()[-15:], 0, 0, 0)
