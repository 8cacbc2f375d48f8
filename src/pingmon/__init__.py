"""pingmon: tells you in Telegram that a device stopped answering."""
