"""A URL that messages are posted to. How it is asked: channels/webhook/."""

from pingmon.kinds.declaration import ChannelKind, Setting, flag, text

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
    section="webhook",
    configuration=(
        Setting(
            "secret",
            text(
                "signs what is posted to all webhooks: whsec_ and Base64, as of "
                "`echo whsec_$(openssl rand -base64 32)`"
            ),
            is_secret=True,
        ),
        Setting(
            "allow_private",
            flag("URLs may lead to addresses that are none of the internet", default=False),
        ),
        Setting(
            "ca_file",
            text("certificates (PEM) to trust instead of the system's", default=""),
            "FILE",
        ),
    ),
)
