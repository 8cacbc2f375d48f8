"""What can be wrong with a request. Each error is one clear line and names the field."""

from pingmon.text.printable import shown


class PingmonError(Exception):
    """An error that the caller can correct. `kind` is stable, `field` names the offending parameter."""

    kind = "error"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class InvalidValue(PingmonError):
    """A value that can not be accepted."""

    kind = "invalid"


class NotFound(PingmonError):
    """There is no such monitor."""

    kind = "not_found"

    def __init__(self, monitor: str, field: str = "id") -> None:
        """monitor: its ID, or the first letters of it, as it was given."""
        super().__init__(f"there is no monitor {shown(monitor)}; list-mon shows all", field)


class Conflict(PingmonError):
    """It contradicts what is there already."""

    kind = "conflict"


class Refused(PingmonError):
    """The other side (Telegram) said no; the message repeats its own words."""

    kind = "refused"


class Unreachable(PingmonError):
    """The other side can not be reached, or has no time.

    retry_after: seconds after which it may be asked again, when it said so.
    """

    kind = "unreachable"

    def __init__(self, message: str, field: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, field)
        self.retry_after = retry_after


class LimitReached(PingmonError):
    """The machine allows no more."""

    kind = "limit"
