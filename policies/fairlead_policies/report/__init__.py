"""What became of every control, for people, for machines and for auditors."""
