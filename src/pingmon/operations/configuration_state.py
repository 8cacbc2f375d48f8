"""What became of the configuration file since the start."""

from dataclasses import dataclass


@dataclass(slots=True)
class ConfigurationState:
    """file: its path. refused: why the last reload changed nothing, empty if it did.

    needs_restart: settings that differ from those in force until a restart.
    """

    file: str = ""
    refused: str = ""
    needs_restart: tuple[str, ...] = ()
