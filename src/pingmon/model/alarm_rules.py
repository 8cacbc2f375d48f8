"""The rules of an alarm, from the options of its monitor. Pure."""

from functools import lru_cache

from pingmon.model.alarm_schedule import parse_reminders
from pingmon.model.alarm_state import Rules
from pingmon.model.detection_settings import Options
from pingmon.model.quiet_hours import QuietHours, parse_quiet_hours
from pingmon.model.weekly_hours import parse_weekly_hours

AT_ONCE = (0.0,)


@lru_cache(2000)
def rules_of(
    options: Options,
    tell_after: tuple[float, ...] = AT_ONCE,
    chat_quiet: QuietHours | None = None,
    zone: str = "",
) -> Rules:
    """tell_after: see Rules. chat_quiet: of the channel, unless the monitor has its own. zone: of hours
    that name none. Raises InvalidValue.
    """
    quiet = chat_quiet
    if options.quiet_hours:
        mode = "hold" if options.quiet_hold else "silent"
        quiet = parse_quiet_hours(options.quiet_hours, mode, zone)
    expect_up = parse_weekly_hours(options.expect_up, zone, "expect_up") if options.expect_up else None
    return Rules(
        remind=parse_reminders(options.remind),
        tell_after=tell_after,
        quiet=quiet,
        critical=options.critical,
        may_be_off=options.may_be_off,
        expect_up=expect_up,
    )
