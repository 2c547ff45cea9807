"""``aws:sagemaker/model:Model``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, is_true
from fairlead_policies.images import judge_image
from fairlead_policies.resource import Resource, lookup
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

MODEL = "aws:sagemaker/model:Model"


@rule("AWS-SM-01", MODEL)
def is_isolated(model: Resource, _stack: Stack) -> Problems:
    """Require containers without any network."""
    return is_true(model, "enableNetworkIsolation")


@rule("AWS-SM-02", MODEL)
def runs_in_a_network(model: Resource, _stack: Stack) -> Problems:
    """Require subnets and security groups."""
    return is_set(model, "vpcConfig.subnets") + is_set(model, "vpcConfig.securityGroupIds")


@rule("AWS-SM-15", MODEL)
def uses_trusted_images(model: Resource, stack: Stack) -> Problems:
    """Require images from allowed registries, by digest in production."""
    problems: Problems = []
    for path in ("primaryContainer", "containers"):
        for container in model.each(path):
            image = lookup(container, "image")
            if image is not None:
                problems += judge_image(image, f"{path}.image", stack.settings)
    return problems
