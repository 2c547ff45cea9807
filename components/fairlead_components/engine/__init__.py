"""The Pulumi engine: where it is, how it is built, and how it is driven."""
