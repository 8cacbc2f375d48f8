"""Statistics of the minutes that are not stored yet."""

from bisect import bisect_left

from pingmon.model.minute_stats import MinuteStats
from pingmon.model.probe_result import ProbeResult, ReplyBatch


class MinuteStatsBuffer:
    """Statistics of one target by minute, until `take` returns them.

    key: model.target_label.statistics_key.
    """

    __slots__ = ("_open", "key")

    def __init__(self, key: str) -> None:
        self.key = key
        self._open: list[MinuteStats] = []

    def add(self, result: ProbeResult) -> None:
        self._of(result.sent_at).add(result)

    def add_replies(self, batch: ReplyBatch) -> None:
        sent, rtts, start = batch.sent, batch.rtts, 0
        while start < len(sent):
            minute = self._of(sent[start])
            end = bisect_left(sent, (minute.minute + 1) * 60.0, start + 1)
            minute.add_replies(rtts[start:end])
            start = end

    def take(self, until: int) -> list[MinuteStats]:
        """Minutes (epoch // 60) below `until`."""
        taken = [one for one in self._open if one.minute < until]
        if taken:
            self._open = [one for one in self._open if one.minute >= until]
        return taken

    def _of(self, at: float) -> MinuteStats:
        number = int(at // 60)
        for one in reversed(self._open):
            if one.minute == number:
                return one
        fresh = MinuteStats(self.key, number)
        self._open.append(fresh)
        return fresh


class _NoStatistics(MinuteStatsBuffer):
    def add(self, result: ProbeResult) -> None:
        pass

    def add_replies(self, batch: ReplyBatch) -> None:
        pass


NO_STATISTICS = _NoStatistics("")  # of what is not kept
