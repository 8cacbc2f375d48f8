"""TLS over a connection within an event loop."""

import asyncio
import errno
import os
import ssl
import stat
import threading
from asyncio.sslproto import SSLProtocol
from typing import NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.probes.paced import certificate
from pingmon.probes.paced.connecting import NotSent, connect

_GOODBYE = 0.5  # s; how long the other side may take to say goodbye, with the connection left open
_LARGEST_CA_FILE = 1 << 20  # bytes; the system's own has 220 kB
_MOST_CONTEXTS = 32  # that are kept; the one that was made first gives way
_changes = threading.Lock()  # kinds have a thread each, and so has whoever checks a setting
_contexts: dict[tuple[str, bool], tuple[tuple[int, int], ssl.SSLContext]] = {}
# asyncio has 256 KiB for each connection from its beginning: 1.5 GB when a proxy before 500 web servers
# hangs, as ten are under way for each. A record of TLS has 16 KiB (RFC 8446, section 5.1).
SSLProtocol.max_size = 1 << 15


class Streams(NamedTuple):
    """A connection, and when the certificate of the other side ends, seconds since the epoch."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    certificate_ends: float | None = None

    def close(self) -> None:
        """At once: what the other side still has to say is of no interest."""
        self.writer.transport.abort()


class TlsRefused(Exception):
    """The handshake failed; says why. certificate_ends: of the certificate that was refused, if known."""

    def __init__(self, words: str, certificate_ends: float | None = None) -> None:
        super().__init__(words)
        self.certificate_ends = certificate_ends


def check_ca_file(path: str) -> None:
    """Raises InvalidValue when it can't be used."""
    if not path.startswith("/"):
        raise InvalidValue("ca_file: give the whole path, from / on", "ca_file")
    try:
        context_for(path, insecure=False)
    except ssl.SSLError:
        raise InvalidValue("ca_file: the file holds no certificates in PEM form", "ca_file") from None
    except OSError as error:
        raise InvalidValue(f"ca_file: {error.strerror}", "ca_file") from None


def context_for(ca_file: str, insecure: bool) -> ssl.SSLContext:
    """Shared by targets with the same settings, as one holds a megabyte; made anew when the file changed.

    ca_file: of trusted authorities, empty: those of the system. Raises OSError, ssl.SSLError.
    """
    path = ca_file or ssl.get_default_verify_paths().cafile or ""
    stamp = (0, 0)
    if path and not insecure:
        found = os.stat(path)  # noqa: PTH116 - ten times as quick, and asked before every probe
        stamp = (found.st_mtime_ns, found.st_ino)
    known = _contexts.get((ca_file, insecure))
    if known and known[0] == stamp:
        return known[1]
    context = _insecure() if insecure else _verifying(ca_file)
    with _changes:
        _contexts.pop((ca_file, insecure), None)
        while len(_contexts) >= _MOST_CONTEXTS:
            del _contexts[next(iter(_contexts))]
        _contexts[ca_file, insecure] = (stamp, context)
    return context


async def handshake(
    address: str, port: int, server_name: str, ca_file: str, insecure: bool, source: str = ""
) -> Streams:
    """A new connection with TLS. server_name: of the certificate, a host or an IP address.

    source: an address of this machine or an interface, empty: any.

    Raises NotSent, TlsRefused, and OSError for what came back over the network.
    """
    try:
        context = context_for(ca_file, insecure)
    except OSError as error:  # of our own file, not of the other side; ssl.SSLError is one
        words = "it holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
        code = errno.EINVAL if isinstance(error, ssl.SSLError) else error.errno
        raise NotSent(OSError(code or errno.EIO, f"ca_file: {words}")) from None
    try:
        return await _streams(address, port, server_name, context, source)
    except ConnectionError as error:
        if error.errno is not None:
            raise
        raise TlsRefused("it closed the connection during the TLS handshake") from None
    except ssl.SSLError as error:
        ends = None
        if certificate.has_ended(error):
            ends = await _end_of_untrusted(address, port, server_name, source)
        raise TlsRefused(certificate.refusal(error, server_name, ends), ends) from None


async def _streams(
    address: str, port: int, server_name: str, context: ssl.SSLContext, source: str
) -> Streams:
    sock = await connect(address, port, source=source)
    try:
        reader, writer = await asyncio.open_connection(
            sock=sock,
            ssl=context,
            server_hostname=server_name,
            ssl_shutdown_timeout=_GOODBYE,
        )
    except BaseException:
        sock.close()
        raise
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return Streams(reader, writer, certificate.ends(der) if der else None)


async def _end_of_untrusted(address: str, port: int, server_name: str, source: str) -> float | None:
    """OpenSSL keeps nothing of a certificate that it refuses: it is asked for again, and nothing else."""
    try:
        streams = await _streams(address, port, server_name, context_for("", insecure=True), source)
    except (OSError, NotSent, ValueError):  # ssl.SSLError is an OSError
        return None
    streams.close()
    return streams.certificate_ends


def _verifying(ca_file: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        _load(context, ca_file)
    else:
        context.load_default_certs()
    return context


def _load(context: ssl.SSLContext, path: str) -> None:
    """The file is named by whoever may add a monitor: a pipe, or a device without end, would hold up all
    targets for good. Raises OSError, ssl.SSLError.
    """
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if found.st_size > _LARGEST_CA_FILE:
            raise OSError(errno.EFBIG, f"it is longer than {_LARGEST_CA_FILE:,} bytes")
        context.load_verify_locations(f"/proc/self/fd/{number}")  # the file that was looked at
    finally:
        os.close(number)


def _insecure() -> ssl.SSLContext:
    """For old devices, too: printers with TLS 1.0 and short keys can be watched in no other way."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
