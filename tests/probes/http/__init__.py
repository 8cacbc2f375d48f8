"""Tests of probes/http/."""
