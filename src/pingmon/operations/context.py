"""The objects that operations work on."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pingmon.engine.blindness_reports import BlindnessReports
from pingmon.engine.evidence_watch import EvidenceWatch
from pingmon.engine.health import Health
from pingmon.engine.heartbeat import HeartbeatSender
from pingmon.engine.probers import Probers
from pingmon.engine.sender_pool import SenderPool
from pingmon.engine.uplink import Uplink
from pingmon.engine.visibility import Visibility
from pingmon.engine.way_watch import WayWatch
from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.delivery import ChannelService
from pingmon.model.monitor import Monitor
from pingmon.operations.accepted_secrets import AcceptedSecrets
from pingmon.operations.configuration_state import ConfigurationState
from pingmon.operations.plan_book import PlanBook
from pingmon.operations.polling_board import PollingBoard
from pingmon.storage.store import Store


class Seeing(NamedTuple):
    """The objects that know whether, and why not, devices can be seen."""

    uplink: Uplink
    way_watch: WayWatch
    reports: BlindnessReports
    evidence_watch: EvidenceWatch


@dataclass(frozen=True, slots=True)
class Context:
    """channels: by kind. declared_accounts: of a kind, in the configuration now: name → secret.

    time_zone: of times that people give, an IANA name; empty: the system's. started: monotonic seconds.
    accepted: secrets that the other side accepted lately. plans: that are open.
    heartbeat: None when none is asked for. polling: of commands from chats. resolver_words: what is wrong
    with the name of a monitor, empty if nothing is.
    """

    store: Store
    worker_pool: WorkerPool
    sender_pool: SenderPool
    channels: Mapping[str, ChannelService]
    probers: Probers
    visibility: Visibility
    seeing: Seeing
    health: Health
    declared_accounts: Callable[[str], Mapping[str, str]]
    time_zone: str = ""
    configuration: ConfigurationState = field(default_factory=ConfigurationState)
    started: float = field(default_factory=time.monotonic)
    accepted: AcceptedSecrets = field(default_factory=AcceptedSecrets)
    plans: PlanBook = field(default_factory=PlanBook)
    heartbeat: HeartbeatSender | None = None
    polling: PollingBoard = field(default_factory=PollingBoard)
    resolver_words: Callable[[Monitor], str] = lambda _: ""
