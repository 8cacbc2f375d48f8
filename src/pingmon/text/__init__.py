"""What the daemon and its client know of text: how files are decoded, what is printable, strict JSON."""
