"""IDs are UUIDs; the first letters of one are enough where they name one thing."""

from pingmon.model.errors import InvalidValue

ID_LENGTH, LEAST_PREFIX = 36, 4
HEX = frozenset("0123456789abcdef-")


def is_id_prefix(text: str) -> bool:
    """Whether that may be an ID or the beginning of one."""
    wanted = text.strip().lower()
    return LEAST_PREFIX <= len(wanted) <= ID_LENGTH and HEX.issuperset(wanted)


def no_id() -> InvalidValue:
    """What is said of text that can be no ID."""
    return InvalidValue(f"an ID is a UUID or at least its first {LEAST_PREFIX} letters", "id")
