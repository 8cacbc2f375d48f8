"""How long a call may take before the client gives up."""

DEFAULT = 10.0  # s
# While the daemon asks Telegram: up to four requests with timeouts of 20 s each.
WHILE_TELEGRAM_IS_ASKED = 90.0  # s
ASKING = frozenset(("add_mon", "edit_mon", "import_mon", "test_mon", "find_chat", "renew_token"))
_given: list[float] = []


def set_patience(seconds: float | None) -> None:
    """What `--wait` says; None: what fits the method."""
    _given[:] = [] if seconds is None else [seconds]


def patience(method: str) -> float:
    """Seconds for which an answer to `method` is waited for."""
    if _given:
        return _given[0]
    return WHILE_TELEGRAM_IS_ASKED if method in ASKING else DEFAULT
