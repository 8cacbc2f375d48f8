"""How much one person may ask."""

from pingmon.chat.rate_limits import COMMANDS, HOUR, MOST, STRANGERS, Limit, RateLimits


def test_twenty_commands_a_minute_then_one_line_then_silence() -> None:
    limits = RateLimits()
    found = [limits.command("anna", float(n)) for n in range(COMMANDS + 5)]
    assert found == [Limit.WITHIN] * COMMANDS + [Limit.SAY] + [Limit.SILENT] * 4
    assert limits.command("boris", 20.0) is Limit.WITHIN
    assert limits.command("anna", 60.5) is Limit.WITHIN  # the first of them is a minute ago
    assert limits.command("anna", 60.6) is Limit.SAY


def test_a_stranger_is_told_something_once_an_hour() -> None:
    limits = RateLimits()
    assert limits.stranger("x", 1, 0.0)
    assert not any(limits.stranger("x", 1, one) for one in (1.0, HOUR - 1))
    assert limits.stranger("x", 1, HOUR)


def test_a_crowd_of_strangers_is_not_answered_one_by_one() -> None:
    limits = RateLimits()
    assert sum(limits.stranger(n, 1, n / 100) for n in range(1000)) == STRANGERS


def test_what_is_remembered_is_bounded() -> None:
    limits = RateLimits()
    for number in range(3 * MOST):
        for _ in range(2):
            limits.command(number, 0.0)
        limits.stranger(number, number, 0.0)
    assert len(limits._asked) <= MOST and len(limits._strangers) <= MOST and len(limits._said) <= MOST
