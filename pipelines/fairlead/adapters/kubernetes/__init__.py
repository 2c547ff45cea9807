"""Adapters for Kubernetes; each module is imported when a stack names its flavor."""
