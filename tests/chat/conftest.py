"""A daemon without probes, and a chat."""

import pytest

from pingmon.daemon.application import Application
from pingmon.model.chat_rights import Role
from tests.operations.test_import_plan import api, application
from tests.support.chat_desk import ANNA, NOC, Desk

__all__ = ["api", "application"]


@pytest.fixture
def desk(application: Application) -> Desk:
    """Anna is admin in NOC."""
    made = Desk(application)
    made.allow(NOC, ANNA, Role.ADMIN)
    return made
