"""What components promise: typed, versioned records of references."""
