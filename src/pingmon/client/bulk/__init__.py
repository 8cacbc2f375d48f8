"""The monitors of a file, as a plan: sent, checked, looked at, carried out."""
