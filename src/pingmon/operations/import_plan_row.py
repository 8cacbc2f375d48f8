"""A row of a plan becomes a request, or all that is wrong with it."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pingmon.kinds import CHANNEL_KINDS
from pingmon.model.errors import InvalidValue, PingmonError, Unreachable
from pingmon.model.monitor import MonitorRequest
from pingmon.operations.accounts import find_secret
from pingmon.operations.channel_check_cache import ChannelCheckCache
from pingmon.operations.context import Context
from pingmon.operations.import_plan_parents import KEY, PARENT
from pingmon.operations.monitor_channels import Accounts
from pingmon.operations.monitor_request import monitor_request
from pingmon.operations.monitor_target import ADDRESS, HOST

LONGEST_WAIT = 120.0  # s; that the other side may ask us to wait, and how often for one row
MOST_WAITS = 5
MOST_PROBLEMS = 10  # of one row
# For an address that is wrong, while the rest of its row is looked at (RFC 5737, RFC 3849).
STAND_IN, STAND_IN_6 = "192.0.2.1", "2001:db8::1"
_CHANNEL = {one.name for kind in CHANNEL_KINDS.values() for one in kind.settings}

CheckForm = Callable[[dict[str, Any]], Iterable[InvalidValue]]  # what is wrong with their form


@dataclass(slots=True)
class Judged:
    """request: None when something is wrong with the row's own values."""

    key: str = ""
    request: MonitorRequest | None = None
    problems: list[PingmonError] = field(default_factory=list)


def judge_row(
    context: Context,
    params: dict[str, Any],
    check_form: CheckForm,
    fallback_secret: str | None,
    accounts: Accounts,
) -> Judged:
    """params: of the row; what is wrong is taken out of them. Nobody else is asked.

    After a problem the rest is looked at without the value that is wrong, so that all is named.
    """
    found, left_out = Judged(), set[str]()
    for error in islice(
        _form(context, params, found, check_form, fallback_secret, accounts), MOST_PROBLEMS
    ):
        found.problems.append(error)
        left_out.add(error.field or "")
    for name in left_out:
        _leave_out(params, name)
    while len(found.problems) < MOST_PROBLEMS:
        given = {name: value for name, value in params.items() if name != PARENT}
        try:
            request = monitor_request(context, accounts, **given)
        except PingmonError as error:
            if error.field in left_out:  # it follows from that
                return found
            # What is said of a channel that lacks something follows from what was left out.
            is_of_channel = error.field is None or error.field in _CHANNEL
            if not (is_of_channel and left_out & _CHANNEL):
                found.problems.append(error)
            if not _leave_out(params, error.field or ""):
                return found
            left_out.add(error.field or "")
        else:
            if not left_out & _CHANNEL:
                found.request = request
            return found
    return found


def _form(
    context: Context,
    params: dict[str, Any],
    found: Judged,
    check_form: CheckForm,
    fallback_secret: str | None,
    accounts: Accounts,
) -> Iterator[PingmonError]:
    """What can be said of it without a look at what it means. Takes its key out of it."""
    try:
        found.key = _text(params, KEY)
    except InvalidValue as error:
        yield error
    try:
        _choose_secret(context, params, fallback_secret, accounts)
    except PingmonError as error:
        yield error
    yield from check_form(params)


def channel_checked(
    checks: ChannelCheckCache, request: MonitorRequest
) -> Generator[float, None, MonitorRequest]:
    """Yields how long to wait; its value is the request. Raises PingmonError."""
    for _ in range(MOST_WAITS):
        try:
            return checks.check(request)
        except Unreachable as error:
            if error.retry_after is None or error.retry_after > LONGEST_WAIT:
                raise
            yield error.retry_after
    return checks.check(request)


def _leave_out(params: dict[str, Any], name: str) -> bool:
    """Whether the row can be looked at without it."""
    if name == HOST:
        params.pop(HOST, None)
        params.setdefault(ADDRESS, STAND_IN)
        return True
    if name == ADDRESS:
        params[name] = STAND_IN_6 if ":" in str(params.get(name)) else STAND_IN
        return True
    return params.pop(name, None) is not None


def _text(params: dict[str, Any], name: str) -> str:
    value = params.pop(name, None)
    if value is not None and not isinstance(value, str):
        raise InvalidValue(f"{name} must be text", name)
    return (value or "").strip()


def _choose_secret(
    context: Context, params: dict[str, Any], fallback: str | None, accounts: Accounts
) -> None:
    """The fallback is for rows that name no account, or one that is not known here."""
    for kind in CHANNEL_KINDS.values() if fallback else ():
        if not kind.secret or kind.secret in params or not set(kind.required) <= params.keys():
            continue
        names = [one for one in kind.sender if one != kind.secret and params.get(one) is not None]
        if not any(find_secret(accounts(kind.name), str(params[one])) for one in names):
            for one in names:
                del params[one]
            params[kind.secret] = fallback
