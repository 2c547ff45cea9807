"""Rehearse any Pulumi program offline: the real engine, with stand-ins for the providers."""
