"""A target of the kind `http` is asked once: redirects, deadline, and whether the answer is right."""

import asyncio
import time
import weakref
from collections.abc import Mapping
from typing import Any

from pingmon.model.errors import InvalidValue
from pingmon.model.probe_result import Outcome
from pingmon.model.redaction import hide_in
from pingmon.probes.http.charset import decoded
from pingmon.probes.http.exchange import BadAnswer, Exchange, Page
from pingmon.probes.http.expectations import Looked
from pingmon.probes.http.options import HttpOptions, parse_options
from pingmon.probes.http.redirect_names import CantLookUp, NameOfRedirect, NoSuchName
from pingmon.probes.http.regex_search import Searcher
from pingmon.probes.http.url import redirected
from pingmon.probes.paced.answer import Answer
from pingmon.probes.paced.connecting import NotSent, not_sent, refused
from pingmon.probes.paced.tls import TlsRefused, check_ca_file
from pingmon.probes.scheduled.source import check_source

MOST_REDIRECTS = 10
_LONG = 1 << 16  # characters
_REDIRECTS = {301, 302, 303, 307, 308}


class _Wrong(Exception):
    """The other side's fault, in words."""


class HttpProbe:
    """One target. See kinds/http.py for its settings."""

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        """address: where the URL's host is. Raises InvalidValue."""
        self.address = address
        self.options: HttpOptions = parse_options(options)
        check_source(address, self.options.source)
        if self.options.ca_file:
            check_ca_file(self.options.ca_file)
        self._redirects = NameOfRedirect()

    async def run(self, timeout: float) -> Answer:
        """timeout: seconds for all of it, redirects included."""
        began = time.monotonic()
        attempt = _Attempt(self.address, self.options, self._redirects)
        try:
            async with asyncio.timeout(timeout):
                answer = await attempt.answer()
        except TimeoutError:
            answer = attempt.too_late(timeout)
        finally:
            attempt.close()
        # What we make of the answer is no time of the server's.
        rtt = attempt.answered - began if answer.outcome is Outcome.REPLY else None
        words = hide_in(answer.detail, self.options.spoken) if answer.detail else ""
        return answer._replace(rtt=rtt, detail=words, certificate_ends=attempt.certificate_ends)


class _Attempt:
    """One run. certificate_ends: of the URL's own server, not of where it redirects."""

    def __init__(self, address: str, options: HttpOptions, names: NameOfRedirect) -> None:
        self._names = names
        self._address = self._first_address = address
        self._options, self._method = options, options.method
        self._exchange = Exchange(options.url)
        self._redirects = 0
        self.answered = 0.0  # when, monotonic seconds
        self.is_looking = False  # at the answer, which is there
        self.certificate_ends: float | None = None

    async def answer(self) -> Answer:
        try:
            page = await self._last_page()
            self.answered = time.monotonic()
            await self._check(page)
        except (_Wrong, BadAnswer, NoSuchName) as error:
            return self._answer(Outcome.ERROR, str(error))
        except TlsRefused as error:
            if not self._redirects:
                self.certificate_ends = error.certificate_ends
            return self._answer(Outcome.ERROR, str(error))
        except CantLookUp as error:
            return self._answer(Outcome.LOCAL_ERROR, str(error), error.kind)
        except (NotSent, OSError) as error:
            found = not_sent(error.error) if isinstance(error, NotSent) else refused(error)
            return self._answer(found.outcome, found.detail, found.kind)
        return Answer(Outcome.REPLY)

    def too_late(self, timeout: float) -> Answer:
        """What had not come when the time was over."""
        if self.is_looking:
            words = "this machine took too long to look at the answer"
            return Answer(Outcome.LOCAL_ERROR, detail=words)
        return Answer(Outcome.TIMEOUT, detail=self._waiting_for(timeout))

    def _waiting_for(self, timeout: float) -> str:
        one = self._exchange
        some = f", but {one.received:,} bytes" if one.received else ""
        return f"{self._where()}no {one.phase} within {timeout:g} s{some}"

    def close(self) -> None:
        self._exchange.close()

    def _answer(self, outcome: Outcome, words: str, kind: str = "") -> Answer:
        return Answer(outcome, detail=self._where() + words, kind=kind)

    def _where(self) -> str:
        return f"redirected to {self._exchange.url.authority}: " if self._redirects else ""

    async def _last_page(self) -> Page:
        """The one to which all redirects lead, if its status is right."""
        options = self._options
        while True:
            exchange = self._exchange
            await exchange.connect(self._address, options)
            if not self._redirects:
                self.certificate_ends = exchange.certificate_ends
            page = await exchange.ask(self._method, options.headers(exchange.url))
            if not self._is_redirect(page):
                break
            await self._follow(page)
        if why := options.expected.why_not_status(page.status):
            raise _Wrong(why)
        if options.max_body:
            await exchange.read(page, options.max_body, keep=options.expected.wants_content)
        return page

    def _is_redirect(self, page: Page) -> bool:
        wanted = self._options.follow_redirects and page.status in _REDIRECTS
        return wanted and "location" in page.headers

    async def _follow(self, page: Page) -> None:
        if self._redirects == MOST_REDIRECTS:
            raise _Wrong(f"redirects more than {MOST_REDIRECTS} times")
        self._exchange.close()
        try:
            url = redirected(self._exchange.url, page.headers["location"])
        except InvalidValue as error:
            raise _Wrong(f"redirects to what can't be followed: {error}") from None
        self._redirects += 1
        if page.status == 303 or (page.status in (301, 302) and self._method == "POST"):
            self._method = "HEAD" if self._method == "HEAD" else "GET"  # RFC 9110, section 15.4
        self._exchange = Exchange(url, phase="address of its host")
        is_same = url.host == self._options.url.host
        self._address = self._first_address if is_same else await self._names.address_of(url)

    async def _check(self, page: Page) -> None:
        expected = self._options.expected
        if not expected.wants_content:
            return
        self.is_looking = True
        content_type = page.headers.get("content-type", "")
        content, looked = decoded(page.content, content_type), Looked(page.length, page.is_whole)
        if expected.json and len(content) > _LONG:  # 300 ms for a MiB: others have their turn meanwhile
            why = await asyncio.to_thread(expected.why_not_content, content, looked)
        else:
            why = expected.why_not_content(content, looked)
        if not why and expected.regex:
            try:
                why = await _searcher().why_not(expected.regex, content, looked.words)
            except OSError as error:
                raise NotSent(error) from None
        if why:
            encoding = page.headers.get("content-encoding", "identity")
            more = "" if encoding == "identity" else " of a compressed answer, which was not asked for"
            raise _Wrong(why + more)


_searchers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Searcher] = weakref.WeakKeyDictionary()


def _searcher() -> Searcher:
    """Of this loop."""
    loop = asyncio.get_running_loop()
    if loop not in _searchers:
        _searchers[loop] = Searcher()
    return _searchers[loop]
