"""A prober for every kind whose probe is a conversation: connect, ask, hear an answer."""
