"""Fingerprint a step's code: what of the project it reaches, read and never run."""
