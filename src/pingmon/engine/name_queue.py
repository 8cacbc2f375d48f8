"""Names in the order in which they are due: thousands of them cost little."""

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from math import inf

from pingmon.engine.name_lookup import Key
from pingmon.model.name_schedule import NameState, Trust, trust_in


class NameQueue:
    """names: as they are now; what is queued of an earlier state of one is passed over."""

    def __init__(self, names: Mapping[Key, NameState]) -> None:
        self._names = names
        self._heaps: dict[Trust, list[tuple[float, Key]]] = {one: [] for one in Trust}

    def put(self, key: Key) -> None:
        """It is due at another time, or trusted more or less, than before."""
        name = self._names[key]
        heappush(self._heaps[trust_in(name)], (name.due, key))

    def pop(self, now: float, has_room: Callable[[Trust], bool]) -> tuple[Key, Trust] | None:
        """The one that is due first, of those for whose trust there is room."""
        due = [(heap[0], trust) for trust, heap in self._with_room(has_room) if heap[0][0] <= now]
        if not due:
            return None
        (_, key), trust = min(due)
        heappop(self._heaps[trust])
        return key, trust

    def next_due(self, has_room: Callable[[Trust], bool]) -> float:
        """When the next one is due, infinity if none is."""
        return min((heap[0][0] for _, heap in self._with_room(has_room)), default=inf)

    def _with_room(
        self, has_room: Callable[[Trust], bool]
    ) -> list[tuple[Trust, list[tuple[float, Key]]]]:
        for trust, heap in self._heaps.items():
            while heap and not self._is_valid(trust, *heap[0]):
                heappop(heap)
        return [(trust, heap) for trust, heap in self._heaps.items() if heap and has_room(trust)]

    def _is_valid(self, trust: Trust, due: float, key: Key) -> bool:
        name = self._names.get(key)
        return name is not None and name.under_way is None and (name.due, trust_in(name)) == (due, trust)
