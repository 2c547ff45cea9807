"""Build the images that steps run in: keyed by the lock, without user code, pinned by digest."""
