"""The registry: which monitors live, their workers and senders, and what the API asks of them."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from html import escape
from itertools import islice
from typing import Any

from pingmon import __version__
from pingmon.api.methods import Caller, Handler, check_params
from pingmon.api.protocol import PAGE_MAX
from pingmon.daemon.config import Config
from pingmon.daemon.limits import most_workers
from pingmon.daemon.operator import Operator
from pingmon.daemon.recorder import Recorder
from pingmon.daemon.sight import Sight
from pingmon.daemon.worker import Worker
from pingmon.model.detector import DetectorState, State, release
from pingmon.model.errors import InvalidValue, LimitReached, NotFound, PingmonError, Refused, Unreachable
from pingmon.model.monitor import (
    Monitor,
    Options,
    Plan,
    format_rate,
    parse_address,
    parse_chat,
    parse_name,
    parse_rate,
    parse_token,
    shared,
)
from pingmon.model.path import Path
from pingmon.model.policy import forecast, known
from pingmon.notify.checks import Checked, check_channel, find_chats, reaches, remedy
from pingmon.notify.outbox import Sender
from pingmon.notify.redact import redact
from pingmon.notify.telegram import TelegramBot, Transport
from pingmon.probes.pinger import Pinger
from pingmon.storage.store import Added, Store, Wanted, settings_conflict

log = logging.getLogger(__name__)

PLAN_FIELDS = ("interval", "timeout", "max_delay", "down_after", "down_after_seconds", "up_after")
RULES = ("false_alarms", "max_delay", "down_after", "down_after_seconds")
GIVE_WAY_EVERY, GIVE_WAY = 50, 0.0005  # items, s
LITTLE_KNOWN = (
    "little is known of this path yet: whether its losses come in bursts can't be said, and if they do "
    "the first day may bring a false alarm or two; who knows the path better gives --down_after"
)
STUCK_AFTER = 30.0  # s without a sign of life


class Registry:
    """Thread-safe."""

    def __init__(
        self,
        store: Store,
        pingers: dict[int, Pinger],
        config: Config,
    ) -> None:
        self.bots = config.bots  # those that the configuration declares: name → token
        self._store, self._pingers, self._config = store, pingers, config
        self._transport = Transport(config.telegram_api_url, config.proxy, config.ca_file)
        self._operator: Operator | None = None
        self._lock = threading.Lock()
        self._tallying = threading.Lock()
        self._counts = dict.fromkeys((State.UP, State.DOWN, State.UNKNOWN), 0)
        self._workers: dict[str, Worker] = {}
        self._monitors: dict[str, Monitor] = {}
        self._senders: dict[int, Sender] = {}
        self._started = time.monotonic()
        self._stuck: str | None = None
        self._limit = most_workers()
        self._unwatched = 0  # stored, but beyond the limit
        self._look_again = 0.0
        self._token_of_any = ""  # a bot's that exists
        self.sight = Sight(
            store.outbox, self._monitors, self._workers.get, config.uplink, pingers, self._word_gets_out
        )
        self.recorder = Recorder(store, self._wake_senders, self.workers, self.sight)

    # Life

    def start(self) -> None:
        for token in self.bots.values():
            self._store.outbox.renew_token(token)
        if self._config.operator:
            self._operator = Operator(self._store, *self._config.operator)
        for bot_id, token in self._store.outbox.bots_with_token():
            self._ensure_sender(bot_id, token)
        self.recorder.start()
        self._store.outbox.let_go()
        self.sight.uplink.start()
        for monitor, state in self._store.load():
            try:
                self._resume(monitor, release(state))
            except LimitReached as error:
                self._unwatched += 1
                log.error("%s is not watched: %s", monitor.id, error)

    def stop(self) -> None:
        """Decide and save what is known; messages not sent yet stay in the outbox."""
        for pinger in self._pingers.values():
            pinger.flush()
        workers = self.workers()
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()
        self.recorder.stop()
        try:
            self.recorder.flush()
            self._store.save_states([item for worker in workers for item in worker.states()])
            self.recorder.write_minutes(int(time.time() // 60) + 1)
        except Exception:
            log.exception("could not save the last state; a restart decides again from the one before")
        deadline = time.monotonic() + 1.0
        for sender in self._senders.values():
            sender.stop(max(0.0, deadline - time.monotonic()))

    def look_after_channels(self) -> None:
        """Tell the operator, if there is one, what does not get out; see that the database is there."""
        try:
            self._store.look()
            if self._operator and self._operator.look():
                self._wake_senders({self._operator.channel.bot_id})
        except PingmonError:
            pass  # the store has said why
        except Exception:
            log.exception("could not look after the channels; trying again")

    def workers(self) -> list[Worker]:
        with self._lock:
            return list(self._workers.values())

    def stuck(self) -> str | None:
        """What does not move any more, None when all is well."""
        now = time.monotonic()
        moving: list[tuple[str, float, float]] = [("recorder", self.recorder.heartbeat, 60.0)]
        moving += [(f"pinger-v{v}", p.heartbeat, STUCK_AFTER) for v, p in self._pingers.items()]
        with self._lock:
            senders = list(self._senders.items())
        moving += [(f"sender-{bot}", sender.heartbeat, sender.stuck) for bot, sender in senders]
        for name, heartbeat, limit in moving:
            if now - heartbeat > limit:
                return f"{name} has not moved for {now - heartbeat:.0f} s"
        for bot, sender in senders:
            if not sender.is_alive():
                return f"sender-{bot} ended"
        for worker in self.workers():
            busy = worker.busy_since
            if busy is not None and now - busy > STUCK_AFTER:
                return f"the worker of {worker.address} has not moved for {now - busy:.0f} s"
        return None

    def _health(self, stretch: float) -> str:
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again, self._stuck = now + 1.0, self.stuck()
        if self._stuck:
            return self._stuck
        if self._unwatched:
            return (
                f"{self._unwatched} monitors are not watched: {self._limit.what} allows no more threads"
            )
        if self.sight.blind:
            return "blind"
        return f"can't keep up: intervals are stretched {stretch:.2g} times" if stretch > 1 else "ok"

    def counts(self) -> dict[str, int]:
        with self._tallying:
            return {str(state): count for state, count in self._counts.items()}

    def _tally(self, before: State | None, after: State | None) -> None:
        """A monitor came, went or changed its state; called by workers."""
        with self._tallying:
            if before is not None:
                self._counts[before] -= 1
            if after is not None:
                self._counts[after] += 1

    # The API's methods, parameters as api.methods describes them

    def handlers(self) -> dict[str, Handler]:
        calls: list[Handler] = [
            self.add_mon,
            self.edit_mon,
            self.explain,
            self.import_mon,
            self.del_mon,
            self.list_mon,
            self.test_mon,
            self.find_chat,
            self.status,
        ]
        return {call.__name__: call for call in calls}

    def add_mon(self, caller: Caller, *, verify: bool = True, **params: Any) -> dict[str, Any]:
        wanted = self._wanted(**params)
        found = self._store.find(
            wanted.address, wanted.mon_type, wanted.token, wanted.chat_id, wanted.thread_id
        )
        if found:
            if conflict := settings_conflict(found, wanted.plan, wanted.name, wanted.options):
                raise conflict
            return {"id": found.id, "created": False}
        moved: dict[str, str] | None = None
        if verify:
            moved = {}
            where = (wanted.token, wanted.chat_id, wanted.thread_id)
            wanted = _as_checked(wanted, check_channel(*where, self._transport), moved)
        (added,) = self._add(caller, [wanted], moved=moved)
        if added.conflict:
            raise added.conflict
        return {"id": added.monitor.id, "created": added.created}

    def import_mon(
        self,
        caller: Caller,
        *,
        monitors: list[dict[str, Any]],
        verify: bool = True,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """All or nothing; `errors` names every bad one by its index."""
        errors: list[dict[str, Any]] = []
        wanted: list[Wanted] = []
        checked: dict[tuple[str, str, int | None], Checked | PingmonError] = {}
        moved: dict[str, str] = {}
        for index, params in enumerate(monitors):
            try:
                check_params("add_mon", params)
                one = self._wanted(**params)
                if verify:
                    one = _as_checked(one, self._check_once(one, checked), moved)
                wanted.append(one)
            except PingmonError as error:
                words, field = redact(str(error)), error.field and redact(error.field)
                errors.append({"index": index, "message": words, "field": field, "kind": error.kind})
        dry = dry_run or bool(errors)
        added = self._add(caller, wanted, dry, moved if verify else None) if wanted else []
        if not errors:
            errors = [
                {
                    "index": index,
                    "message": str(one.conflict),
                    "field": None,
                    "kind": one.conflict.kind,
                    "id": one.monitor.id,
                }
                for index, one in enumerate(added)
                if one.conflict
            ]
        done = [] if errors else added
        return {
            "created": sum(one.created for one in done),
            "existing": sum(not one.created for one in done),
            "new": [index for index, one in enumerate(done) if one.created],
            "ids": [] if dry_run else [one.monitor.id for one in done],
            "errors": errors,
        }

    def edit_mon(self, caller: Caller, *, id: str, **changes: Any) -> dict[str, Any]:
        """Other settings for a live monitor; what is known of the device stays."""
        with self._lock:
            old = self._monitor_of(id)
            name = parse_name(changes.pop("name", old.name))
            options = self._options(old.options, changes, old.id)
            new = replace(old, name=name, options=options, plan=_plan(changes, old.plan))
            if new != old:
                self._store.edit(new)
                self._workers[old.address].replace(old, new)
                self._monitors[old.id] = new
                if new.options.parent != old.options.parent:
                    self.sight.free([new])
                log.info("uid %d edited %s", caller.uid, old.id)
        return {"id": old.id, "changed": new != old}

    def explain(self, caller: Caller, *, id: str, **changes: Any) -> dict[str, Any]:
        """What is known of the path, and what these or other settings mean on it."""
        monitor = self._monitor_of(id)
        worker = self._workers.get(monitor.address)
        seen = worker.seen(monitor.id) if worker else None
        if seen is None:
            raise NotFound(f"there is no monitor {id!r}; list-mon shows all", "id")
        state, path, interval = seen[0], seen[0].path, monitor.plan.interval
        again = path.persistence(interval)[0]
        sure = known(path, monitor.plan, state.run if state.run_is_loss else 0)
        result: dict[str, Any] = {
            "id": monitor.id,
            "state": str(state.state),
            "reason": state.held,
            "loss": round(path.loss(interval), 6),
            "loss_after_loss": round(again, 4),
            "burst_s": round(1 / (1 - again), 1),
            "phi": round(sure.phi, 2),
            "bound": None if sure.bound is None else round(sure.bound, 2),
            "probes": sure.probes,
            "runs_of_losses": round(sure.runs, 1),
            "hint": LITTLE_KNOWN if sure.little else "",
            "now": _forecast(path, monitor.plan),
        }
        if changes:
            result["with"] = _forecast(path, _plan(changes, monitor.plan))
        return result

    def del_mon(self, caller: Caller, *, id: str) -> dict[str, Any]:
        with self._lock:
            monitor_id, deleted = self._store.delete(id)
            worker = self._forget(monitor_id) if deleted else None
            self._free_children(monitor_id)
        if worker:
            worker.join()
        if deleted:
            log.info("uid %d deleted %s", caller.uid, monitor_id)
        return {"id": monitor_id, "deleted": deleted}

    def list_mon(
        self,
        caller: Caller,
        *,
        after: str | None = None,
        limit: int = PAGE_MAX,
        state: str | None = None,
        ip_address: str | None = None,
        chat_id: str | int | None = None,
    ) -> dict[str, Any]:
        address = parse_address(ip_address) if ip_address else None
        deliveries = self._store.outbox.deliveries()
        with self._lock:
            ids = list(self._monitors)
        if after is not None and after not in self._monitors:
            raise InvalidValue("the list changed at its cursor; start again without `after`", "after")
        start = ids.index(after) + 1 if after is not None else 0
        views = (self._view(one, deliveries) for one in _giving_way(ids[start:]))
        wanted = (
            view
            for view in views
            if view
            and state in (None, view["state"])
            and address in (None, view["ip_address"])
            and (chat_id is None or str(chat_id) == view["chat_id"])
        )
        page = list(islice(wanted, limit + 1))
        more = len(page) > limit
        return {"monitors": page[:limit], "next": page[limit - 1]["id"] if more else None}

    def test_mon(self, caller: Caller, *, id: str) -> dict[str, Any]:
        """Send a test message now, past the queue, and tell what became of it."""
        monitor = self._monitors.get(self._store.full_id(id))
        token = self._store.outbox.token_of(monitor.id) if monitor else None
        if monitor is None or token is None:
            raise NotFound(f"there is no monitor {id!r}; list-mon shows all", "id")
        place, label = self._store.outbox.place(monitor.channel.id), monitor.name or monitor.address
        text, chat = f"pingmon: a test for {escape(label)}", place.chat_id
        bot = TelegramBot(token, self._transport)
        answer = bot.send(chat, place.thread_id, text)
        if answer.migrate_to:
            self._store.outbox.migrate_chat(chat, answer.migrate_to)
            chat = answer.migrate_to
            answer = bot.send(chat, place.thread_id, text)
        bot.close()
        if not answer.ok:
            kind = Refused if answer.error_code else Unreachable
            what = f"{remedy(answer)}, then run this again" if answer.is_permanent else "try again"
            raise kind(f"the test message to chat {chat} was not delivered: {answer.words}; {what}")
        return {"id": monitor.id, "chat_id": monitor.channel.chat_id}

    def find_chat(
        self, caller: Caller, *, token: str | None = None, bot: str | None = None
    ) -> dict[str, Any]:
        return {"chats": find_chats(self._token(token, bot), self._transport)}

    def status(self, caller: Caller) -> dict[str, Any]:
        waiting, oldest = self._store.outbox.depth()
        pressures = [pinger.backpressure for pinger in self._pingers.values()]
        p99, stretch = max(one.p99 for one in pressures), max(one.stretch for one in pressures)
        with self._lock:
            uncertain = sum(sender.uncertain for sender in self._senders.values())
            monitors, targets = len(self._monitors), len(self._workers)
        return {
            "version": __version__,
            "uplink": self.sight.uplink.describe(),
            "uptime_s": round(time.monotonic() - self._started, 1),
            "health": self._health(stretch),
            "monitors": monitors,
            "targets": targets,
            "states": self.counts(),
            "scheduling": {"late_p99_ms": round(p99 * 1000, 3), "stretch": round(stretch, 2)},
            "outbox": {
                "waiting": waiting,
                "uncertain": uncertain,
                "oldest_s": round(max(0.0, time.time() - oldest), 1) if waiting else 0,
            },
        }

    # Inside

    def _wanted(
        self,
        *,
        ip_address: str,
        chat_id: str | int,
        token: str | None = None,
        bot: str | None = None,
        mon_type: str = "ping",
        name: str = "",
        thread_id: int | None = None,
        **settings: Any,
    ) -> Wanted:
        """Validated parameters of add_mon. Raises PingmonError."""
        address, chat, name = parse_address(ip_address), parse_chat(chat_id), parse_name(name)
        token = self._token(token, bot)
        self._pinger(address)
        number = token.partition(":")[0]  # stands for the bot until Telegram told its name
        options, plan = self._options(Options(), settings), _plan(settings)
        return Wanted(address, mon_type, token, number, chat, thread_id, plan, name, options)

    def _options(self, before: Options, changes: dict[str, Any], own: str | None = None) -> Options:
        """Takes what belongs to options out of `changes`. Raises PingmonError."""
        found: dict[str, Any] = {
            key: changes.pop(key) for key in ("tell_slow", "language", "quiet") if key in changes
        }
        if "parent" in changes:
            parent = changes.pop("parent") or None
            found["parent"] = above = self._monitor_of(parent, "parent").id if parent else None
            while above is not None:
                if above == own:
                    raise InvalidValue("a monitor can't be its own parent, nor above it", "parent")
                above = self._monitors[above].options.parent if above in self._monitors else None
        return replace(before, **found)

    def _monitor_of(self, prefix: str, field: str = "id") -> Monitor:
        monitor = self._monitors.get(self._store.full_id(prefix))
        if monitor is None:
            raise NotFound(f"there is no monitor {prefix!r}; list-mon shows all", field)
        return monitor

    def _check_once(
        self, wanted: Wanted, checked: dict[tuple[str, str, int | None], Checked | PingmonError]
    ) -> Checked:
        """Each channel of an import is asked about once."""
        key = (wanted.token, wanted.chat_id, wanted.thread_id)
        if key not in checked:
            try:
                checked[key] = check_channel(*key, self._transport)
            except PingmonError as error:
                checked[key] = error
        found = checked[key]
        if isinstance(found, PingmonError):
            raise found
        return found

    def _add(
        self,
        caller: Caller,
        wanted: list[Wanted],
        dry_run: bool = False,
        moved: dict[str, str] | None = None,
    ) -> list[Added]:
        """moved: groups that have another number now; None if Telegram was not asked."""
        with self._lock:
            fresh = {one.address for one in wanted} - set(self._workers)
            if len(self._workers) + len(fresh) > self._limit.workers:
                raise _too_many(len(self._workers), self._limit.what)
            if dry_run:
                return self._store.add(wanted, dry_run)
            added = self._store_and_watch(wanted, self._hire(fresh))
            if any(one.conflict for one in added):
                return added
            if moved is not None:
                with suppress(PingmonError):  # if this fails, the sender finds out itself
                    self._store.outbox.confirm({one.monitor.channel.id for one in added}, moved)
        for one in added:
            if one.created:
                monitor = one.monitor
                where = f"{monitor.address} to chat {monitor.channel.chat_id}"
                log.info("uid %d added %s: %s", caller.uid, monitor.id, where)
        return added

    def _store_and_watch(self, wanted: list[Wanted], hired: dict[str, Worker]) -> list[Added]:
        """Workers come first: what is stored is watched."""
        try:
            added = self._store.add(wanted)
            if not any(one.conflict for one in added):
                for one, asked in zip(added, wanted, strict=True):
                    if one.created:
                        self._ensure_sender(one.monitor.channel.bot_id, asked.token)
                        if worker := hired.pop(one.monitor.address, None):
                            self._workers[worker.address] = worker
                        self._watch_locked(one.monitor, DetectorState(since=time.time()))
        finally:
            for worker in hired.values():
                worker.stop()
        return added

    def _hire(self, addresses: Iterable[str]) -> dict[str, Worker]:
        """Started workers, all or none. Raises LimitReached."""
        hired: dict[str, Worker] = {}
        try:
            for address in addresses:
                worker = self._new_worker(address)
                worker.start()
                hired[address] = worker
        except RuntimeError:
            for worker in hired.values():
                worker.stop()
            raise _too_many(len(self._workers), "TasksMax= of the unit or LimitNPROC=") from None
        return hired

    def _new_worker(self, address: str) -> Worker:
        pinger = self._pinger(address)
        return Worker(address, pinger, self.recorder.decide, self.sight, self._tally)

    def _token(self, token: str | None, bot: str | None) -> str:
        if (token is None) == (bot is None):
            raise InvalidValue("give either token or bot", "token")
        if token is not None:
            return parse_token(token)
        if bot not in self.bots:
            known = ", ".join(self.bots) or "none"
            raise InvalidValue(f"the configuration declares no bot {bot!r}; it has: {known}", "bot")
        return self.bots[bot]

    def _view(self, monitor_id: str, deliveries: dict[int, str]) -> dict[str, Any] | None:
        monitor = self._monitors.get(monitor_id)
        worker = self._workers.get(monitor.address) if monitor else None
        watch = worker.watch_of(monitor) if worker and monitor else None
        state = watch.states.get(monitor_id) if watch else None
        if monitor is None or watch is None or state is None:
            return None  # deleted meanwhile
        rtt = watch.probed.last_rtt
        since = datetime.fromtimestamp(state.since, UTC).isoformat(timespec="seconds")
        return {
            "id": monitor.id,
            "name": monitor.name,
            "ip_address": monitor.address,
            "mon_type": monitor.mon_type,
            "chat_id": monitor.channel.chat_id,
            "thread_id": monitor.channel.thread_id,
            "bot": monitor.channel.bot,
            **{field: getattr(monitor.plan, field) for field in PLAN_FIELDS},
            "false_alarms": _rate(monitor.plan),
            "parent": monitor.options.parent,
            "tell_slow": monitor.options.tell_slow,
            "language": monitor.options.language,
            "quiet": monitor.options.quiet,
            "state": str(state.state),
            "reason": state.held or ("flapping" if state.is_flapping else ""),
            "since": since.replace("+00:00", "Z"),
            "last_rtt_ms": None if rtt is None else round(rtt * 1000, 3),
            "loss": round(watch.loss, 4) if state.state is not State.UNKNOWN else 0.0,
            "delivery": deliveries.get(monitor.channel.id, "ok"),
        }

    def _pinger(self, address: str) -> Pinger:
        version = 6 if ":" in address else 4
        if version not in self._pingers:
            raise InvalidValue(f"this machine has no IPv{version}", "ip_address")
        return self._pingers[version]

    def _resume(self, monitor: Monitor, state: DetectorState) -> None:
        """Watch a monitor that was stored before."""
        with self._lock:
            if monitor.address not in self._workers:
                if len(self._workers) >= self._limit.workers:
                    raise _too_many(len(self._workers), self._limit.what)
                self._workers |= self._hire([monitor.address])
            self._watch_locked(monitor, state)

    def _watch_locked(self, monitor: Monitor, state: DetectorState) -> None:
        self._workers[monitor.address].add(monitor, state)
        self._monitors[monitor.id] = monitor

    def _forget(self, monitor_id: str) -> Worker | None:
        """The worker that has to be joined, if that was its last monitor."""
        monitor = self._monitors.pop(monitor_id)
        worker = self._workers[monitor.address]
        if not worker.remove(monitor):
            return None
        del self._workers[monitor.address]
        worker.stop()
        return worker

    def _free_children(self, monitor_id: str) -> None:
        """What was behind a monitor that is gone is judged for itself."""
        children = [one for one in self._monitors.values() if one.options.parent == monitor_id]
        freed = [replace(one, options=replace(one.options, parent=None)) for one in children]
        for old, new in zip(children, freed, strict=True):
            self._workers[old.address].replace(old, new)
            self._monitors[old.id] = new
        self.sight.free(freed)

    def _ensure_sender(self, bot_id: int, token: str) -> None:
        if bot_id not in self._senders:
            self._token_of_any = token
            telegram = TelegramBot(token, self._transport)
            language, zone = self._config.language, self._config.time_zone
            sender = Sender(self._store.outbox, bot_id, telegram, language=language, zone=zone)
            self._senders[bot_id] = sender
            sender.start()

    def _word_gets_out(self) -> bool:
        """Whether the Bot API can be reached; takes seconds."""
        return reaches(self._token_of_any, self._transport)

    def _wake_senders(self, bot_ids: set[int] | None) -> None:
        for bot_id in list(self._senders) if bot_ids is None else bot_ids:
            self._senders[bot_id].wake()


def _as_checked(wanted: Wanted, found: Checked, moved: dict[str, str]) -> Wanted:
    """With the bot's name; `moved` gets to know a group that has another number now."""
    if found.moved_to:
        moved[wanted.chat_id] = found.moved_to
    return replace(wanted, bot_name=found.bot_name)


def _plan(settings: dict[str, Any], before: Plan | None = None) -> Plan:
    """A plan from parameters; another rule takes the place of the one before."""
    settings = dict(settings)
    if isinstance(settings.get("false_alarms"), str):
        settings["false_alarms"] = parse_rate(settings["false_alarms"])
    kept = {one.name: getattr(before, one.name) for one in fields(Plan)} if before else {}
    ours, theirs = RULES[:2], RULES[2:]
    for group, other in ((ours, theirs), (theirs, ours)):
        if any(settings.get(key) is not None for key in group):
            dropped = other if group is ours else RULES
            kept = {key: value for key, value in kept.items() if key not in dropped}
    return shared(Plan, kept | settings)


def _too_many(workers: int, what: str) -> LimitReached:
    return LimitReached(
        f"{workers} addresses are watched and {what} allows no more threads; raise it, or delete some",
        "ip_address",
    )


def _forecast(path: Path, plan: Plan) -> dict[str, Any]:
    return asdict(forecast(path, plan)) | {"false_alarms": _rate(plan), "max_delay": plan.max_delay}


def _rate(plan: Plan) -> str | None:
    return None if plan.false_alarms is None else format_rate(plan.false_alarms)


def _giving_way(items: list[str]) -> Iterator[str]:
    """Long work must not make probes late: let the pinger have the interpreter now and then."""
    for index, item in enumerate(items):
        if index % GIVE_WAY_EVERY == GIVE_WAY_EVERY - 1:
            time.sleep(GIVE_WAY)
        yield item
