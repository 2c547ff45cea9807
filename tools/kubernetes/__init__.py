"""A real Kubernetes on one machine, for tests: built from its sources, started, stopped."""
