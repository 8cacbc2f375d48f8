"""The calls that clients make: the API's methods, parameters as api.catalogue describes them."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from itertools import islice
from typing import Any

from pingmon.api.methods import Caller, Handler, check_params
from pingmon.api.protocol import PAGE_MAX
from pingmon.daemon.asked import Asked
from pingmon.daemon.crew import Crew
from pingmon.daemon.senders import Senders
from pingmon.daemon.settings import edited, plan_of, token_of, wanted_of
from pingmon.daemon.views import explained, listed
from pingmon.model.errors import InvalidValue, NotFound, PingmonError, Refused, Unreachable
from pingmon.model.monitor import parse_address
from pingmon.notify.checks import find_chats, remedy
from pingmon.notify.redact import redact
from pingmon.storage.adding import Added, Wanted, settings_conflict
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

NAMED = 20  # monitors of one request that are logged one by one


class Calls:
    """Every method may run in many threads at once."""

    def __init__(
        self,
        store: Store,
        crew: Crew,
        senders: Senders,
        bots: Callable[[], Mapping[str, str]],
        status: Callable[[], dict[str, Any]],
    ) -> None:
        """bots: those that the configuration declares now, name → token."""
        self._store, self._crew, self._senders = store, crew, senders
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
        wanted = wanted_of(self._crew, self._bots(), **params)
        found = self._store.find(
            wanted.address, wanted.mon_type, wanted.token, wanted.chat_id, wanted.thread_id
        )
        if found:
            if conflict := settings_conflict(found, wanted.plan, wanted.name, wanted.options):
                raise conflict
            return {"id": found.id, "created": False}
        asked = Asked(self._senders.transport) if verify else None
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
        wanted: list[Wanted] = []
        asked = Asked(self._senders.transport) if verify else None
        for index, params in enumerate(monitors):
            try:
                check_params("add_mon", params)
                one = wanted_of(self._crew, self._bots(), **params)
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
        old, new = self._crew.edit(id, lambda monitor: edited(self._crew, monitor, changes))
        if new != old:
            log.info("uid %d edited %s", caller.uid, old.id)
        return {"id": old.id, "changed": new != old}

    def explain(self, caller: Caller, *, id: str, **changes: Any) -> dict[str, Any]:
        """What is known of the path, and what these or other settings mean on it."""
        monitor = self._crew.named(id)
        worker = self._crew.worker_of(monitor.address)
        seen = worker.seen(monitor.id) if worker else None
        if seen is None:
            raise NotFound(id)
        return explained(monitor, seen[0], plan_of(changes, monitor.plan) if changes else None)

    def del_mon(self, caller: Caller, *, id: str) -> dict[str, Any]:
        monitor_id, deleted = self._crew.delete(id)
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
        ids = self._crew.monitors.ids()
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
        monitor = self._crew.named(id)
        token = self._store.channels.token_of(monitor.id)
        if token is None:
            raise NotFound(id)
        place, label = self._store.channels.place(monitor.channel.id), monitor.name or monitor.address
        answer, chat = self._senders.say(token, place, f"pingmon: a test for {escape(label)}")
        if not answer.ok:
            kind = Refused if answer.error_code else Unreachable
            what = f"{remedy(answer)}, then run this again" if answer.is_permanent else "try again"
            raise kind(f"the test message to chat {chat} was not delivered: {answer.words}; {what}")
        return {"id": monitor.id, "chat_id": monitor.channel.chat_id}

    def find_chat(
        self, caller: Caller, *, token: str | None = None, bot: str | None = None
    ) -> dict[str, Any]:
        return {"chats": find_chats(token_of(self._bots(), token, bot), self._senders.transport)}

    def status(self, caller: Caller) -> dict[str, Any]:
        return self._status()

    # Inside

    def _add(
        self, caller: Caller, wanted: list[Wanted], asked: Asked | None, dry_run: bool = False
    ) -> list[Added]:
        """asked: what Telegram said, None if it was not asked."""
        added = self._crew.add(wanted, self._senders.ensure, dry_run)
        if dry_run or any(one.conflict for one in added):
            return added
        if asked:
            with suppress(PingmonError):  # if this fails, the sender finds out itself
                self._store.channels.confirm({one.monitor.channel.id for one in added}, asked.moved)
        created = [one.monitor for one in added if one.created]
        for one in created[:NAMED]:
            log.info(
                "uid %d added %s: %s to chat %s", caller.uid, one.id, one.address, one.channel.chat_id
            )
        if len(created) > NAMED:
            log.info("uid %d added %d more", caller.uid, len(created) - NAMED)
        return added

    def _view(self, monitor_id: str, deliveries: dict[int, str]) -> dict[str, Any] | None:
        monitor = self._crew.monitors.get(monitor_id)
        worker = self._crew.worker_of(monitor.address) if monitor else None
        watch = worker.watch_of(monitor) if worker and monitor else None
        state = watch.states.get(monitor_id) if watch else None
        if monitor is None or watch is None or state is None:
            return None  # deleted meanwhile
        return listed(monitor, watch, state, deliveries.get(monitor.channel.id, "ok"))
