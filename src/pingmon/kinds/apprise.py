"""A service that the library Apprise writes to. How it is run: channels/apprise/."""

from pingmon.kinds.declaration import ChannelKind, Setting, flag

APPRISE = ChannelKind(
    "apprise",
    "a service that Apprise knows: ntfy, Matrix, Slack, Discord and a hundred more",
    (
        Setting(
            "apprise",
            {
                "type": ["string", "array"],
                "items": {"type": "string"},
                "description": "URL as Apprise has it, as ntfys://ntfy.sh/TOPIC; several are told alike",
            },
            "URL",
            is_secret=True,
        ),
    ),
    required=("apprise",),
    account=("apprise",),
    section="apprise",
    configuration=(
        Setting(
            "allow_private",
            flag("URLs may lead to addresses that are none of the internet", default=False),
        ),
    ),
)
