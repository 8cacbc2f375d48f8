"""Before monitoring starts: is the token right, does the chat take messages? Is Telegram there?"""

from pingmon.channels.telegram.check_many import check_all
from pingmon.channels.telegram.client import DIRECT, BotApiEndpoint, TelegramClient
from pingmon.model.delivery import CheckedChannel
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import ChannelRequest

_REACH_TIMEOUT = (4.0, 5.0)  # s: connect, read


def check_channel(
    token: str, chat_id: str, thread_id: int | None, transport: BotApiEndpoint = DIRECT
) -> CheckedChannel:
    """Token, chat and the right to post are known to be good.

    Raises Refused (with Telegram's own words and the remedy) or Unreachable. A wait that Telegram wants
    is kept, if it is short. What a stand-in server does not know is passed over, and the log says so.
    """
    request = ChannelRequest("telegram", token, "", chat_id, thread_id)
    result = check_all([request], transport)[request]
    if isinstance(result, PingmonError):
        raise result
    return result


def bot_api_reachable(token: str, transport: BotApiEndpoint = DIRECT) -> bool:
    """Whether the Bot API answers at all: its errors are answers, too.

    Over plain HTTP it has to be the Bot API's own kind of answer: a proxy's page proves nothing.
    """
    bot = TelegramClient(token, transport)
    try:
        answer = bot.call("getMe", {}, _REACH_TIMEOUT)
    finally:
        bot.close()
    of_server = answer.http_status != 0 and transport.url.startswith("https:")
    return answer.ok or answer.error_code != 0 or of_server
