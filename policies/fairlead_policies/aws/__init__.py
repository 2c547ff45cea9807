"""Rules for Amazon Web Services, one resource type a file."""
