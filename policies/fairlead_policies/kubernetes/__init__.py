"""Rules for Kubernetes, one resource type a file."""
