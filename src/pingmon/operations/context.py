"""What operations work on, and who asks for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pingmon.engine.sender_pool import SenderPool
from pingmon.engine.worker_pool import WorkerPool
from pingmon.storage.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """declared_bots: those that the configuration declares now, name → token."""

    store: Store
    worker_pool: WorkerPool
    sender_pool: SenderPool
    declared_bots: Callable[[], Mapping[str, str]]
    status: Callable[[], dict[str, Any]]
