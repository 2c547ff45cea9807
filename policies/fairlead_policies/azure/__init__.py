"""Rules for Azure, one resource type a file."""
