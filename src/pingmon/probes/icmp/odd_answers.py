"""Answers that are not what was asked for: counted, explained and, if they are a habit, believed.

Some devices do not echo the payload, as RFC 792 and RFC 4443 demand: it is zeroed, cut off, their own.
The payload is what tells a reply from a forged one, so such a reply counts only when the device has
shown that habit: its last HABIT answers, to as many requests, came from the very address that was
asked, with identifier and sequence number right, and none of them with our payload. One answer
with our payload ends the habit.
"""

import socket
import time
from collections import deque
from contextlib import suppress

from pingmon.probes.icmp.codec import TTL_EXCEEDED, Received
from pingmon.probes.icmp.target import EchoTarget, Probe

HABIT = 3  # requests in a row
OTHER_PAYLOAD = "answers with another payload"
SEVERAL = "several devices answer, as for a broadcast address"
REMEMBERED = 64  # requests with an odd answer that may still time out: one a second, a minute


class OddAnswers:
    """Of one target, made when the first one comes. Counts are of packets.

    Good replies come by the million, so nothing is noted of them here: one has come since the latest
    odd answer when the target's `last_rtt` is another object than it was then.
    """

    __slots__ = (
        "_answered",
        "_rtt",
        "_run",
        "_senders",
        "broadcast",
        "is_habit",
        "note",
        "other_payload",
        "other_source",
        "ttl_exceeded",
    )

    def __init__(self, target: EchoTarget) -> None:
        self._rtt = target.last_rtt
        self.broadcast = self.other_payload = self.other_source = self.ttl_exceeded = 0
        self.is_habit = False
        self.note = ""  # what is odd, in words
        self._run: list[tuple[Probe, Received]] = []  # answered with another payload
        self._answered: deque[int] = deque(maxlen=REMEMBERED)  # requests with an odd answer, by key
        self._senders: tuple[int, set[bytes]] = (-1, set())  # of answers to the newest of these

    def is_past(self, target: EchoTarget) -> bool:
        """Whether a reply as it should be came since."""
        return target.last_rtt is not self._rtt

    def set_believed(self, target: EchoTarget) -> None:
        """The target's latest reply, if it has one, is known here."""
        self._rtt = target.last_rtt

    def forget(self, target: EchoTarget) -> None:
        """A reply as it should be came: what was odd before it is no habit."""
        self._run.clear()
        self.is_habit, self.note = False, ""
        self.set_believed(target)

    def take_payload(self, probe: Probe, received: Received) -> list[tuple[Probe, Received]]:
        """A reply with another payload. Those that count by now, in the order of their requests."""
        self.other_payload += 1
        self.note = OTHER_PAYLOAD
        self._answered.append(probe.key)
        if self.is_habit:
            return [(probe, received)]
        if all(one is not probe for one, _ in self._run):
            self._run.append((probe, received))
        if len(self._run) < HABIT:
            return []
        ready, self._run, self.is_habit = self._run, [], True
        return sorted(ready, key=lambda one: one[0].sent_mono)

    def take_source(self, probe: Probe, received: Received) -> None:
        """A reply, with our payload, from another address. It never counts."""
        key, senders = self._senders
        if key != probe.key:
            self._senders = key, senders = probe.key, set()
        senders.add(received.source)
        self._answered.append(key)
        if len(senders) > 1:
            self.broadcast += 1
            self.note = SEVERAL
        else:
            self.other_source += 1
            self.note = f"answers come from {_address(received)}"

    def why(self, probe: Probe) -> str:
        """Why a request counts as lost although something came, empty if nothing did."""
        if probe.key not in self._answered:
            self.note = ""
        return self.note


def take_odd(probe: Probe, received: Received) -> list[tuple[Probe, Received]]:
    """Take a reply to a request that is not quite what was asked for; the replies that count by now."""
    target, asked = probe.target, probe.target.destination
    if asked is None or target.removed:
        return []
    ours, odd = received.nonce == probe.nonce, target.odd
    if odd and odd.is_past(target):
        odd.forget(target)
    if ours and (received.source, received.scope if asked.other[1] else 0) == asked.other:
        if odd:
            odd.forget(target)
        return [(probe, received)]
    is_asked = received.source == asked.packed and asked.scope in (0, received.scope)
    if not (is_asked or ours):
        return []  # somebody else's
    odd = _odd(target)
    if not is_asked:
        odd.take_source(probe, received)
        return []
    if probe.answered:
        target.duplicates += 1
        return []
    arrived = received if received.at_ns else received._replace(at_ns=time.time_ns())
    counted = odd.take_payload(probe, arrived)
    # What was reported as lost meanwhile stays lost: it was not late.
    return [one for one in counted if one[0] is probe or one[0].result is None]


def set_believed(target: EchoTarget) -> None:
    """What `take_odd` gave was taken as replies."""
    if target.odd:
        target.odd.set_believed(target)


def count_error(target: EchoTarget, received: Received, version: int) -> None:
    """Take an ICMP error of IP version 4 or 6 about a request."""
    if received.error == TTL_EXCEEDED[version]:
        _odd(target).ttl_exceeded += 1
    if target.odd:
        target.odd.note = ""


def _odd(target: EchoTarget) -> OddAnswers:
    if target.odd is None:
        target.odd = OddAnswers(target)
    return target.odd


def _address(received: Received) -> str:
    family = socket.AF_INET if len(received.source) == 4 else socket.AF_INET6
    text = socket.inet_ntop(family, received.source)
    if received.scope:
        with suppress(OSError):  # the interface is gone
            text += f"%{socket.if_indextoname(received.scope)}"
    return text
