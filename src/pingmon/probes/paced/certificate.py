"""When a certificate ends, read from its bytes (RFC 5280, section 4.1), and what TLS has against one.

The standard library tells the date only of a certificate that it trusts, and that of one which ended is
what people want to know.
"""

import re
import ssl
import time
from datetime import UTC, datetime
from functools import lru_cache

_VERSION = 0xA0  # tags of DER (X.690)
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_USUAL = 8192  # bytes of a certificate

# Codes of x509_vfy.h.
_NOT_YET, _ENDED, _SELF_SIGNED, _SELF_SIGNED_ROOT, _NO_ISSUER, _NO_FIRST = 9, 10, 18, 19, 20, 21
_REVOKED, _WRONG_NAME, _WRONG_ADDRESS = 23, 62, 64
_VERIFY = {
    _NOT_YET: "the certificate is not valid yet",
    _ENDED: "the certificate ended",
    _SELF_SIGNED: "the certificate is self-signed",
    _SELF_SIGNED_ROOT: "the certificate is of an authority that is not trusted",
    _NO_ISSUER: "the certificate is of an authority that is not known here, or its chain is incomplete",
    _NO_FIRST: "the certificate is of an authority that is not known here, or its chain is incomplete",
    _REVOKED: "the certificate was revoked",
}
_REASONS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS on this port",
    "RECORD_LAYER_FAILURE": "it does not speak TLS on this port",
    "PACKET_LENGTH_TOO_LONG": "it does not speak TLS on this port",
    "HTTP_REQUEST": "it does not speak TLS on this port",
    "UNSUPPORTED_PROTOCOL": "it speaks an old version of TLS only",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it speaks no version of TLS that is taken here",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it broke the TLS handshake off",
    "TLSV1_UNRECOGNIZED_NAME": "it knows no such name (TLS)",
    "UNEXPECTED_EOF_WHILE_READING": "it closed the connection during the TLS handshake",
    "DH_KEY_TOO_SMALL": "its TLS keys are too short",
    "EE_KEY_TOO_SMALL": "its certificate's key is too short",
    "CA_MD_TOO_WEAK": "its certificate is signed with a hash that is too weak",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants a certificate of the client",
}


def ends(der: bytes) -> float | None:
    """Seconds since the epoch; None if it can't be read."""
    # A server may make another one of 100 kB for each handshake.
    return _remembered_end(der) if len(der) <= _USUAL else _end(der)


def _end(der: bytes) -> float | None:
    try:
        _, certificate, _ = _element(der)
        _, tbs, _ = _element(certificate)
        tag, _, rest = _element(tbs)
        if tag == _VERSION:
            _, _, rest = _element(rest)  # the serial number
        for _ in range(2):  # signature algorithm, issuer
            _, _, rest = _element(rest)
        tag, validity, _ = _element(rest)
        _, _, rest = _element(validity)
        tag, value, _ = _element(rest)
        return _time(tag, value.decode("ascii"))
    except (ValueError, IndexError):
        return None


_remembered_end = lru_cache(2048)(_end)  # that of a target is the same for months


def refusal(error: ssl.SSLError, server_name: str, certificate_ends: float | None = None) -> str:
    """Why TLS failed, in words. certificate_ends: of the one that was refused, if that is known."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _verification(error, server_name, certificate_ends)
    reason = error.reason or ""
    if not reason and isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        reason = "UNEXPECTED_EOF_WHILE_READING"
    return _REASONS.get(reason) or f"TLS failed: {reason.replace('_', ' ').lower() or 'no reason given'}"


def has_ended(error: ssl.SSLError) -> bool:
    return isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == _ENDED


def day(seconds: float) -> str:
    """As 2026-12-16, in UTC, as certificates have it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _verification(error: ssl.SSLCertVerificationError, name: str, end: float | None) -> str:
    if error.verify_code == _ENDED and end is not None:
        if end <= time.time():
            return f"the certificate ended on {day(end)}"
        return "a certificate of its chain ended"
    if error.verify_code in (_WRONG_NAME, _WRONG_ADDRESS):
        return f"the certificate is not for {name}"
    words = _VERIFY.get(error.verify_code)
    return words or f"the certificate is refused: {error.verify_message}"


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content and what follows of the first element. Raises ValueError, IndexError."""
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(data[2:at])
    if at + length > len(data):
        raise ValueError("truncated")
    return tag, data[at : at + length], data[at + length :]


def _time(tag: int, text: str) -> float:
    if tag == _UTC_TIME:  # of 1950 to 2049
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time")
    if not re.fullmatch(r"\d{14}Z", text, re.ASCII):
        raise ValueError("no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
