"""Does the device that was just added answer? Said on standard error; nothing depends on it."""

import sys
import time
from collections.abc import Callable
from typing import Any

from pingmon.client.connection import CannotReach, Refused, call
from pingmon.client.exit_status import DONE, INTERRUPTED
from pingmon.client.streams import say
from pingmon.client.terminal_text import safe_lines
from pingmon.kinds import DEFAULT_PROBE

MOST = 10.0  # s
LOOK_EVERY = 0.2  # s
# How the reason begins when probes do not leave, or there is no address to send them to.
SURE = ("could not send", "name ", "the resolver failed")
SURE_AFTER = 1.5  # s, of such a reason
_SILENT = ("", "no reply", "no reply yet", "no reply since it was added")


def say_whether_it_answers(address: str, monitor_id: str, show_id: Callable[[], None]) -> int:
    """The exit status. address: the daemon's. Waits for two timeouts, for 10 s at most."""
    try:  # from when the ID can be read, an interruption is said
        show_id()
        sys.stdout.flush()  # whoever reads the ID need not wait
        say(safe_lines(_outcome(address, monitor_id)))
    except KeyboardInterrupt:
        say("interrupted before it answered; the monitor stays")
        return INTERRUPTED
    except (CannotReach, Refused) as error:
        say(f"whether it answers could not be found out: {safe_lines(str(error))}")
    return DONE


def _outcome(address: str, monitor_id: str) -> str:
    began = time.monotonic()
    while True:
        row = _row(address, monitor_id)
        if row is None:
            return "it was deleted meanwhile"
        if row["seen"]:
            rtt = row["last_rtt_ms"]
            return "it answers" if rtt is None else f"it answers, in {rtt:.2f} ms"
        patience, waited = min(2 * row["timeout"], MOST), time.monotonic() - began
        reason = row["reason"]
        is_wrong = _is_wrong_answer(row)
        if waited >= patience or (waited >= SURE_AFTER and (is_wrong or reason.startswith(SURE))):
            if is_wrong:
                return f"it does not answer as it should: {reason}; it is watched on"
            why = "" if reason in _SILENT else f": {reason}"
            return f"it has not answered within {waited:.0f} s{why}; it is watched on"
        time.sleep(LOOK_EVERY)


def _is_wrong_answer(row: dict[str, Any]) -> bool:
    """Whether the other side said something, as an error; a ping's may be followed by a reply."""
    is_silence = row["reason"] in _SILENT or row["reason"].startswith(("no ", *SURE))
    return row.get("mon_type", DEFAULT_PROBE) != DEFAULT_PROBE and not is_silence


def _row(address: str, monitor_id: str) -> dict[str, Any] | None:
    rows: list[dict[str, Any]] = call(address, "list_mon", {"id": monitor_id})["monitors"]
    return rows[0] if rows else None
