"""The other side of webhooks: it takes what docs/webhook.md promises, and nothing else.

`python -m tests.support.webhook_receiver PORT LOG`: each message becomes a JSON line of LOG.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jsonschema

from tests.support.http_receiver import Answer, Fault, HttpReceiver, Request, serve
from tests.support.paths import ROOT

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
SCHEMA = json.loads((ROOT / "docs" / "webhook.schema.json").read_text())
_TOLERANCE = 300  # s between the time that is signed and ours


def strict(schema: Any) -> Any:
    """The same, in which nothing is allowed that is not declared."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(one) for name, one in schema.items()}
    return found | ({"additionalProperties": False} if "properties" in schema else {})


_VALIDATOR = jsonschema.Draft202012Validator(strict(SCHEMA), format_checker=jsonschema.FormatChecker())


class WebhookReceiver(HttpReceiver):
    """See docs/webhook.md."""

    def take(self, request: Request) -> tuple[dict[str, Any], Answer]:
        headers = request.headers
        if request.method != "POST" or headers.get("content-type") != "application/json":
            raise Fault("no POST of JSON")
        if not headers.get("user-agent", "").startswith("pingmon/"):
            raise Fault("the user agent is not pingmon")
        try:
            body = json.loads(request.body)
            _VALIDATOR.validate(body)
        except (ValueError, jsonschema.ValidationError) as error:
            raise Fault(f"not as the schema has it: {error}") from None
        if headers.get("webhook-id") != body["id"]:
            raise Fault("webhook-id is not the id of the body")
        if abs(time.time() - int(headers["webhook-timestamp"])) > _TOLERANCE:
            raise Fault("the time is wrong")
        self._verify(request)
        return {"to": request.path, "headers": headers, **body}, (204, b"", {})

    def _verify(self, request: Request) -> None:
        """As the specification's own libraries do."""
        given = request.headers.get("webhook-signature")
        if not self.secret:
            if given is not None:
                raise Fault("signed, and nobody knows with what")
            return
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
        digest = hmac.new(key, signed + request.body, hashlib.sha256).digest()
        if f"v1,{base64.b64encode(digest).decode()}" not in (given or "").split(" "):
            raise Fault("the signature is wrong")


if __name__ == "__main__":
    serve(WebhookReceiver)
