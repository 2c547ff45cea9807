"""``azure-native:machinelearningservices:OnlineEndpoint``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, one_of
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AZ-ML-05", "azure-native:machinelearningservices:OnlineEndpoint")
def is_private_and_asks_for_tokens(endpoint: Resource, stack: Stack) -> Problems:
    """Require tokens rather than keys in production, no public network, and an identity."""
    # Version 2 of the SDK called `properties` so, and states keep the name.
    old = "onlineEndpointProperties"
    path = old if endpoint.get(old) is not None else "properties"
    modes = {"AADToken", "AMLToken"} | (set() if stack.settings.production else {"Key"})
    problems = one_of(endpoint, f"{path}.authMode", modes)
    problems += one_of(endpoint, f"{path}.publicNetworkAccess", {"Disabled"})
    return problems + is_set(endpoint, "identity.type")
