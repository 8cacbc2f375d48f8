"""Channels that somebody asks for, before the transaction that stores them."""

from collections.abc import Iterable

from pingmon.model.monitor import Channel, ChannelRequest
from pingmon.operations.context import Context


class ChannelPlaces:
    """New channels have negative numbers until then. requests: what is asked for, by these numbers."""

    def __init__(self, context: Context) -> None:
        found = context.store.channels.accounts()
        self.accounts = {one.id: one for one in found}
        self._numbers = {(one.kind, one.secret): one.id for one in found}
        self._places: dict[ChannelRequest, Channel] = {}
        self.requests: dict[int, ChannelRequest] = {}

    def find(self, request: ChannelRequest, channels: Iterable[Channel]) -> Channel | None:
        """That of these which is asked for."""
        number = self._numbers.get((request.kind, request.secret))
        wanted = (number, request.address, request.topic or None)
        return next((one for one in channels if (one.account_id, one.address, one.topic) == wanted), None)

    def place(self, request: ChannelRequest, channels: Iterable[Channel] = ()) -> Channel:
        """That of these, else what stands for a new one."""
        known = self.find(request, channels) or self._places.get(request)
        if known is not None:
            return known
        account = (request.kind, request.secret)
        number = self._numbers.setdefault(account, -1 - len(self._numbers))
        place = -1 - len(self.requests)
        self.requests[place] = request
        made = Channel(
            place, request.kind, number, request.account, request.address, request.topic or None
        )
        self._places[request] = made
        return made
