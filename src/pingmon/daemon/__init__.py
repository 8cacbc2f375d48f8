"""The running process: wiring, workers, registry."""
