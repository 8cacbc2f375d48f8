"""Moments as the API shows them."""

from datetime import UTC, datetime


def rfc3339(at: float) -> str:
    """Epoch seconds in UTC, to the second (RFC 3339)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
