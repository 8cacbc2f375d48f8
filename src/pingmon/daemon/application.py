"""The application: builds what runs from the configuration, starts and stops it."""

import logging
import threading
import time
from pathlib import Path

from pingmon.channels.registry import channel_services
from pingmon.chat.chat_commands import ChatCommands
from pingmon.daemon.config import Config
from pingmon.daemon.configured_chats import chats_of, check_chats, configured
from pingmon.daemon.resource_limits import worker_limit
from pingmon.daemon.run_file import RunFile
from pingmon.engine.alarm_clock import AlarmClock
from pingmon.engine.blindness_reports import BlindnessReports
from pingmon.engine.channel_question import ChannelQuestion
from pingmon.engine.evidence_watch import EvidenceWatch
from pingmon.engine.group_decisions import GroupDecisions
from pingmon.engine.health import Health
from pingmon.engine.heartbeat import HeartbeatSender, HeartbeatSettings
from pingmon.engine.name_resolution import NameResolution
from pingmon.engine.neighbours import ALONE, Neighbours
from pingmon.engine.operator_alerts import OperatorAlerts
from pingmon.engine.probers import Probers
from pingmon.engine.recorder import Recorder
from pingmon.engine.sender_pool import SenderPool
from pingmon.engine.signs_of_life import SignsOfLife
from pingmon.engine.uplink import Uplink
from pingmon.engine.visibility import Visibility
from pingmon.engine.way_watch import WayWatch
from pingmon.engine.ways_out import open_ways_out
from pingmon.engine.worker import Worker
from pingmon.engine.worker_pool import WorkerPool
from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.ping import PING
from pingmon.model.delivery import ChannelService
from pingmon.model.errors import PingmonError, Refused
from pingmon.model.host_name import is_address
from pingmon.model.redaction import hide_url
from pingmon.notify.message_text import unclean_stops_text
from pingmon.notify.translation import translation_for
from pingmon.operations.accounts import check_secret, use_secret
from pingmon.operations.conditions import OK
from pingmon.operations.configuration_state import ConfigurationState
from pingmon.operations.context import Context, Seeing
from pingmon.operations.downtimes import run_downtimes
from pingmon.operations.holds import paused_monitors
from pingmon.operations.status import health_words, summary
from pingmon.operations.tag_settings import use_at_start, use_configured
from pingmon.operations.undo import forget_expired_undos
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
        self._chats = chats_of(config)  # that the configuration in force names
        self._sections = config.sections  # likewise
        self._operator: OperatorAlerts | None = None
        self._run_file = RunFile(Path(config.state_dir))
        self.channels = channel_services(config.for_channels)
        # Workers are made when a monitor comes; by then the recorder and visibility exist.
        self.worker_pool = WorkerPool(
            store,
            probers,
            self._new_worker,
            worker_limit(),
            lambda freed: self.visibility.release_children(freed),
        )
        self.names = NameResolution(
            self.worker_pool.monitors, probers.unresolved, self.worker_pool.use_address
        )
        self.sender_pool = SenderPool(store, self.channels, config.language, config.time_zone)
        self.reports = BlindnessReports(
            store.episodes,
            self.worker_pool.monitors,
            self.worker_pool.state_of,
            store.outbox.is_suspended,
        )
        self.evidence_watch = EvidenceWatch(self.worker_pool.workers, probers.heartbeats, probers.stretch)
        ways = open_ways_out(self.worker_pool.workers, self.worker_pool.worker_of)
        self.neighbours = Neighbours(ways.of)
        self.uplink = Uplink(config.uplink, probers.of(UPLINK_KIND), gateways=ways.default_gateways)
        question = ChannelQuestion(self.sender_pool.can_reach_anybody)
        self.way_watch = WayWatch(ways, self.uplink, question, self.sender_pool.is_local)
        self.visibility = Visibility(
            store.outbox,
            self.worker_pool.monitors,
            self.worker_pool.worker_of,
            probers.replies,
            self.sender_pool.can_reach_anybody,
            self.way_watch,
            self.reports,
            lambda monitor, why: self.recorder.lose_sight(monitor, why),
            self.names,
        )
        self.alarm_clock = AlarmClock(
            store.alarms,
            store.due_times.is_due,
            self.worker_pool.monitors,
            store.outbox.is_suspended,
            self._run_plans,
        )
        self.recorder = Recorder(
            store,
            self.sender_pool.wake,
            self.worker_pool.workers,
            self.visibility,
            self.reports,
            self.alarm_clock,
            self.neighbours,
        )
        self._decisions = GroupDecisions(
            self.recorder.enqueue, self.visibility, self.worker_pool.count_state
        )
        self.health = Health(
            self.recorder, probers, self.sender_pool, self.worker_pool, self.evidence_watch
        )
        self.signs_of_life = SignsOfLife(
            self.health, store, probers, self.worker_pool, self.way_watch, self.reports
        )
        self._heartbeat = self._new_heartbeat(config.heartbeat) if config.heartbeat else None
        self.context = Context(
            store,
            self.worker_pool,
            self.sender_pool,
            self.channels,
            probers,
            self.visibility,
            Seeing(self.uplink, self.way_watch, self.reports, self.evidence_watch),
            self.health,
            lambda kind: self.accounts.get(kind, {}),
            config.time_zone,
            self.configuration,
            heartbeat=self._heartbeat,
            resolver_words=self.names.words,
        )
        self.chat = ChatCommands(self.context, config.chat, config.language, config.time_zone)
        self.sender_pool.is_polled = self.chat.is_polled
        self.worker_pool.on_moved = self.visibility.on_moved
        self.worker_pool.on_told = lambda told: self.sender_pool.wake(store.channels.accounts_of(told))

    def _new_heartbeat(self, settings: HeartbeatSettings) -> HeartbeatSender:
        hide_url(settings.url)
        return HeartbeatSender(
            settings,
            lambda: self.signs_of_life.missing(settings.every),
            lambda: summary(self.context),
            self._config.proxy,
            self._config.ca_file,
        )

    def _run_plans(self, now: float) -> set[int]:
        """What is due by now, epoch seconds: the channels that are told."""
        forget_expired_undos(self.context, now)
        return run_downtimes(self.context, now)

    def _new_worker(self, address: str) -> Worker:
        neighbour = self.neighbours.of(address) if is_address(address) else ALONE
        return Worker(address, self._probers, self._decisions, neighbour)

    # Life

    def start(self) -> None:
        self._run_file.begin()
        self._store.begin_time()
        for kind, accounts in self.accounts.items():
            for secret in accounts.values():
                use_secret(self.context, kind, secret)
        found = configured(self.context, self._config)
        if operator := self._config.operator:
            self._operator = OperatorAlerts(self._store, operator)
        use_at_start(self.context, found)
        self.chat.foresee()
        self._start_senders()
        unseen = self.reports.load()
        self.recorder.start()
        self._store.outbox.release_held_messages()
        self.uplink.start()
        self.neighbours.load(self._store.pools.load())
        self.worker_pool.resume(unseen, paused_monitors(self.context))
        self.reports.start()
        self.alarm_clock.start()
        self.evidence_watch.begin_anew()
        self.evidence_watch.start()
        if self._heartbeat:
            self._heartbeat.start()
        self.chat.start()

    def _start_senders(self) -> None:
        for account in self._store.channels.accounts():
            self.sender_pool.start_sender(account.id, account.kind, account.secret)

    def use_configuration(self, fresh: Config) -> None:
        """The file was read again: what needs no restart comes into force, all of it or nothing.

        New chats are checked first, which takes seconds. Raises PingmonError.
        """
        new = {one: where for one, where in chats_of(fresh).items() if one not in self._chats}
        before, changed = dict(self.channels), self._changed_services(fresh)
        self.channels.update(changed)
        try:
            check_chats(self.context, fresh.bots, new)
            found = configured(self.context, fresh)
            self._start_senders()
            use_configured(self.context, found)
        except BaseException:
            self.channels.update(before)
            raise
        self._chats, self._sections = chats_of(fresh), fresh.sections
        self.sender_pool.reopen(changed)
        self.alarm_clock.begin_anew()
        self._use_accounts(fresh.accounts)

    def _changed_services(self, fresh: Config) -> dict[str, ChannelService]:
        """By kind of channel, those whose section of the configuration is another one."""
        kinds = [
            name
            for name, kind in CHANNEL_KINDS.items()
            if kind.section and fresh.sections.get(kind.section) != self._sections.get(kind.section)
        ]
        return channel_services(fresh.for_channels, kinds)

    def _use_accounts(self, accounts: dict[str, dict[str, str]]) -> None:
        """The configuration was read again; renewed secrets are checked, which takes seconds."""
        before, self.accounts = self.accounts, accounts
        renewed = [
            (kind, name, secret)
            for kind, declared in accounts.items()
            for name, secret in declared.items()
            if before.get(kind, {}).get(name) != secret
        ]
        if renewed:
            threading.Thread(target=self._renew, args=(renewed,), name="renew", daemon=True).start()

    def _renew(self, renewed: list[tuple[str, str, str]]) -> None:
        for kind, name, secret in renewed:
            try:
                check_secret(self.context, kind, secret)
            except Refused as error:
                log.error("bots.%s keeps the token that it had: %s", name, error)
                continue
            except PingmonError as error:
                log.warning("bots.%s: %s", name, error)  # the file knows best
            try:
                use_secret(self.context, kind, secret)
            except PingmonError as error:
                log.error("bots.%s keeps the token that it had: %s", name, error)

    def stop(self) -> None:
        """Decide and save what is known; messages not sent yet stay in the outbox."""
        self.chat.stop()
        self.names.stop()
        if self._heartbeat:
            self._heartbeat.stop()
        self.evidence_watch.stop()
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
            self.recorder.save_pools()
        except Exception:
            log.exception("could not save the last state; a restart decides again from the one before")
        self.sender_pool.stop()
        self._run_file.end()

    def describe_health(self) -> str:
        """One line: how many monitors are in which state, and what is wrong."""
        counts = ", ".join(f"{count} {state}" for state, count in self.worker_pool.counts().items())
        try:
            wrong = health_words(self.context)
        except PingmonError:  # the store has said why
            wrong = "the database can't be read"
        return counts if wrong == OK else f"{counts}; {wrong}"

    def run_operator_alerts(self) -> None:
        """Tell the operator what is not delivered."""
        self._run_file.keep()
        try:
            operator = self._operator
            if operator and (self._tell_unclean_stops(operator) | operator.run_once()):
                self.sender_pool.wake({operator.channel.account_id})
        except PingmonError:
            pass  # the store has said why
        except Exception:
            log.exception("could not look after the channels; trying again")

    def _tell_unclean_stops(self, operator: OperatorAlerts) -> bool:
        """Whether there is something new for the operator."""
        stops, now = self._run_file.stops, time.time()
        if not stops.is_due(now):
            return False
        words = translation_for("en", self._config.time_zone)  # as all that operators are told
        operator.tell(unclean_stops_text(stops.untold, stops.since, stops.until, stops.seconds, words))
        self._run_file.save(stops.as_told(now))
        return True
