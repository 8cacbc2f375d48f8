"""What tests of the sender share: a store, and a stand-in Bot API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store
from tests.support.bot_api import BotApi
from tests.support.bot_api_models import refused_requests


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
