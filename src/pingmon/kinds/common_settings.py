"""Settings that every monitor has, whatever its kinds of probe and channel."""

from typing import Any

from pingmon.kinds.declaration import TEXT, Setting, flag, number, text

LANGUAGES = ("en", "ru")

NAME = Setting("name", TEXT | {"description": "what people call the device", "default": ""})

# What is watched, if it is no address.
HOST_AND_FAMILY = (
    Setting(
        "host",
        text("a host's name instead of ip_address; a change of its address is followed"),
        "NAME",
    ),
    Setting(
        "family",
        {
            "enum": ["any", "4", "6"],
            "description": "version of IP of a name's addresses; any: as the resolver prefers",
            "default": "any",
        },
    ),
)

# When a device counts as down: what `explain` forecasts for other values of.
DETECTION = (
    Setting("interval", number("seconds between probes, 0.2 to 3600", default=10), "S"),
    Setting("timeout", number("seconds to wait for a reply, 0.05 to 60", default=2), "S"),
    Setting(
        "false_alarms",
        text("how many may be, as 1/year: N/day, N/week, N/month or N/year", default="1/year"),
        "RATE",
    ),
    Setting(
        "max_delay",
        number(
            "seconds within which a dead device is told, however bad the path, at most 86400", default=120
        ),
        "S",
    ),
    Setting(
        "down_after",
        {"type": "integer", "description": "losses in a row, 2 to 1000, instead of false_alarms"},
        "N",
    ),
    Setting("down_after_seconds", number("seconds of silence, 1 to 86400, instead of false_alarms"), "S"),
)
UP_AFTER = Setting(
    "up_after",
    {
        "type": "integer",
        "description": "replies in a row after which it is up again, 1 to 1000",
        "default": 2,
    },
    "N",
)

# What is said, and when.
OPTIONS = (
    Setting(
        "parent",
        {
            "type": ["string", "null"],
            "description": "the monitor that this device is behind, by ID, name or address: while that "
            "is down, silence is not told; empty: none",
        },
        "MONITOR",
    ),
    Setting(
        "language",
        {"enum": ["", *LANGUAGES], "description": "of its messages; empty: the daemon's", "default": ""},
    ),
    Setting("quiet", flag("recoveries make no sound", default=False)),
    Setting(
        "remind",
        text(
            "say again that it is down, so long after that: as 30m,2h,1d; the last repeats; empty: never",
            default="",
        ),
        "TIMES",
    ),
    Setting(
        "quiet_hours",
        text(
            'as "22:00-07:00" or "Mon-Fri 22:00-07:00; Sat,Sun 23:00-09:00 Europe/Berlin"; empty: none',
            default="",
        ),
        "HOURS",
    ),
    Setting(
        "quiet_hold",
        flag("in quiet hours messages wait until the end, else they make no sound", default=False),
    ),
    Setting(
        "escalation",
        text("of [escalation.NAME] in pingmond's configuration: whom to tell when it lasts", default=""),
        "NAME",
    ),
    Setting(
        "group",
        text("of [groups.NAME] in pingmond's configuration: who is told besides", default=""),
        "NAME",
    ),
    Setting("critical", flag("quiet hours do not apply", default=False)),
    Setting("may_be_off", flag("going down is no alarm, as of a printer or a laptop", default=False)),
    Setting(
        "expect_up",
        text('an alarm only if it is down within these hours, as "Mon-Fri 08:00-18:00"', default=""),
        "HOURS",
    ),
    Setting("tell_tags", flag("messages name its tags", default=False)),
    Setting("tell_slow", flag("say so, once, when replies come later than the timeout", default=False)),
    Setting(
        "tell_address_change", flag("say so, once, when its name has another address", default=False)
    ),
    Setting("tell_unseen", flag("say so, once, when it never answered since it was added", default=True)),
)
TAGS = Setting(
    "tags",
    {
        "type": "array",
        "items": TEXT,
        "description": "words that select it, as printer or site=berlin",
        "default": [],
    },
    "TAG",
)
SETTINGS = (*DETECTION, UP_AFTER, *OPTIONS, TAGS)


def schemas(settings: tuple[Setting, ...]) -> dict[str, dict[str, Any]]:
    """JSON Schema by name."""
    return {one.name: one.schema for one in settings}
