"""A chat of the Telegram Bot API. How it is written to: channels/telegram/."""

from pingmon.kinds.declaration import ChannelKind, Setting, text

API_URL = "https://api.telegram.org"

TELEGRAM = ChannelKind(
    "telegram",
    "a chat, written to by a bot of Telegram",
    (
        Setting(
            "chat_id",
            {
                "type": ["string", "integer", "array"],
                "items": {"type": ["string", "integer"]},
                "description": "number or @name; several are told alike",
            },
            "ID",
        ),
        Setting(
            "thread_id",
            {
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": 2**31 - 1,
                "description": "forum topic",
            },
            "N",
        ),
        Setting("token", text("of the bot that writes"), "TOKEN", is_secret=True),
        Setting("bot", text("a bot that the configuration declares, instead of token"), "NAME"),
    ),
    required=("chat_id",),
    account=("token", "bot"),
    configuration=(
        Setting(
            "telegram_api_url",
            text(
                "base URL of the Bot API server",
                default=API_URL,
                pattern="^https?://",
                words="must start with http:// or https://",
            ),
            "URL",
        ),
    ),
    accounts_table="bots",
)
