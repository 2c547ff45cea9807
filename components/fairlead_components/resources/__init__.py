"""Pulumi resources that the provider plugin ``pulumi-resource-fairlead`` serves."""
