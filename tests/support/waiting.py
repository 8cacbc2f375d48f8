"""How long it takes until something is told; figures can be read with `pytest -rP`."""

import time

from tests.support.lab import Pingmon, until

MARGIN = 3.0  # s, until a message that is queued is delivered and read


def told_after(pingmon: Pingmon, began: float, within: float, *words: str) -> float:
    """Seconds from `began` (monotonic) until a message has all these words; at most `within`."""

    def told() -> bool:
        return any(all(word in one["text"] for word in words) for one in pingmon.messages())

    try:
        until(told, within + MARGIN - (time.monotonic() - began), f"to be told {words}")
    except TimeoutError:
        texts = [one["text"] for one in pingmon.messages()]
        raise AssertionError(f"{words} not among {texts}; {pingmon.log.read_text()[-2000:]}") from None
    took = time.monotonic() - began
    print(f"told after {took:.1f} s: {words}")
    return took
