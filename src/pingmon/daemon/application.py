"""The application: builds what runs from the configuration, starts and stops it."""

import logging
import time

from pingmon.channels.registry import channel_services
from pingmon.daemon.config import Config
from pingmon.daemon.resource_limits import worker_limit
from pingmon.engine.health import Health
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
        self.health = Health(self.recorder, probers, self.sender_pool, self.worker_pool)
        self.context = Context(
            store,
            self.worker_pool,
            self.sender_pool,
            self.channels,
            probers,
            self.visibility,
            self.health,
            lambda kind: self.accounts.get(kind, {}),
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
