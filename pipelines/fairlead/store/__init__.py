"""The artifact store: objects, artifacts, records, cache and bundles; the only shared state."""
