"""Vertex AI's resources: their keys, and the endpoints' networks."""

from __future__ import annotations

from fairlead_policies.conditions import is_true, not_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ENDPOINT = "gcp:vertex/aiEndpoint:AiEndpoint"
INDEX_ENDPOINT = "gcp:vertex/aiIndexEndpoint:AiIndexEndpoint"
_ENCRYPTED = (
    ENDPOINT,
    "gcp:vertex/aiMetadataStore:AiMetadataStore",
    "gcp:vertex/aiDataset:AiDataset",
    "gcp:vertex/aiTensorboard:AiTensorboard",
    "gcp:vertex/aiFeatureOnlineStore:AiFeatureOnlineStore",
    INDEX_ENDPOINT,
)


@rule("GCP-VTX-01", *_ENCRYPTED)
def is_encrypted_with_a_customer_key(resource: Resource, _stack: Stack) -> Problems:
    """Require a key of one's own."""
    path = "encryptionSpec.kmsKeyName"
    value = resource.get(path)
    if value is UNKNOWN:
        return []
    return require(value, bool, path, f"`{path}` must be set")


@rule("GCP-VTX-02", ENDPOINT, INDEX_ENDPOINT)
def endpoint_is_private(endpoint: Resource, _stack: Stack) -> Problems:
    """Require a network or Private Service Connect."""
    if endpoint.type == INDEX_ENDPOINT:
        return not_true(endpoint, "publicEndpointEnabled")
    path = "privateServiceConnectConfig.enablePrivateServiceConnect"
    connect = endpoint.get(path)
    if endpoint.get("network") or connect is True:
        return []
    if connect is UNKNOWN:
        return [undecided(path)]
    return [Violation("`network` or `privateServiceConnectConfig` must be set")]


@rule("GCP-VTX-03", ENDPOINT)
def logs_predictions(endpoint: Resource, stack: Stack) -> Problems | None:
    """Require requests and answers to be sampled in production."""
    if not stack.settings.production:
        return None
    path = "predictRequestResponseLoggingConfig"
    rate = f"{path}.samplingRate"
    return is_true(endpoint, f"{path}.enabled") + require(
        endpoint.get(rate), lambda v: bool(v) and v > 0, rate, f"`{rate}` must be above 0"
    )
