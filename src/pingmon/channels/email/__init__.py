"""E-mail as a kind of channel."""
