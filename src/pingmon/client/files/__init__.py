"""Files of monitors: CSV with header, JSON, TOML; each row is the parameters of add_mon."""
