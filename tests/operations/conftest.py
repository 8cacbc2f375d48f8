"""The fixtures of plans serve all operations."""

from tests.operations.test_import_plan import api, application

__all__ = ["api", "application"]
