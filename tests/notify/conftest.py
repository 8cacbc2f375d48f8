"""What tests of the sender share: a store, and a stand-in Bot API."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.channels.telegram.service import LIMITS, TelegramService
from pingmon.model.delivery import ChannelLimits
from pingmon.notify.answers import Talk
from pingmon.notify.sender import Sender
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store
from tests.support.bot_api import TOKEN, BotApi
from tests.support.bot_api_models import refused_requests

NO_WAITING = replace(LIMITS, address_spacing=lambda _: 0.0, refused_pause=0.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(open_database(tmp_path / "pingmon.db"))
    yield made
    made.close()


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    yield made
    made.stop()
    assert refused_requests(made.calls) == []


@pytest.fixture
def sender(store: Store, api: BotApi) -> Callable[..., Sender]:
    """Makes a sender of the first account; polled: whether somebody listens to it."""

    def made(limits: ChannelLimits = NO_WAITING, polled: bool = True) -> Sender:
        store.is_polled = lambda _: polled
        return Sender(
            store.outbox,
            1,
            TelegramClient(TOKEN, BotApiEndpoint(api.url)),
            limits,
            TelegramService.rendering,
            talk=Talk(store.answers, store.told, lambda: polled),
        )

    return made
