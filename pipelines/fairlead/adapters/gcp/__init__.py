"""Adapters for Google Cloud; each module is imported when a stack names its flavor."""
