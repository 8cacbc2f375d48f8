"""The OpenRPC document (https://spec.open-rpc.org), built from the methods themselves."""

from collections.abc import Iterable
from typing import Any

from pingmon.api.method import Method


def openrpc(methods: Iterable[Method], version: str) -> dict[str, Any]:
    return {
        "openrpc": "1.2.6",
        "info": {"title": "pingmon", "version": version},
        "methods": [
            {
                "name": method.name,
                "summary": method.summary,
                "paramStructure": "by-name",
                "params": [
                    {"name": name, "required": name in method.required, "schema": schema}
                    for name, schema in method.params.items()
                ],
                "result": {"name": "result", "schema": method.result},
            }
            for method in methods
        ],
    }
