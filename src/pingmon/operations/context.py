"""What operations work on, and who asks for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pingmon.engine.sender_pool import SenderPool
from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.delivery import ChannelService
from pingmon.operations.configuration_state import ConfigurationState
from pingmon.storage.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """channels: by kind. declared_accounts: of a kind, in the configuration now: name → secret.

    status: what the daemon says of its own threads and of what it sees.
    """

    store: Store
    worker_pool: WorkerPool
    sender_pool: SenderPool
    channels: Mapping[str, ChannelService]
    declared_accounts: Callable[[str], Mapping[str, str]]
    status: Callable[[], dict[str, Any]]
    configuration: ConfigurationState = field(default_factory=ConfigurationState)
