"""What an answer of a mail server means, by the stage at which it was given."""

from collections.abc import Iterable

from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus
from pingmon.model.redaction import hide_in
from pingmon.text.printable import UNPRINTABLE, shortened

LONGEST_WORDS = 300  # characters of a server's answer that are shown
# Stages that are about one recipient; all others are about all of them.
OF_ADDRESS = ("recipient", "content")
_NEEDS_LOGIN = 530
_RELOAD = "then systemctl reload pingmon"
_REMEDIES = {
    "connect": "see why the mail server refuses this machine",
    "tls": f"give the right [smtp] security, {_RELOAD}",
    "auth": f"give the right [smtp] user and password, {_RELOAD}",
    "sender": f"have the mail server allow this sender, or give another [smtp] from, {_RELOAD}",
    "recipient": "check the address",
    "content": "see in the mail server's log why it does not take the mail",
}


def smtp_answer(stage: str, code: int, words: bytes | str, secrets: Iterable[str] = ()) -> DeliveryAnswer:
    """stage: connect, tls, auth, sender, recipient or content. code: 400 to 599 (RFC 5321, 4.2.1).

    secrets: that the server may repeat. A code that is none is no answer of a mail server.
    """
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    said = hide_in(" ".join(UNPRINTABLE.sub(" ", said).split()), secrets)
    said = shortened(said, LONGEST_WORDS)
    reason = (
        f"{code} {said}".strip() if 200 <= code < 600 else f"this is no mail server: {said}".rstrip(": ")
    )
    is_of_address = stage in OF_ADDRESS and code != _NEEDS_LOGIN
    if not 500 <= code < 600:
        return DeliveryAnswer(DeliveryStatus.LATER, reason, is_from_service=is_of_address)
    if code == _NEEDS_LOGIN:
        return DeliveryAnswer(DeliveryStatus.ACCOUNT_REFUSED, reason, _REMEDIES["auth"])
    if not is_of_address:
        return DeliveryAnswer(DeliveryStatus.ACCOUNT_REFUSED, reason, _REMEDIES[stage])
    is_too_long = stage == "content" and (code == 523 or said.startswith("5.3.4"))
    status = DeliveryStatus.TOO_LONG if is_too_long else DeliveryStatus.REFUSED
    return DeliveryAnswer(status, reason, _REMEDIES[stage])


def lacks(stage: str, words: str) -> DeliveryAnswer:
    """The server has not what the settings want."""
    return DeliveryAnswer(DeliveryStatus.ACCOUNT_REFUSED, words, _REMEDIES[stage])
