"""The bots whose commands are read: their pollers start and stop as people and the configuration say."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from pingmon.chat.poller import Handler, Poller
from pingmon.kinds.telegram import TELEGRAM
from pingmon.model.chat_config import ChatConfig
from pingmon.model.chat_service import ChatClient, ChatService
from pingmon.model.errors import PingmonError
from pingmon.model.polling import PollState
from pingmon.operations.chats import account_of, talking_bots
from pingmon.operations.context import Context
from pingmon.storage.channels import Account

log = logging.getLogger(__name__)

RETRY = 5.0  # s; after the store could not be read
LONGEST = 10.0  # s; one command, with a question over the network; the watchdog waits longer


class Pollers:
    """Thread-safe."""

    def __init__(
        self,
        context: Context,
        service: ChatService,
        new_handler: Callable[[Account, ChatClient], Handler],
    ) -> None:
        self._context, self._service, self._new_handler = context, service, new_handler
        self._lock = threading.Lock()  # of what is running
        self._turn = threading.Lock()  # of changes to it, which take their time
        self._running: dict[int, tuple[str, Poller]] = {}  # account → its secret, its poller
        self._wanted_now: frozenset[int] = frozenset()  # accounts; also before and after they are read
        self._is_stopped = False
        self.clients: dict[int, ChatClient] = {}  # by the number of the account

    def foresee(self) -> None:
        """Which accounts will be read: messages that are sent before that have buttons already."""
        with suppress(PingmonError):  # the store has said why
            self._wanted_now = frozenset(self._wanted())

    def start(self) -> None:
        """From now on they follow what is said."""
        board = self._context.polling
        board.states, board.refresh = self.states, self.refresh
        self.refresh()

    def use(self, config: ChatConfig) -> None:
        """The configuration was read again."""
        self._context.polling.config = config
        self.refresh()

    def states(self) -> Mapping[int, PollState]:
        """By the number of the account."""
        with self._lock:
            return {one: poller.state for one, (_, poller) in self._running.items()}

    def is_polled(self, account_id: int) -> bool:
        """Whether somebody hears, now or after a restart, when a button of this account is pressed."""
        return account_id in self._wanted_now

    def refresh(self) -> None:
        """Start those that are missing; stop those that are not wanted, or have another secret now.

        Tried again by itself while the store can't be read: else nobody would read commands.
        """
        with self._turn:
            try:
                wanted = self._wanted()
            except PingmonError:
                self._refresh_later()  # the store has said why
                return
            self._wanted_now = frozenset(wanted)
            with self._lock:
                stale = {
                    number: poller
                    for number, (secret, poller) in self._running.items()
                    if number not in wanted or wanted[number].secret != secret
                }
                for number in stale:
                    del self._running[number]
            for poller in stale.values():
                poller.stop(LONGEST)  # or two would carry out the same command
            for number, account in wanted.items():
                if number not in self._running and not self._is_stopped:
                    found = account.secret, self._start(account)
                    with self._lock:
                        self._running[number] = found

    def _refresh_later(self) -> None:
        if not self._is_stopped:
            later = threading.Timer(RETRY, self.refresh)
            later.daemon = True
            later.start()

    def _is_retired(self, account_id: int) -> bool:
        return not self._is_stopped and account_id not in self._running

    def _wanted(self) -> dict[int, Account]:
        """Declared ones are put into the store: people may write to a bot before it has monitors."""
        config, declared = self._context.polling.config, self._context.declared_accounts(TELEGRAM.name)
        for name, is_enabled in config.commands:
            if is_enabled and name in declared:
                account_of(self._context, declared[name])
        return {one.account.id: one.account for one in talking_bots(self._context) if one.is_enabled}

    def _start(self, account: Account) -> Poller:
        client = self._service.open_chat(account.secret)
        self.clients[account.id] = client
        handler = self._new_handler(account, client)
        poller = Poller(account.name, client, handler, lambda: self._is_retired(account.id))
        poller.start()
        log.info("commands for bot %s are read", account.name)
        return poller

    def stop(self, within: float = 2.0) -> None:
        """What is being handled is finished."""
        with self._lock:
            self._is_stopped = True
            running, self._running = list(self._running.values()), {}
        deadline = time.monotonic() + within
        for _, poller in running:
            poller.stop(max(0.0, deadline - time.monotonic()))
