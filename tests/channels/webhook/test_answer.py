"""What an HTTP answer means for the message that was posted."""

import pytest

from pingmon.channels.webhook.answer import delivery_answer
from pingmon.model.delivery import DeliveryStatus


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(status: int) -> None:
    assert delivery_answer(status, {}).is_delivered


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 599, 100, 0, 700])
def test_what_may_pass_by_itself_is_tried_again(status: int) -> None:
    answer = delivery_answer(status, {})
    assert answer.status is DeliveryStatus.LATER and str(status) in answer.reason
    assert answer.uncertain == (status in (502, 504))


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 415, 422, 451, 499])
def test_what_stays_until_somebody_acts_is_refused_and_says_what_helps(status: int) -> None:
    answer = delivery_answer(status, {"Retry-After": "5"})
    assert answer.status is DeliveryStatus.REFUSED and answer.remedy
    assert answer.retry_after is None


def test_too_large_a_body_is_split() -> None:
    assert delivery_answer(413, {}).status is DeliveryStatus.TOO_LONG


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
def test_a_redirect_is_refused_and_names_nothing_but_the_host(status: int) -> None:
    location = "http://user:Canary@169.254.169.254/Canary?Canary"
    answer = delivery_answer(status, {"location": location})
    assert answer.status is DeliveryStatus.REFUSED
    assert "169.254.169.254" in answer.reason and "Canary" not in answer.reason + answer.remedy


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (503, {"retry-after": "7.5"}, 7.5),
        (503, {"Retry-After": "9999999999"}, 86400.0),
        (
            429,
            {
                "Retry-After": "Thu, 26 Nov 2026 12:00:30 GMT",
                "Date": "Thu, 26 Nov 2026 12:00:00 GMT",
            },
            30.0,
        ),
        (429, {"Retry-After": "soon"}, None),
        (429, {"Retry-After": "-1"}, 0.0),
        (429, {"Retry-After": "nan"}, None),
        (500, {"Retry-After": "7"}, None),
        (429, {}, None),
    ],
)
def test_a_receiver_says_how_long_to_wait_at_most_a_day(
    status: int, headers: dict[str, str], wait: float | None
) -> None:
    assert delivery_answer(status, headers).retry_after == wait
