"""The outbox loop: a thread per account sends what waits, in order per channel, until it is delivered."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from pingmon.model.delivery import (
    ChannelClient,
    ChannelLimits,
    DeliveryAnswer,
    Rendering,
)
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor
from pingmon.notify.answers import AnswerSender, Talk
from pingmon.notify.interfaces import Message, Queue, Recipient
from pingmon.notify.one_message import Form, send_message
from pingmon.notify.pacing import Pacing
from pingmon.notify.repeated_events import coalesce
from pingmon.notify.translation import Translation, translation_for

log = logging.getLogger(__name__)

IDLE_PAUSE = 30.0  # s
STUMBLE_PAUSE = 5.0  # s
MANY = 1_000  # rows that wait for one channel; more are folded
WINDOW = 10_000  # rows that are folded in one go, about a quarter of a second
REST_AFTER = 5.0  # s; what is connected is closed when nothing was sent for so long
SUSPENDED = "suspended: "
# Of accounts of a kind of channel that calls them so; databases have it.
ACCOUNT_SUSPENDED = SUSPENDED + "the {}: "


class Sender:
    """Delivers the messages of one account. `run_once` can be called without the thread."""

    def __init__(
        self,
        queue: Queue,
        account_id: int,
        client: ChannelClient,
        limits: ChannelLimits,
        rendering: Rendering,
        clock: Callable[[], float] = time.time,
        language: str = "en",
        zone: str = "",
        talk: Talk | None = None,
    ) -> None:
        """talk: of a kind of channel that people can talk to."""
        self.heartbeat = time.monotonic()
        self.stuck = 180.0  # s; each request is bounded, but for the resolver
        self._uncertain = 0
        self._queue, self._account_id, self._client, self._clock = queue, account_id, client, clock
        self._limits, self._rendering = limits, rendering
        self._language, self._zone = language, zone
        self._pacing, self._talk = Pacing(limits), talk
        self._answers = talk and AnswerSender(
            talk, queue, account_id, limits, self._pacing, self._words_for
        )
        self._was_used = False  # the client, since it was closed
        self._tried: dict[int, float] = {}  # channel → when, monotonic; who waits longest is next
        self._coalesce_above: dict[int, int] = {}  # channel → rows
        self._suspended: set[int] | None = None  # channels to be looked at first; None: not known yet
        self._account_suspended = ""  # why, as it shows in the channels' deliveries
        self._renewed: ChannelClient | None = None  # takes the place of the client at the next turn
        self._retry: set[int] = set()  # channels that somebody wants to be tried now
        self._floods: deque[tuple[str, float]] = deque()  # that others learned of
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sender-{account_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def renew(self, client: ChannelClient) -> None:
        """The account has another secret: what waits is tried with this client at once."""
        self._renewed = client
        self._wake.set()

    def retry(self, channel_ids: Iterable[int]) -> None:
        """Try these channels now, unless the service said how long to wait. From any thread."""
        self._retry |= set(channel_ids)
        self.wake()

    def note_flood(self, address: str, seconds: float) -> None:
        """The service told somebody else how long to leave this address alone. From any thread."""
        self._floods.append((address, time.monotonic() + seconds))

    def stop(self, timeout: float) -> None:
        """Stop the thread; messages under way stay in the outbox."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout)

    @property
    def uncertain(self) -> int:
        """Messages whose answer was lost, and that were sent again."""
        return self._uncertain + (self._answers.uncertain if self._answers else 0)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                pause = self.run_once()
            except PingmonError:  # the database is away: it has said so itself
                pause = STUMBLE_PAUSE
            except Exception:
                log.exception("a sender stumbled; its messages stay in the outbox")
                pause = STUMBLE_PAUSE
            self._rest(pause)

    def run_once(self) -> float:
        """Send what may be sent now. Seconds until the next attempt."""
        self.heartbeat = time.monotonic()
        suspended = self._remembered()
        self._take_renewed()
        while self._floods:
            address, until = self._floods.popleft()
            self._pacing.on_flood(address, until)
        pending = self._queue.pending(self._account_id)
        retried, self._retry = self._retry, set()
        for recipient in pending:
            if recipient.channel_id in retried:
                self._pacing.retry(recipient.address, recipient.channel_id, time.monotonic())
        for recipient in sorted(pending, key=lambda one: self._tried.get(one.channel_id, 0.0)):
            if self._stop.is_set():
                return 0.0
            self._coalesce_backlog(recipient)
            self.heartbeat = now = time.monotonic()
            if self._pacing.ready_at(recipient.address, recipient.channel_id) > now:
                continue
            self._tried[recipient.channel_id], self._was_used = now, True
            if self._works_again(recipient, suspended):
                self._deliver(recipient)
            self._stop.wait(self._limits.account_spacing)
        if self._answers:
            self._answers.run(self._client, self._pause)
        self.heartbeat = now = time.monotonic()
        left = self._queue.pending(self._account_id)
        waits = [self._pacing.ready_at(one.address, one.channel_id) - now for one in left]
        if self._answers and (wait := self._answers.wait()) is not None:
            waits.append(wait)
        return max(0.0, min([IDLE_PAUSE, *waits]))

    def _rest(self, pause: float) -> None:
        """Waits so many seconds, or until it is woken. What is connected is closed meanwhile."""
        if self._was_used and pause > REST_AFTER:
            if self._wake.wait(REST_AFTER):
                return
            self._client.close()
            self._was_used = False
            pause -= REST_AFTER
        self._wake.wait(pause)

    def _pause(self, seconds: float) -> bool:
        """Whether to go on with answers; not when an alarm may be sent, which goes first."""
        self._stop.wait(seconds)
        self.heartbeat = now = time.monotonic()
        if self._stop.is_set() or self._renewed or self._retry or self._floods:
            return False
        if not self._wake.is_set():
            return True
        self._wake.clear()  # it may be for another answer
        waiting = self._queue.pending(self._account_id)
        return all(self._pacing.ready_at(one.address, one.channel_id) > now for one in waiting)

    def _remembered(self) -> set[int]:
        """The channels that were suspended when pingmon last ran are looked at before they are used."""
        if self._suspended is None:
            now = time.monotonic()
            for address, seconds in self._queue.floods(self._account_id).items():
                self._pacing.on_flood(address, now + seconds)
            found = self._queue.suspended(self._account_id)
            prefix = ACCOUNT_SUSPENDED.format(self._rendering.account)
            of_account = [words for words in found.values() if words.startswith(prefix)]
            if of_account:
                self._account_suspended = of_account[0]
                first = self._limits.check_spacing * (self._account_id - 1)
                first = min(self._limits.refused_pause, first)
                self._pacing.pause_account(first, now)
            self._suspended = {one for one, words in found.items() if not words.startswith(prefix)}
        return self._suspended

    def _take_renewed(self) -> None:
        if self._renewed is None:
            return
        self._client.close()
        self._client, self._renewed = self._renewed, None
        self._pacing.resume_account()  # if it is suspended, it is looked at first

    def _coalesce_backlog(self, recipient: Recipient) -> None:
        """Coalesce a long backlog, so that weeks without delivery do not fill the disk."""
        waiting, above = recipient.waiting, self._coalesce_above.get(recipient.channel_id, MANY)
        if waiting <= above:
            return
        window = WINDOW
        while waiting > above:
            before, waiting = waiting, self._queue.compact(recipient.channel_id, coalesce, window)
            if before - waiting < MANY:
                if window >= waiting:
                    break
                window *= 2  # that many rows are of that many devices: look further
        self._coalesce_above[recipient.channel_id] = max(MANY, 2 * waiting)
        if waiting < recipient.waiting:
            log.info(
                "%d messages that wait for %s became %d",
                recipient.waiting,
                recipient.address,
                waiting,
            )

    def _works_again(self, recipient: Recipient, suspended: set[int]) -> bool:
        """Whether a suspended channel works again; no visible message is sent for that."""
        if self._account_suspended:
            answer = self._client.check_account()
            if not answer.is_delivered and not answer.is_permanent:  # nothing new is known
                self._pacing.on_account_failed(answer, time.monotonic())
                return False
            if not self._is_well(recipient, answer):
                return False
            self._queue.set_account_delivery(self._account_id, self._account_suspended, "ok")
            self._account_suspended = ""
            log.warning("the %s is accepted again: what waits is told", self._rendering.account)
        if recipient.channel_id in suspended:
            if not self._is_well(recipient, self._client.check_address(recipient.address)):
                return False
            suspended.discard(recipient.channel_id)
            log.warning("%s is tried again: what waits is told", recipient.address)
        return True

    def _is_well(self, recipient: Recipient, answer: DeliveryAnswer) -> bool:
        if answer.is_delivered:
            return True
        if answer.is_permanent or answer.moved_to:
            self._failed(recipient, [], answer)
        else:  # nothing new is known
            self._wait(recipient, answer)
        return False

    def _wait(self, recipient: Recipient, answer: DeliveryAnswer) -> None:
        """After a failure. What the service says of an address outlasts a restart."""
        self._pacing.on_failed(recipient.address, recipient.channel_id, answer, time.monotonic())
        if answer.retry_after is not None:
            self._queue.set_flood(self._account_id, recipient.address, answer.retry_after)

    def _deliver(self, recipient: Recipient) -> None:
        """One message to one channel, about as much of what waits as fits."""
        waiting: Sequence[Message] = self._queue.waiting(recipient.channel_id)
        if not waiting:
            return
        only = waiting[0] if len(waiting) == 1 and waiting[0].monitor_id else None
        reply_to = self._queue.answers_to(only) if only and self._rendering.replies else None
        words = self._words_for(waiting[-1].event.get("language"))
        is_polled = self._talk is not None and self._talk.is_polled()
        form = Form(self._limits, self._rendering, is_polled, self._monitors(waiting))
        part, answer, topic = send_message(
            self._client, recipient, waiting, form, words, reply_to, self._beat
        )
        if not answer.is_delivered:
            self._uncertain += answer.uncertain
            self._failed(recipient, part.ids, answer)
            return
        gone = topic != recipient.topic
        self._queue.mark_sent(recipient.channel_id, part.ids, answer.message_id, gone, is_polled)
        self._pacing.on_sent(recipient.address, time.monotonic())

    def _monitors(self, waiting: Iterable[Message]) -> Mapping[str, Monitor]:
        """Of what waits, by ID, for kinds of channels that show them."""
        ids = {one.monitor_id for one in waiting if one.monitor_id} if self._rendering.events else None
        return self._queue.monitors(ids) if ids else {}

    def _beat(self) -> float:
        """A sign of life before each request; the time, epoch seconds."""
        self.heartbeat = time.monotonic()
        return self._clock()

    def _words_for(self, language: str | None) -> Translation:
        return translation_for(language or self._language, self._zone)

    def _failed(self, recipient: Recipient, ids: Iterable[int], answer: DeliveryAnswer) -> None:
        address, channel, words = recipient.address, recipient.channel_id, answer.reason
        if answer.moved_to and answer.moved_to != address:
            self._queue.move_address(self._account_id, address, answer.moved_to)
            log.info("chat %s moved to %s; remembered", address, answer.moved_to)
            self._pacing.retry_now(address, channel)
            return
        self._wait(recipient, answer)
        if answer.refuses_account:
            called = self._rendering.account
            before = self._account_suspended
            self._account_suspended = ACCOUNT_SUSPENDED.format(called) + words
            self._queue.set_account_delivery(self._account_id, before, self._account_suspended)
            log.warning("nothing is delivered, all stays queued: the %s is refused: %s", called, words)
            return
        if answer.is_permanent:
            self._remembered().add(channel)
            words = SUSPENDED + words
        self._queue.mark_failed(channel, ids, words)
        log.warning("message to %s not delivered, it stays queued: %s", address, words)
