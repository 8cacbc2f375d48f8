"""A target of the kind `dns` is asked once."""

import asyncio
import errno
import time
from collections.abc import Mapping
from typing import Any

import dns.message

from pingmon.model.probe_result import Outcome
from pingmon.probes.dns.question import parse_question
from pingmon.probes.dns.transport import BadAnswer, ask_tcp, ask_udp, is_truncated
from pingmon.probes.paced.answer import Answer, error, reply
from pingmon.probes.paced.connecting import NotSent, not_sent, refused
from pingmon.probes.scheduled.source import check_source


class DnsProbe:
    """One target. See kinds/dns.py for its settings."""

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        """address: of the server. Raises InvalidValue."""
        self.address = address
        self.question = parse_question(options)
        self._source = str(options.get("source") or "")
        check_source(address, self._source)

    async def run(self, timeout: float) -> Answer:
        """timeout: seconds for all of it, TCP after a truncated answer included."""
        began = time.monotonic()
        attempt = _Attempt(self.address, self.question.port, self._source)
        try:
            async with asyncio.timeout(timeout):
                message = self.question.message()
                answer = await attempt.ask(message, self.question.over_tcp)
        except TimeoutError:
            return Answer(Outcome.TIMEOUT, detail=attempt.waiting_for(timeout))
        except BadAnswer as wrong:
            return error(attempt.where() + str(wrong))
        except NotSent as failed:
            return not_sent(failed.error)
        except OSError as failed:
            found = refused(failed)
            return found._replace(detail=attempt.where() + attempt.words(found.detail, failed))
        why = self.question.why_not(answer)
        return error(why) if why else reply(time.monotonic() - began)


class _Attempt:
    def __init__(self, address: str, port: int, source: str) -> None:
        self._address, self._port, self._source = address, port, source
        self._was_truncated = self._by_tcp = False

    async def ask(self, message: dns.message.Message, over_tcp: bool) -> dns.message.Message:
        if not over_tcp:
            answer = await ask_udp(self._address, self._port, message, self._source)
            if not is_truncated(answer):
                return answer
            self._was_truncated = True
        self._by_tcp = True
        return await ask_tcp(self._address, self._port, message, self._source)

    def words(self, usual: str, failed: OSError) -> str:
        if failed.errno == errno.ECONNREFUSED and not self._by_tcp:
            return f"nothing listens on UDP port {self._port}"
        return usual

    def waiting_for(self, timeout: float) -> str:
        return f"{self.where()}no answer within {timeout:g} s"

    def where(self) -> str:
        return "by TCP, as its answer was too long for UDP: " if self._was_truncated else ""
