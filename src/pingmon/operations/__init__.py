"""What can be asked for: validate, check the channel, one transaction, tell the engine."""
