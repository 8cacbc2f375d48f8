"""What people call a channel, whatever its kind. Pure."""

from pingmon.kinds import CHANNEL_KINDS


def has_sender(kind: str) -> bool:
    """Whether it has to be said who sends: the address does not say it."""
    known = CHANNEL_KINDS.get(kind)
    return known is None or bool(known.sender)


def channel_words(kind: str, address: object) -> str:
    """ "chat 1001", "noc@example.org"."""
    return f"chat {address}" if has_sender(kind) else str(address)
