"""The probe kind `tls`: a handshake, and a certificate that is valid."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from pingmon.kinds.tls import TLS
from pingmon.model.host_name import parse_host
from pingmon.model.probe_result import Outcome
from pingmon.probes.paced.answer import Answer, error, reply
from pingmon.probes.paced.connecting import NotSent, not_sent, refused
from pingmon.probes.paced.tls import TlsRefused, check_ca_file, handshake
from pingmon.probes.scheduled.source import address_or_none, check_source


class TlsProbe:
    """One target. See kinds/tls.py for its settings."""

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        """Raises InvalidValue."""
        given = TLS.filled(options)
        self._address, self._port, self._source = address, given["port"], given["source"]
        self._server_name = _server_name(given["server_name"]) or address.partition("%")[0]
        self._ca_file = given["ca_file"]
        check_source(address, self._source)
        if self._ca_file:
            check_ca_file(self._ca_file)

    async def run(self, timeout: float) -> Answer:
        """timeout: seconds, for all of it."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(timeout):
                streams = await handshake(
                    self._address, self._port, self._server_name, self._ca_file, False, self._source
                )
        except TimeoutError:
            return Answer(Outcome.TIMEOUT, detail=f"no TLS handshake within {timeout:g} s")
        except TlsRefused as refusal:
            return error(str(refusal), refusal.certificate_ends)
        except NotSent as failure:
            return not_sent(failure.error)
        except OSError as failure:
            return refused(failure)
        streams.close()
        return reply(time.monotonic() - began, streams.certificate_ends)


def _server_name(text: str) -> str:
    """As it is told, which is in ASCII. Raises InvalidValue."""
    own = address_or_none(text)
    return str(own) if own else parse_host(text, "server_name") if text else ""
