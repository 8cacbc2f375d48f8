"""The commands of pingmonctl. A new command: one file here, and one line below.

A command's module has `configure(parser)` and `run(options) -> exit status`. Only the module of the
command that was given is loaded, as pingmonctl must start quickly.
"""

COMMANDS = {
    "add-mon": ("add_mon", "watch a device or a service, and tell people when it changes"),
    "edit-mon": ("edit_mon", "change settings of a monitor, keeping its state"),
    "del-mon": ("del_mon", "stop watching"),
    "list-mon": ("list_mon", "list the monitors, the worst first"),
    "show-mon": ("show_mon", "show all of one monitor"),
    "explain": ("explain", "what is known of the path, and what these or other settings mean on it"),
    "import": ("import_file", "add the monitors of a file, all or nothing"),
    "apply": ("apply_file", "make the monitors equal to a file: add, change, delete"),
    "export": ("export", "print the monitors as a file that import takes"),
    "pause-mon": ("pause_mon", "do not probe for now, and tell nothing"),
    "resume-mon": ("resume_mon", "probe again, and tell what differs from what was told"),
    "mute": ("mute", "probe on, but hold messages for a time"),
    "unmute": ("unmute", "tell again, and what differs from what was told"),
    "ack": ("ack", "say that you take care: no reminders until it is up"),
    "unack": ("unack", "take an acknowledgement back"),
    "downtime": ("downtime", "plan downtime, once or repeating; list it, delete it"),
    "log": ("log", "show who changed what, the newest first"),
    "test-mon": ("test_mon", "send a test message to all channels of a monitor"),
    "find-chat": ("find_chat", "list the chats that a bot has heard from"),
    "chat": ("chat", "say which bots take commands, and who may do what from a chat"),
    "renew-token": ("renew_token", "give a bot its new token, for all its monitors"),
    "outbox": ("outbox", "list messages that wait, try them again, or drop them"),
    "status": ("status", "show the daemon's health"),
}
