"""Reporting: what citizens say and how the municipality responds, in figures."""
