"""The language and the time zone of messages."""

import gettext
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

LANGUAGES = ("en", "ru")
_LOCALE = Path(__file__).parent / "locale"


class Translation:
    """How times, lengths and counts are said. zone: an IANA name; empty: the system's, as it is now."""

    def __init__(self, language: str = "en", zone: str = "") -> None:
        found = gettext.translation("pingmon", _LOCALE, [language], fallback=language == "en")
        self._, self.plural, self.language = found.gettext, found.ngettext, language
        self._zone = ZoneInfo(zone) if zone else None

    def format_time(self, at: float) -> str:
        if self._zone is None:
            time.tzset()  # reads /etc/localtime again when it is another file than before
        return datetime.fromtimestamp(at, UTC).astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S %Z")

    def format_duration(self, seconds: float) -> str:
        """Two units are enough: 45 s, 3 min 20 s, 2 h 5 min, 12 d 3 h."""
        _ = self._
        left = max(0, round(seconds))
        for big, unit, small, name in (
            (86400, _("d"), 3600, _("h")),
            (3600, _("h"), 60, _("min")),
            (60, _("min"), 1, _("s")),
        ):
            if left >= big:
                rest = left % big // small
                return f"{left // big} {unit}" + (f" {rest} {name}" if rest else "")
        return f"{left} {_('s')}"


@cache
def translation_for(language: str, zone: str) -> Translation:
    return Translation(language, zone)


ENGLISH = Translation()
