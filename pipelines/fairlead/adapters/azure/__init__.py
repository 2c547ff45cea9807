"""Adapters for Azure; each module is imported when a stack names its flavor."""
