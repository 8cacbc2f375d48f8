"""What the HTTP library raises, in words that people understand.

The library's own text, which names its classes and objects, is logged at debug level only.
"""

import os
import socket
import ssl
from collections.abc import Iterator
from http.client import RemoteDisconnected
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from pingmon.channels.public_addresses import ForbiddenAddress

_TUNNEL = "Tunnel connection failed: "  # http.client's words when a proxy answers CONNECT with an error
_TLS = {
    "WRONG_VERSION_NUMBER": "the server does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "the server speaks an old version only",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the server broke the handshake off",
}


def network_words(error: Exception, url: str, proxy: str = "", was_sent: bool = True) -> str:
    """Which host can't be reached, and why: "can't reach api.telegram.org: connection refused".

    url: of the Bot API server. proxy: URL of the proxy, empty if there is none. was_sent: whether a
    request was under way.
    """
    causes = list(_causes(error))
    for cause in causes:
        if _TUNNEL in str(cause):
            return f"the proxy {host_of(proxy)} refuses: {str(cause).partition(_TUNNEL)[2].rstrip(')')}"
    # To a proxy that can't be reached the library never speaks of the server.
    is_proxy = bool(proxy) and was_never_connected(error)
    where = f"the proxy {host_of(proxy)}" if is_proxy else host_of(url)
    return f"can't reach {where}: {_reason(error, causes, was_sent)}"


def was_never_connected(error: Exception) -> bool:
    """Whether there was no connection."""
    never = (requests.ConnectTimeout, NewConnectionError)
    return any(isinstance(cause, never) for cause in _causes(error))


def forbidden_address(error: Exception) -> ForbiddenAddress | None:
    """Which address it was that may not be connected to, if that was it."""
    return next((one for one in _causes(error) if isinstance(one, ForbiddenAddress)), None)


def is_tls_refusal(error: Exception) -> bool:
    """Whether the other side broke TLS off with an alert: with TLS 1.3 it can do so after the request.

    A client's certificate that it wants is refused then, before anything of the request is read.
    """
    return any(
        isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or "") for cause in _causes(error)
    )


def host_of(url: str) -> str:
    """The host of a URL, and its port if it is given. Never a user's name or password."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "?"
    return f"{host}:{parts.port}" if parts.port else host


def _reason(error: Exception, causes: list[BaseException], was_sent: bool) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"TLS: {cause.verify_message or 'the certificate is not trusted'}"
        if isinstance(cause, ssl.SSLError):
            reason = cause.reason or "handshake failed"
            return f"TLS: {_TLS.get(reason, reason.replace('_', ' ').lower())}"
        if isinstance(cause, socket.gaierror):
            again = cause.errno == socket.EAI_AGAIN
            return "DNS does not answer" if again else "DNS does not know this name"
    if isinstance(error, requests.ConnectTimeout):
        return "the connection timed out"
    if any(isinstance(cause, requests.Timeout | ReadTimeoutError) for cause in causes):
        return "no answer in time" if was_sent else "the connection timed out"
    for cause in causes:
        if isinstance(cause, RemoteDisconnected | ConnectionResetError | BrokenPipeError):
            return "the connection was closed without an answer"
        if isinstance(cause, TimeoutError):
            return "the connection timed out"
        if isinstance(cause, OSError) and isinstance(cause.errno, int):
            words = os.strerror(cause.errno)
            return words[0].lower() + words[1:]
    return "the connection failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it was made of: libraries hide them in several ways."""
    seen, left = set[int](), [error]
    while left:
        one = left.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inside = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        left += [other for other in inside if isinstance(other, BaseException)]
