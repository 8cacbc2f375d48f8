"""One request and its answer, over a connection of their own."""

import asyncio
import ssl
from dataclasses import dataclass, field

import h11

from pingmon.probes.http.options import Headers, HttpOptions
from pingmon.probes.http.url import Url
from pingmon.probes.paced import certificate
from pingmon.probes.paced.connecting import connect
from pingmon.probes.paced.tls import Streams, handshake

LONGEST_HEADERS = 1 << 16  # bytes, status line included
_MOST_INTERIM = 20  # answers of status 1xx
_CHUNK = 1 << 16
_PIECES = 64  # of content, until other targets have their turn: 64 KiB may be ten thousand of them
_BEGINNING = b"HTTP/"


class BadAnswer(Exception):
    """The other side broke off, or does not speak HTTP; says so in words."""


def _connection() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEADERS)


@dataclass(slots=True)
class Page:
    """An answer. length: bytes of content that were read. is_whole: there were no more."""

    status: int
    headers: dict[str, str]
    content: bytes = b""
    length: int = 0
    is_whole: bool = True


@dataclass(slots=True)
class Exchange:
    """How far a request came, to be said when the time is over. phase: what is waited for."""

    url: Url
    phase: str = "connection"
    received: int = 0  # bytes, headers included
    certificate_ends: float | None = None
    streams: Streams | None = field(default=None, repr=False)
    _http: h11.Connection = field(default_factory=_connection, repr=False)

    async def connect(self, address: str, options: HttpOptions) -> None:
        """Raises NotSent, TlsRefused, OSError."""
        if self.url.is_tls:
            self.phase = "TLS handshake"
            self.streams = await handshake(
                address, self.url.port, self.url.host, options.ca_file, options.insecure, options.source
            )
            self.certificate_ends = self.streams.certificate_ends
        else:
            sock = await connect(address, self.url.port, source=options.source)
            self.streams = Streams(*await asyncio.open_connection(sock=sock))
        self.phase = "answer"

    async def ask(self, method: str, headers: Headers) -> Page:
        """The answer without its content. Raises BadAnswer, OSError."""
        assert self.streams
        pairs = [*headers, *_no_content(method)]
        try:
            request = h11.Request(method=method, target=self.url.target, headers=pairs)
            data = self._http.send(request) + self._http.send(h11.EndOfMessage())
        except h11.LocalProtocolError:  # whose words may hold a secret; options.py has let it pass
            raise BadAnswer("the request can't be written") from None
        self.streams.writer.write(data)
        for _ in range(_MOST_INTERIM):
            event = await self._next()
            if isinstance(event, h11.Response):
                self.phase = "whole answer"
                texts = [
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers
                ]
                return Page(event.status_code, dict(texts))
        raise BadAnswer("answers without end that it goes on")

    async def read(self, page: Page, most: int, keep: bool) -> None:
        """Its content, `most` bytes at most. keep: they are looked at. Raises BadAnswer, OSError."""
        content, count = bytearray(), 0
        while page.is_whole and isinstance(event := await self._next(), h11.Data):
            part = event.data[: most - page.length]
            page.length += len(part)
            page.is_whole = len(part) == len(event.data)
            if keep:
                content += part
            count += 1
            if not count % _PIECES:
                await asyncio.sleep(0)
        page.content = bytes(content)

    def close(self) -> None:
        if self.streams:
            self.streams.close()

    async def _next(self) -> object:
        assert self.streams
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                data = await self.streams.reader.read(_CHUNK)
                if not self.received and not _BEGINNING.startswith(data[: len(_BEGINNING)]):
                    raise BadAnswer("does not speak HTTP")
                self.received += len(data)
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise BadAnswer(self._words(error)) from None
        except ssl.SSLError as error:
            raise BadAnswer(certificate.refusal(error, self.url.host)) from None
        return event

    def _words(self, error: h11.RemoteProtocolError) -> str:
        words = str(error)
        if not self.received:
            return "closed the connection without an answer"
        if "closed connection" in words or "without sending" in words:
            return f"closed the connection before the end of its answer, after {self.received:,} bytes"
        if error.error_status_hint == 431:
            return f"its headers are longer than {LONGEST_HEADERS:,} bytes"
        return "does not speak HTTP as it should"


def _no_content(method: str) -> Headers:
    """What servers want to know of methods that usually have content (RFC 9110, section 8.6)."""
    return (("Content-Length", "0"),) if method in ("POST", "PUT", "PATCH") else ()
