"""Where messages go: a package or file per kind of channel, and a registry of them."""
