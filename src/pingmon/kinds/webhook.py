"""A URL that messages are posted to. How it is asked: channels/webhook/."""

from pingmon.kinds.declaration import ChannelKind, Setting

WEBHOOK = ChannelKind(
    "webhook",
    "a URL that messages are posted to, as JSON",
    (
        Setting(
            "webhook",
            {
                "type": ["string", "array"],
                "items": {"type": "string"},
                "description": "https:// or http:// URL; several are told alike",
            },
            "URL",
            is_secret=True,
        ),
    ),
    required=("webhook",),
    account=("webhook",),
)
