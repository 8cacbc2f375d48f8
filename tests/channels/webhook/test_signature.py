"""Signatures are those of the specification."""

import pytest

from pingmon.channels.webhook.signature import parse_key, signature
from pingmon.model.errors import InvalidValue

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # of the specification's reference implementation


def test_the_signature_is_that_of_the_reference_implementation() -> None:
    """Its test vector: https://github.com/standard-webhooks/standard-webhooks (libraries)."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    found = signature(parse_key(secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("text", [SECRET, f" {SECRET}\n", SECRET.rstrip("=")])
def test_a_secret_is_taken_with_or_without_what_is_around_it(text: str) -> None:
    assert len(parse_key(text)) == 24


@pytest.mark.parametrize(
    "text", ["", "whsec_", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_Canary", "whsec_Canary!" * 4]
)
def test_a_secret_that_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidValue, match="24 to 64 bytes in Base64") as error:
        parse_key(text)
    assert "Canary" not in str(error.value)
