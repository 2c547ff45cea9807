"""Rules for Google Cloud, one resource type a file."""
