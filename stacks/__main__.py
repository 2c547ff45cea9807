"""Provision the stack that Pulumi.<stack>.yaml describes."""

from fairlead_components.stack import provision

provision()
