"""Pulumi components of an MLOps stack, each usable alone in anybody's Pulumi program."""
