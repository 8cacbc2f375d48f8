"""Kinds that only tests have, and the programs with them. Nothing in src/ knows them."""
