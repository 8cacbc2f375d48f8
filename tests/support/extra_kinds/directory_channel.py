"""The channel kind `directory`: each message becomes a file. As a file of `channels/` would have it.

There are no accounts, no topics and no HTML. A file named `full` makes the directory refuse for a while.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pingmon.model.delivery import (
    ChannelLimits,
    CheckedChannel,
    DeliveryAnswer,
    DeliveryStatus,
    OutgoingMessage,
    Rendering,
)
from pingmon.model.errors import InvalidValue, Refused
from pingmon.model.monitor import Channel, ChannelRequest

MARKER = "full"
LONGEST = 1000  # UTF-16 units
_DELIVERED = DeliveryAnswer(DeliveryStatus.DELIVERED)


class DirectoryClient:
    """See model.delivery.ChannelClient."""

    def __init__(self, longest: int = LONGEST) -> None:
        self.longest = longest

    def send(self, address: str, topic: int | None, message: OutgoingMessage) -> DeliveryAnswer:
        """Whole or not at all. Names are times, so that files of all directories have one order."""
        directory = Path(address)
        answer = self.check_address(address)
        if not answer.is_delivered:
            return answer
        if (directory / MARKER).exists():
            return DeliveryAnswer(DeliveryStatus.LATER, "the directory is full")
        if len(message.text.encode("utf-16-le")) // 2 > self.longest:
            return DeliveryAnswer(DeliveryStatus.TOO_LONG, "the text is too long")
        if message.html:
            return DeliveryAnswer(DeliveryStatus.MARKUP_REFUSED, "no HTML, please")
        number = time.time_ns()
        unfinished = directory / f".{number}"
        try:
            with unfinished.open("w") as file:
                file.write(message.text)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(directory / f"{number}.txt")
        except OSError as error:
            return DeliveryAnswer(DeliveryStatus.LATER, str(error.strerror), was_heard=False)
        return DeliveryAnswer(DeliveryStatus.DELIVERED, message_id=number)

    def check_account(self) -> DeliveryAnswer:
        return _DELIVERED

    def check_address(self, address: str) -> DeliveryAnswer:
        if Path(address).is_dir():
            return _DELIVERED
        return DeliveryAnswer(DeliveryStatus.REFUSED, "no such directory", "make the directory")

    def close(self) -> None:
        pass


class DirectoryService:
    """See model.delivery.ChannelService."""

    rendering = Rendering()
    limits = ChannelLimits(
        message_length=LONGEST,
        least_length=100,
        address_spacing=lambda _: 0.1,
        account_spacing=0.001,
        refused_pause=1.0,
    )

    def __init__(self, configuration: Mapping[str, str] | None = None) -> None:
        pass

    def open(self, secret: str) -> DirectoryClient:
        return DirectoryClient()

    def check(self, request: ChannelRequest) -> CheckedChannel:
        answer = DirectoryClient().check_address(request.address)
        if not answer.is_delivered:
            raise Refused(f"{request.address}: {answer.reason}; {answer.remedy}", "message_directory")
        return CheckedChannel(request.account)

    def is_reachable(self, secret: str) -> bool:
        return False  # proves nothing about the network

    def is_local(self, secret: str) -> bool:
        return True

    def is_same_account(self, secret: str, other: str) -> bool:
        return True

    def parse_address(self, text: str) -> str:
        if not Path(text).is_absolute():
            raise InvalidValue("message_directory must be an absolute path", "message_directory")
        return os.path.normpath(text)

    def parse_secret(self, text: str) -> str:
        raise InvalidValue("a directory has no secret")

    def identify(self, secret: str) -> str:
        return ""

    def parse(self, params: Mapping[str, Any], accounts: Mapping[str, str]) -> ChannelRequest:
        return ChannelRequest("directory", "", "", self.parse_address(params["message_directory"]))

    def describe(self, channel: Channel) -> dict[str, Any]:
        return {"message_directory": channel.address}


def messages(directory: Path) -> list[tuple[int, str]]:
    """Time in nanoseconds and text of what was written, oldest first."""
    return sorted((int(file.stem), file.read_text()) for file in directory.glob("*.txt"))
