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
from pingmon.operations.accepted_secrets import AcceptedSecrets
from pingmon.storage.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """channels: by kind. declared_accounts: of a kind, in the configuration now: name → secret.

    started: monotonic seconds.
    accepted: secrets that the other side accepted lately.
    """

    store: Store
    worker_pool: WorkerPool
    sender_pool: SenderPool
    channels: Mapping[str, ChannelService]
    probers: Probers
    visibility: Visibility
    health: Health
    declared_accounts: Callable[[str], Mapping[str, str]]
    started: float = field(default_factory=time.monotonic)
    accepted: AcceptedSecrets = field(default_factory=AcceptedSecrets)
