"""What the runner asks of adapters: small protocols, one subject a file."""
