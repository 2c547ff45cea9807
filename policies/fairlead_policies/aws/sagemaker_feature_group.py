"""``aws:sagemaker/featureGroup:FeatureGroup``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_KEYS = {
    "offlineStoreConfig": "offlineStoreConfig.s3StorageConfig.kmsKeyId",
    "onlineStoreConfig": "onlineStoreConfig.securityConfig.kmsKeyId",
}


@rule("AWS-SM-13", "aws:sagemaker/featureGroup:FeatureGroup")
def is_encrypted(group: Resource, _stack: Stack) -> Problems:
    """Require a key of each store that there is."""
    problems: Problems = []
    for store, path in _KEYS.items():
        if group.get(store) is UNKNOWN:
            problems.append(undecided(store))
        elif group.get(store) is not None:
            problems += is_set(group, path)
    return problems
