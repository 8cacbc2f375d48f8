"""What became of the configuration file since the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ConfigurationState:
    """file: its path. refused: why the last reload changed nothing, empty if it did.

    needs_restart: settings that differ from those in force until a restart. tags: what they give, by tag.
    """

    file: str = ""
    refused: str = ""
    needs_restart: tuple[str, ...] = ()
    tags: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
