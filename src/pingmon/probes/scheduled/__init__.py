"""What all kinds of probes share: when a target is probed, and how its results are handed over."""
