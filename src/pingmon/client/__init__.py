"""pingmonctl: a thin client."""
