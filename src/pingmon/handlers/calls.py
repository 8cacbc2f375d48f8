"""The calls that clients make: the API's methods, parameters as api.catalogue describes them."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from itertools import islice
from typing import Any

from pingmon.api.dispatcher import Caller, Handler, check_params
from pingmon.api.protocol import PAGE_MAX
from pingmon.channels.telegram.checks import find_chats, remedy_for
from pingmon.engine.sender_pool import SenderPool
from pingmon.engine.worker_pool import WorkerPool
from pingmon.handlers.serializers import explained, listed
from pingmon.model.errors import InvalidValue, NotFound, PingmonError, Refused, Unreachable
from pingmon.model.monitor import MonitorRequest
from pingmon.model.parsing import parse_address
from pingmon.model.redaction import redact
from pingmon.operations.channel_check_cache import ChannelCheckCache
from pingmon.operations.validation import (
    detection_settings_from,
    edited_monitor,
    monitor_request_from,
    resolve_token,
)
from pingmon.storage.add_monitors import AddResult, settings_conflict
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

NAMED = 20  # monitors of one request that are logged one by one


class Calls:
    """Every method may run in many threads at once."""

    def __init__(
        self,
        store: Store,
        worker_pool: WorkerPool,
        senders: SenderPool,
        bots: Callable[[], Mapping[str, str]],
        status: Callable[[], dict[str, Any]],
    ) -> None:
        """bots: those that the configuration declares now, name → token."""
        self._store, self._worker_pool, self._sender_pool = store, worker_pool, senders
        self._bots, self._status = bots, status

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
        wanted = monitor_request_from(self._worker_pool, self._bots(), **params)
        found = self._store.find(wanted)
        if found:
            if conflict := settings_conflict(found, wanted.detection, wanted.name, wanted.options):
                raise conflict
            return {"id": found.id, "created": False}
        asked = ChannelCheckCache(self._sender_pool.endpoint) if verify else None
        if asked:
            wanted = asked.checked(wanted)
        (added,) = self._add(caller, [wanted], asked)
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
        wanted: list[MonitorRequest] = []
        asked = ChannelCheckCache(self._sender_pool.endpoint) if verify else None
        for index, params in enumerate(monitors):
            try:
                check_params("add_mon", params)
                one = monitor_request_from(self._worker_pool, self._bots(), **params)
                wanted.append(asked.checked(one) if asked else one)
            except PingmonError as error:
                words, field = redact(str(error)), error.field and redact(error.field)
                errors.append({"index": index, "message": words, "field": field, "kind": error.kind})
        dry = dry_run or bool(errors)
        added = self._add(caller, wanted, asked, dry) if wanted else []
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
        old, new = self._worker_pool.edit(
            id, lambda monitor: edited_monitor(self._worker_pool, monitor, changes)
        )
        if new != old:
            log.info("uid %d edited %s", caller.uid, old.id)
        return {"id": old.id, "changed": new != old}

    def explain(self, caller: Caller, *, id: str, **changes: Any) -> dict[str, Any]:
        """What is known of the path, and what these or other settings mean on it."""
        monitor = self._worker_pool.find_monitor(id)
        worker = self._worker_pool.worker_of(monitor.address)
        seen = worker.seen(monitor.id) if worker else None
        if seen is None:
            raise NotFound(id)
        return explained(
            monitor, seen[0], detection_settings_from(changes, monitor.detection) if changes else None
        )

    def del_mon(self, caller: Caller, *, id: str) -> dict[str, Any]:
        monitor_id, deleted = self._worker_pool.delete(id)
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
        ids = self._worker_pool.monitors.ids()
        try:
            start = ids.index(after) + 1 if after is not None else 0
        except ValueError:
            words = "the list changed at its cursor; start again without `after`"
            raise InvalidValue(words, "after") from None
        views = (self._view(one, deliveries) for one in islice(ids, start, None))
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
        monitor = self._worker_pool.find_monitor(id)
        token = self._store.channels.token_of(monitor.id)
        if token is None:
            raise NotFound(id)
        place, label = self._store.channels.place(monitor.channel.id), monitor.name or monitor.address
        answer, chat = self._sender_pool.send_now(token, place, f"pingmon: a test for {escape(label)}")
        if not answer.ok:
            kind = Refused if answer.error_code else Unreachable
            what = f"{remedy_for(answer)}, then run this again" if answer.is_permanent else "try again"
            raise kind(f"the test message to chat {chat} was not delivered: {answer.words}; {what}")
        return {"id": monitor.id, "chat_id": monitor.channel.address}

    def find_chat(
        self, caller: Caller, *, token: str | None = None, bot: str | None = None
    ) -> dict[str, Any]:
        return {"chats": find_chats(resolve_token(self._bots(), token, bot), self._sender_pool.endpoint)}

    def status(self, caller: Caller) -> dict[str, Any]:
        return self._status()

    # Inside

    def _add(
        self,
        caller: Caller,
        wanted: list[MonitorRequest],
        asked: ChannelCheckCache | None,
        dry_run: bool = False,
    ) -> list[AddResult]:
        """asked: what Telegram said, None if it was not asked."""
        added = self._worker_pool.add(wanted, self._sender_pool.start_sender, dry_run)
        if dry_run or any(one.conflict for one in added):
            return added
        if asked:
            with suppress(PingmonError):  # if this fails, the sender finds out itself
                self._store.channels.confirm({one.monitor.channel.id for one in added}, asked.moved)
        created = [one.monitor for one in added if one.created]
        for one in created[:NAMED]:
            log.info(
                "uid %d added %s: %s to chat %s", caller.uid, one.id, one.address, one.channel.address
            )
        if len(created) > NAMED:
            log.info("uid %d added %d more", caller.uid, len(created) - NAMED)
        return added

    def _view(self, monitor_id: str, deliveries: dict[int, str]) -> dict[str, Any] | None:
        monitor = self._worker_pool.monitors.get(monitor_id)
        worker = self._worker_pool.worker_of(monitor.address) if monitor else None
        group = worker.group_of(monitor) if worker and monitor else None
        state = group.states.get(monitor_id) if group else None
        if monitor is None or group is None or state is None:
            return None  # deleted meanwhile
        return listed(monitor, group, state, deliveries.get(monitor.channel.id, "ok"))
