"""What operations work on."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pingmon.engine.health import Health
from pingmon.engine.probers import Probers
from pingmon.engine.sender_pool import SenderPool
from pingmon.engine.visibility import Visibility
from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.delivery import ChannelService
from pingmon.operations.configuration_state import ConfigurationState
from pingmon.storage.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """channels: by kind. declared_accounts: of a kind, in the configuration now: name → secret.

    started: monotonic seconds.
    """

    store: Store
    worker_pool: WorkerPool
    sender_pool: SenderPool
    channels: Mapping[str, ChannelService]
    probers: Probers
    visibility: Visibility
    health: Health
    declared_accounts: Callable[[str], Mapping[str, str]]
    configuration: ConfigurationState = field(default_factory=ConfigurationState)
    started: float = field(default_factory=time.monotonic)
