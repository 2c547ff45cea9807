"""Adapters for Amazon Web Services; each module is imported when a stack names its flavor."""
