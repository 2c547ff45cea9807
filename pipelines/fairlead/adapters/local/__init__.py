"""Adapters of the ``local`` provider: this machine, and what it can host without a server."""
