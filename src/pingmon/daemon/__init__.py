"""The running process: configuration, wiring, systemd, logging, limits."""
