"""explain."""

from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.serializers import explained
from pingmon.handlers.shared_schemas import (
    CERTIFICATE_ENDS,
    COUNTERS,
    FORECAST,
    ID,
    MOMENT,
    STATE,
    TARGET,
    or_null,
)
from pingmon.kinds.common_settings import DETECTION, schemas
from pingmon.kinds.declaration import FLAG, NUMBER, TEXT
from pingmon.model.errors import NotFound
from pingmon.operations.context import Context
from pingmon.operations.monitor_request import detection_settings
from pingmon.operations.monitor_view import view
from pingmon.operations.tag_settings import setting_sources


@method(
    "What was learned of the path, and what these or other settings mean on it.",
    {"id": ID, **schemas(DETECTION)},
    {
        "type": "object",
        "properties": {
            "id": TEXT,
            "name": TEXT,
            "ip_address": or_null(TEXT),
            "host": or_null(TEXT),
            "resolver": TEXT | {"description": "what is wrong with its name now; empty: nothing"},
            "target": TARGET,
            "since": MOMENT,
            "state": STATE,
            "reason": TEXT,
            "loss": NUMBER | {"description": "P(loss after a reply)"},
            "loss_after_loss": NUMBER | {"description": "P(loss a second after a loss)"},
            "burst_s": NUMBER | {"description": "seconds that losses last on average"},
            "phi": NUMBER | {"description": "suspicion of the losses in a row right now"},
            "bound": or_null(NUMBER) | {"description": "phi at which it is down"},
            "probes": {"type": "integer", "description": "that this rests on; the old count less"},
            "runs_of_losses": NUMBER | {"description": "likewise"},
            "assumed": FLAG | {"description": "nothing was measured yet: what follows is assumed"},
            "path": TEXT | {"description": "what it looks like, for people; empty while little is known"},
            "limit": TEXT | {"description": "what forbids the budget; empty if nothing does"},
            "neighbours": TEXT | {"description": "what they lost in the last minute, or empty"},
            "hint": TEXT | {"description": "for people, empty when there is none"},
            "local_error": or_null({"type": "object"})
            | {"description": "what keeps its probes from leaving: kind (as errno(3)), words, since"},
            "note": TEXT | {"description": "what is odd about its latest answers, or empty"},
            "certificate_ends": CERTIFICATE_ENDS,
            "counters": COUNTERS,
            "sources": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "setting: given, tag TAG or default",
            },
            "now": FORECAST,
            "with": FORECAST | {"description": "with the settings that were given"},
        },
        "required": [
            "id",
            "state",
            "reason",
            "loss",
            "loss_after_loss",
            "burst_s",
            "phi",
            "bound",
            "probes",
            "runs_of_losses",
            "path",
            "limit",
            "neighbours",
            "hint",
            "note",
            "counters",
            "now",
        ],
    },
    ["id"],
)
def explain(context: Context, caller: Caller, *, id: str, **changes: Any) -> dict[str, Any]:
    monitor = context.worker_pool.find_monitor(id)
    seen = view(context, monitor)
    if seen is None:
        raise NotFound(id)
    other = detection_settings(changes, monitor.detection) if changes else None
    shown = explained(monitor, seen.state, seen.group, other, seen.neighbour, seen.resolver)
    return shown | {"sources": setting_sources(context, monitor)}
