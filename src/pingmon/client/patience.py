"""How long an answer is waited for before the client gives up."""

DEFAULT = 10.0  # s; long work answers in between, so that it may take as long as it needs
_given: list[float] = []


def set_patience(seconds: float | None) -> None:
    """What `--wait` says; None: the default."""
    _given[:] = [] if seconds is None else [seconds]


def patience() -> float:
    """Seconds for which an answer is waited for."""
    return _given[0] if _given else DEFAULT
