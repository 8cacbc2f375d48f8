"""The channel kind `directory`: as a file of `kinds/` would have it."""

from pingmon.kinds.declaration import ChannelKind, Setting, one_or_several

DIRECTORY = ChannelKind(
    "directory",
    "a directory, where each message becomes a file",
    (Setting("message_directory", one_or_several("where messages are written"), "DIR"),),
    required=("message_directory",),
)
