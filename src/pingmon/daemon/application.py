"""The registry: builds what runs from the configuration, starts and stops it, says how it is."""

import logging
import time
from typing import Any

from pingmon import __version__
from pingmon.channels.registry import channel_services
from pingmon.daemon.config import Config
from pingmon.daemon.resource_limits import worker_limit
from pingmon.engine.operator_alerts import OperatorAlerts
from pingmon.engine.probers import Probers
from pingmon.engine.recorder import Recorder
from pingmon.engine.sender_pool import SenderPool
from pingmon.engine.visibility import Visibility
from pingmon.engine.worker import Worker
from pingmon.engine.worker_pool import WorkerPool
from pingmon.kinds.ping import PING
from pingmon.model.errors import PingmonError
from pingmon.operations.configuration_state import ConfigurationState
from pingmon.operations.context import Context
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

STUCK_AFTER = 30.0  # s without a sign of life
UPLINK_KIND = PING.name  # of probe, for what lies on our own way out


class Application:
    """Thread-safe."""

    def __init__(
        self,
        store: Store,
        probers: Probers,
        config: Config,
    ) -> None:
        self.accounts = config.accounts  # that the configuration declares: kind → name → secret
        self._store, self._probers, self._config = store, probers, config
        self.configuration = ConfigurationState(str(config.file))
        self._operator: OperatorAlerts | None = None
        self._started = time.monotonic()
        self._stuck: str | None = None
        self._look_again = 0.0
        self.channels = channel_services(config.values)
        # Workers are made when a monitor comes; by then the recorder and visibility exist.
        self.worker_pool = WorkerPool(
            store,
            probers,
            self._new_worker,
            worker_limit(),
            lambda freed: self.visibility.release_children(freed),
        )
        self.sender_pool = SenderPool(store.outbox, self.channels, config.language, config.time_zone)
        self.visibility = Visibility(
            store.outbox,
            self.worker_pool.monitors,
            self.worker_pool.worker_of,
            config.uplink,
            probers.of(UPLINK_KIND),
            probers.replies,
            self.sender_pool.can_reach_anybody,
        )
        self.recorder = Recorder(store, self.sender_pool.wake, self.worker_pool.workers, self.visibility)
        self.context = Context(
            store,
            self.worker_pool,
            self.sender_pool,
            self.channels,
            lambda kind: self.accounts.get(kind, {}),
            self.status,
            self.configuration,
        )

    def _new_worker(self, address: str) -> Worker:
        return Worker(
            address, self._probers, self.recorder.enqueue, self.visibility, self.worker_pool.count_state
        )

    # Life

    def start(self) -> None:
        for kind, accounts in self.accounts.items():
            for secret in accounts.values():
                is_same = self.channels[kind].is_same_account
                self._store.channels.renew_secret(kind, secret, is_same)
        if operator := self._config.operator_channel:
            self._operator = OperatorAlerts(self._store, operator)
        for account in self._store.channels.accounts():
            self.sender_pool.start_sender(account.id, account.kind, account.secret)
        self.recorder.start()
        self._store.outbox.release_held_messages()
        self.visibility.uplink.start()
        self.worker_pool.resume()

    def stop(self) -> None:
        """Decide and save what is known; messages not sent yet stay in the outbox."""
        self._probers.flush_replies()
        workers = self.worker_pool.workers()
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()
        self.recorder.stop()
        try:
            self.recorder.commit()
            self.recorder.save_statistics(workers, int(time.time() // 60) + 1, learned=workers)
        except Exception:
            log.exception("could not save the last state; a restart decides again from the one before")
        self.sender_pool.stop()

    def run_operator_alerts(self) -> None:
        """Tell the operator, if there is one, what does not get out; see that the database is there."""
        try:
            self._store.check_file()
            if self._operator and self._operator.run_once():
                self.sender_pool.wake({self._operator.channel.account_id})
        except PingmonError:
            pass  # the store has said why
        except Exception:
            log.exception("could not look after the channels; trying again")

    # How it is

    def counts(self) -> dict[str, int]:
        return self.worker_pool.counts()

    def find_stuck_thread(self) -> str | None:
        """What does not move any more, None when all is well."""
        now = time.monotonic()
        moving: list[tuple[str, float, float]] = [("recorder", self.recorder.heartbeat, 60.0)]
        moving += [(name, heartbeat, STUCK_AFTER) for name, heartbeat in self._probers.heartbeats()]
        senders = self.sender_pool.all()
        moving += [(f"sender-{bot}", sender.heartbeat, sender.stuck) for bot, sender in senders]
        for name, heartbeat, limit in moving:
            if now - heartbeat > limit:
                return f"{name} has not moved for {now - heartbeat:.0f} s"
        for bot, sender in senders:
            if not sender.is_alive():
                return f"sender-{bot} ended"
        for worker in self.worker_pool.workers():
            busy = worker.busy_since
            if busy is not None and now - busy > STUCK_AFTER:
                return f"the worker of {worker.address} has not moved for {now - busy:.0f} s"
        return None

    def status(self) -> dict[str, Any]:
        waiting, oldest = self._store.outbox.depth()
        p99, stretch = self._probers.late_p99(), self._probers.stretch()
        monitors, targets = self.worker_pool.size()
        return {
            "version": __version__,
            "uplink": self.visibility.uplink.describe(),
            "uptime_s": round(time.monotonic() - self._started, 1),
            "health": self._health(stretch),
            "monitors": monitors,
            "targets": targets,
            "states": self.counts(),
            "scheduling": {"late_p99_ms": round(p99 * 1000, 3), "stretch": round(stretch, 2)},
            "outbox": {
                "waiting": waiting,
                "uncertain": self.sender_pool.uncertain(),
                "oldest_s": round(max(0.0, time.time() - oldest), 1) if waiting else 0,
            },
        }

    def _health(self, stretch: float) -> str:
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again, self._stuck = now + 1.0, self.find_stuck_thread()
        if self._stuck:
            return self._stuck
        if self.worker_pool.unwatched:
            return (
                f"{self.worker_pool.unwatched} monitors are not watched: {self.worker_pool.why_unwatched}"
            )
        if self.visibility.blind:
            return "blind"
        return f"can't keep up: intervals are stretched {stretch:.2g} times" if stretch > 1 else "ok"
