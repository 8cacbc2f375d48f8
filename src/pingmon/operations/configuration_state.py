"""What of the configuration file is in force, and what became of the file since the start."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pingmon.model.audience import Audiences
from pingmon.model.monitor import Channel
from pingmon.model.tag_settings import ByTag


@dataclass(frozen=True, slots=True)
class Configured:
    """What monitors take from the file, with channels of the store. A reload changes all of it at once.

    tags: settings that they give; a first channel as `chat_id`. groups: channels that are told besides,
    by name. escalations: names that monitors may have. audiences: None in a store that has its own.
    """

    tags: ByTag = field(default_factory=dict)
    groups: Mapping[str, tuple[Channel, ...]] = field(default_factory=dict)
    escalations: Collection[str] = ()
    audiences: Audiences | None = None


@dataclass(slots=True)
class ConfigurationState:
    """file: its path. refused: why the last reload changed nothing, empty if it did.

    needs_restart: settings that differ from those in force until a restart.
    """

    file: str = ""
    refused: str = ""
    needs_restart: tuple[str, ...] = ()
    configured: Configured = field(default_factory=Configured)

    @property
    def tags(self) -> ByTag:
        """See Configured."""
        return self.configured.tags
