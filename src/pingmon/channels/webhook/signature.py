"""Signatures of the Standard Webhooks specification, by which receivers know that it was us. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac

from pingmon.model.errors import InvalidValue

PREFIX = "whsec_"
LEAST, MOST = 24, 64  # bytes of a key, as the specification says


def parse_key(text: str) -> bytes:
    """The key of a secret as `whsec_` and Base64. Raises InvalidValue, which does not repeat it."""
    encoded = text.strip().removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.strip().startswith(PREFIX) or not LEAST <= len(key) <= MOST:
        words = f"a webhook's secret is {PREFIX} and {LEAST} to {MOST} bytes in Base64"
        raise InvalidValue(f"{words}, as of: echo {PREFIX}$(openssl rand -base64 32)", "secret")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Of the header webhook-signature. timestamp: epoch seconds, as in the header of that name."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
