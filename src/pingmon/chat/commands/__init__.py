"""One file for each command; the registry is in chat/command_names.py."""
