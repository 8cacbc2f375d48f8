"""What became of a message that was handed to a channel."""

from dataclasses import dataclass
from typing import Any

_REFUSES_BOT = {401, 404, 421}  # of a token that is unknown, malformed, or known elsewhere
_PERMANENT = {400, 403} | _REFUSES_BOT


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. `error_code` 0: nothing that Telegram said (network, proxy)."""

    ok: bool
    result: Any = None
    error_code: int = 0
    description: str = ""
    retry_after: float | None = None
    migrate_to: str | None = None
    http_status: int = 0
    uncertain: bool = False

    @property
    def is_permanent(self) -> bool:
        return not self.ok and self.error_code in _PERMANENT and not self.migrate_to

    @property
    def refuses_bot(self) -> bool:
        """It is not about a chat: the token is not accepted."""
        return not self.ok and self.error_code in _REFUSES_BOT

    @property
    def was_heard(self) -> bool:
        """Whether some server said something."""
        return self.ok or bool(self.error_code or self.http_status)

    @property
    def words(self) -> str:
        """What is wrong, as people can read it."""
        return f"{self.error_code or ''} {self.description}".strip()
