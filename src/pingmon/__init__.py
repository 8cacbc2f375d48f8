"""pingmon: tells you in Telegram that a device stopped answering."""

__version__ = "0.1.0"
