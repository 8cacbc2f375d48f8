"""What an HTTP answer to a webhook's request means. Pure."""

from collections.abc import Mapping
from http import HTTPStatus

from pingmon.channels.http_headers import header, host_named, retry_after_of
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus

_PASSES = {408, 425, 429}  # of 400 to 499; all others stay until somebody acts
_LOST_ITS_SERVER = (502, 504)  # a gateway: what is behind it may have got the message
_LONGEST_WAIT = 86400.0  # s; no receiver may keep a message for good
_CHECK = "check the URL, and what its server says"
_REMEDIES = {
    400: "its server does not take our JSON (docs/webhook.md): look there",
    401: "its server wants other credentials: give another URL, or the right secret",
    403: "its server wants other credentials: give another URL, or the right secret",
    404: "there is nothing at this URL: give another one",
    405: "its server takes no POST there: give another URL",
    410: "its server wants no more messages: give another URL, or delete the monitor",
}


def delivery_answer(status: int, headers: Mapping[str, str]) -> DeliveryAnswer:
    """headers: by any spelling of their names."""
    if 200 <= status < 300:
        return DeliveryAnswer(DeliveryStatus.DELIVERED)
    words = f"HTTP {status} {_phrase(status)}".strip()
    if 300 <= status < 400:
        to = host_named(header(headers, "Location"))
        words += f": it points to {to}" if to else ": it points elsewhere"
        remedy = "redirects are not followed: give the URL that it leads to"
        return DeliveryAnswer(DeliveryStatus.REFUSED, words, remedy)
    if status == 413:
        return DeliveryAnswer(DeliveryStatus.TOO_LONG, words, "let its server take longer messages")
    if 400 <= status < 500 and status not in _PASSES:
        return DeliveryAnswer(DeliveryStatus.REFUSED, words, _REMEDIES.get(status, _CHECK))
    wait = None
    if status in (429, 503):
        found = [one for one in retry_after_of(headers) if one is not None]
        wait = min(_LONGEST_WAIT, found[0]) if found else None
    is_uncertain = status in _LOST_ITS_SERVER
    return DeliveryAnswer(DeliveryStatus.LATER, words, retry_after=wait, uncertain=is_uncertain)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
