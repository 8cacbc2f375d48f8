"""The fixtures of plans serve all operations."""

from tests.operations.test_plans import api, application

__all__ = ["api", "application"]
