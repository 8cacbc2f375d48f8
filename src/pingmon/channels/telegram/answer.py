"""Answers of the Bot API (https://core.telegram.org/bots/api): what they mean, and what helps."""

from dataclasses import dataclass, field
from typing import Any

from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus

_REFUSES_BOT = {401, 404, 421}  # of a token that is unknown, malformed, or known elsewhere
_PERMANENT = {400, 403} | _REFUSES_BOT
_TOPIC_GONE = ("message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED")


@dataclass(frozen=True, slots=True)
class BotApiAnswer:
    """One answer. `error_code` 0: nothing that Telegram said (network, proxy).

    result: of whatever type the server chose. retry_after: seconds. http_status: 0 if there was no HTTP.
    uncertain: what was asked for may have happened. server_time: epoch seconds by the server's clock,
    None if it did not say. unread: how a body begins of which nothing could be made though HTTP was well.
    """

    ok: bool
    result: Any = None
    error_code: int = 0
    description: str = ""
    retry_after: float | None = None
    migrate_to: str | None = None
    http_status: int = 0
    uncertain: bool = False
    server_time: float | None = None
    unread: bytes = field(default=b"", repr=False)

    @property
    def is_permanent(self) -> bool:
        return not self.ok and self.error_code in _PERMANENT and not self.migrate_to

    @property
    def refuses_bot(self) -> bool:
        """It is not about a chat: the token is not accepted."""
        return not self.ok and self.error_code in _REFUSES_BOT

    @property
    def words(self) -> str:
        """What is wrong, as people can read it."""
        return f"{self.error_code or ''} {self.description}".strip()


def delivery_answer(answer: BotApiAnswer) -> DeliveryAnswer:
    """The same in the words that all kinds of channels share."""
    result = answer.result if isinstance(answer.result, dict) else {}
    return DeliveryAnswer(
        _status(answer),
        reason=answer.words,
        remedy=remedy_for(answer) if answer.is_permanent else "",
        message_id=_message_id(result.get("message_id")),
        retry_after=answer.retry_after,
        moved_to=answer.migrate_to,
        was_heard=answer.ok or bool(answer.error_code or answer.http_status),
        is_from_service=answer.ok or bool(answer.error_code),
        uncertain=answer.uncertain,
    )


def _message_id(given: Any) -> int | None:
    """None for what could not be replied to."""
    is_number = isinstance(given, int) and not isinstance(given, bool)
    return given if is_number and 0 < given < 2**63 else None


def _status(answer: BotApiAnswer) -> DeliveryStatus:
    if answer.ok:
        return DeliveryStatus.DELIVERED
    if answer.migrate_to:
        return DeliveryStatus.MOVED
    if answer.refuses_bot:
        return DeliveryStatus.ACCOUNT_REFUSED
    if answer.error_code == 400 and any(words in answer.description for words in _TOPIC_GONE):
        return DeliveryStatus.TOPIC_GONE
    if "message is too long" in answer.description:
        return DeliveryStatus.TOO_LONG
    if "can't parse entities" in answer.description:
        return DeliveryStatus.MARKUP_REFUSED
    return DeliveryStatus.REFUSED if answer.is_permanent else DeliveryStatus.LATER


_REMEDIES = (
    ("bot was blocked", "the person must unblock the bot and press /start"),
    ("user is deactivated", "that account is gone: give another chat"),
    ("initiate conversation", "the person must write to the bot first: press /start"),
    ("kicked", "the bot is not in that group: add it"),
    ("not a member", "the bot is not in that group: add it"),
    ("group chat was deleted", "that group is gone: give another chat"),
    ("thread not found", "there is no such topic: give another --thread_id, or none"),
    ("TOPIC_", "that topic is closed or gone: open it, or give another --thread_id, or none"),
    ("rights", "let the bot post there: make it an administrator, or allow members to write"),
    ("write access", "let the bot post there: make it an administrator, or allow members to write"),
    ("CHAT_WRITE_FORBIDDEN", "let the bot post there: make it an administrator, or allow it to write"),
    (
        "chat not found",
        "check the number (find-chat lists them); a person must press /start first, "
        "and in a group the bot must be a member: add it",
    ),
)


def remedy_for(answer: BotApiAnswer) -> str:
    """What somebody can do about a refusal."""
    if answer.refuses_bot:
        return "copy the token from BotFather again"
    for words, what in _REMEDIES:
        if words in answer.description:
            return what
    if answer.error_code == 403:
        return "the person must press /start, or the bot be added to the group"
    return "check the chat's number, and that the bot is in it and may post"
