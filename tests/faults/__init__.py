"""Faults on purpose, a load meanwhile, and an oracle that knows what must be."""
