"""Measures targets. It says nothing about up or down."""
