"""Violating, compliant and undecided programs for every control, as plain data."""
