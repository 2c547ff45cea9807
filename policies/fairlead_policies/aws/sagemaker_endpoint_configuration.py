"""``aws:sagemaker/endpointConfiguration:EndpointConfiguration``."""

from __future__ import annotations

from fairlead_policies.aws.s3_bucket import BUCKET
from fairlead_policies.aws.sagemaker_instances import has_local_storage
from fairlead_policies.conditions import is_set, is_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_REDUNDANT = 2


@rule("AWS-SM-03", CONFIGURATION)
def is_encrypted(configuration: Resource, _stack: Stack) -> Problems | None:
    """Require a key, but where instances bring local disks and a key makes the call fail."""
    variants = configuration.each("productionVariants") + configuration.each(
        "shadowProductionVariants"
    )
    key = configuration.get("kmsKeyArn")
    if any(has_local_storage(lookup(one, "instanceType")) for one in variants):
        if key is not None:
            return [Violation("`kmsKeyArn` must be absent: an instance type has local storage")]
        return None
    if variants and all(lookup(one, "serverlessConfig") is not None for one in variants):
        return None
    if key is None and any(lookup(one, "instanceType") is UNKNOWN for one in variants):
        return [undecided("productionVariants[].instanceType")]
    return is_set(configuration, "kmsKeyArn")


@rule("AWS-SM-04", CONFIGURATION)
def captures_data_safely(configuration: Resource, stack: Stack) -> Problems | None:
    """Require data capture in production, and wherever it is on a key and an own bucket."""
    path = "dataCaptureConfig"
    enabled = configuration.get(f"{path}.enableCapture")
    problems: Problems = []
    if stack.settings.production:
        problems += is_true(configuration, f"{path}.enableCapture")
    elif enabled is not True and enabled is not UNKNOWN:
        return None
    if enabled is True or enabled is UNKNOWN:
        problems += is_set(configuration, f"{path}.kmsKeyId")
        problems += is_set(configuration, f"{path}.destinationS3Uri")
        if not stack.sources(configuration, path, BUCKET):
            problems.append(Violation(f"`{path}.destinationS3Uri` must be a bucket of this stack"))
    return problems


@rule("AWS-SM-05", CONFIGURATION)
def is_redundant(configuration: Resource, stack: Stack) -> Problems | None:
    """Require two instances in production, but where the service or a queue takes their place."""
    variants = [
        one
        for one in configuration.each("productionVariants")
        if lookup(one, "serverlessConfig") is None or one is UNKNOWN
    ]
    if not (stack.settings.production and variants):
        return None
    if configuration.get("asyncInferenceConfig") is not None:
        return None
    path = "productionVariants[].initialInstanceCount"
    return [
        problem
        for one in variants
        for problem in require(
            lookup(one, "initialInstanceCount"),
            lambda v: v is not None and v >= _REDUNDANT,
            path,
            f"`{path}` must be at least 2 in production",
        )
    ]
