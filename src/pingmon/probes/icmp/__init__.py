"""ICMP echo requests: the kind ping."""
