"""Do the identities of a stack have every permission that its adapters will use, and no other?

Evaluators by the vendors' published semantics (one file for each cloud), what the adapters declare,
and the comparison of both.
"""
