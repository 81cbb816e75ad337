"""Figures beside yardsticks from the same run. `make bench`."""
