"""The probe kind `file`: as a file of `kinds/` would have it."""

from pingmon.kinds.declaration import ProbeKind, Setting, text

FILE = ProbeKind(
    "file",
    "a file named as the address",
    (Setting("directory", text("where the file is while the device answers"), "DIR"),),
)
