"""Rules for every cloud, one resource type a file."""
