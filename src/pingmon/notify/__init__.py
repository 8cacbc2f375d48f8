"""Messages: their text, digests, pacing and the sender's loop. It knows no kind of channel."""
