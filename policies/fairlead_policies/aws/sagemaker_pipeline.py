"""``aws:sagemaker/pipeline:Pipeline``: what each step of a definition runs with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead_policies.aws.iam_policy_attachment import is_broad
from fairlead_policies.aws.sagemaker_instances import has_local_storage
from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Undecided, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

#: For each kind of step: where its network is, then where its cluster and its keys are.
_STEPS = {
    "Training": ("VpcConfig.Subnets", "ResourceConfig", ("OutputDataConfig.KmsKeyId",)),
    "Processing": (
        "NetworkConfig.VpcConfig.Subnets",
        "ProcessingResources.ClusterConfig",
        (),
    ),
    "Transform": (None, "TransformResources", ("TransformOutput.KmsKeyId",)),
}


@rule("AWS-SM-11", "aws:sagemaker/pipeline:Pipeline")
def steps_are_isolated_and_encrypted(pipeline: Resource, _stack: Stack) -> Problems:
    """Require a network and keys of every step that runs something."""
    problems: Problems = []
    if is_broad(pipeline.get("roleArn")) or "FullAccess" in str(pipeline.get("roleArn")):
        problems.append(Violation("`roleArn` is a role with full access"))
    definition = pipeline.get("pipelineDefinition")
    if definition is UNKNOWN:
        return [*problems, undecided("pipelineDefinition")]
    if definition is None:
        return [*problems, Undecided("`pipelineDefinitionS3Location` lies outside of the program")]
    if isinstance(definition, str):
        try:
            definition = json.loads(definition)
        except ValueError:
            return [*problems, Violation("`pipelineDefinition` is not valid JSON")]
    for index, one in enumerate(_steps(lookup(definition, "Steps"))):
        problems += _judge(one, f"pipelineDefinition.Steps[{index}]")
    return problems


def _steps(value: Any) -> Iterator[Any]:
    """Yield steps, and those within conditions."""
    for one in each(value):
        yield one
        for branch in ("IfSteps", "ElseSteps"):
            yield from _steps(lookup(one, f"Arguments.{branch}"))


def _judge(step: Any, label: str) -> Problems:
    kind = lookup(step, "Type")
    if kind is UNKNOWN or not isinstance(step, Mapping):
        return [undecided(label)]
    if kind not in _STEPS:
        return []
    network, cluster, keys = _STEPS[kind]
    arguments = lookup(step, "Arguments")
    wanted = list(keys)
    if not has_local_storage(lookup(arguments, f"{cluster}.InstanceType")):
        wanted.append(f"{cluster}.VolumeKmsKeyId")
    if network is not None:
        wanted.append(network)
    return [
        Violation(f"`{label}.Arguments.{path}` must be set")
        for path in wanted
        if not lookup(arguments, path)
    ]
