"""Launch templates and node groups: what a node gives away about itself."""

from __future__ import annotations

from fairlead_policies.conditions import one_of, require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_MOST_HOPS = 2  # containers that need the instance's metadata are one hop further away


@rule("AWS-EKS-06", "aws:ec2/launchTemplate:LaunchTemplate")
def metadata_needs_a_token(template: Resource, _stack: Stack) -> Problems:
    """Require IMDSv2 with a token that does not travel."""
    path = "metadataOptions.httpPutResponseHopLimit"
    return one_of(template, "metadataOptions.httpTokens", {"required"}) + require(
        template.get(path), lambda v: v is None or v <= _MOST_HOPS, path, f"`{path}` must be 1 or 2"
    )


@rule("AWS-EKS-06", "aws:eks/nodeGroup:NodeGroup")
def has_no_ssh(group: Resource, _stack: Stack) -> Problems:
    """Refuse remote access to nodes."""
    remote = group.get("remoteAccess")
    return [Violation("`remoteAccess` must be absent")] if remote is not None else []
