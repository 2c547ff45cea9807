"""What developing needs and users do not."""
