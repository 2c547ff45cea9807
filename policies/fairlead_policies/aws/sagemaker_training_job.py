"""``aws:sagemaker/trainingJob:TrainingJob``."""

from __future__ import annotations

from fairlead_policies.aws.sagemaker_instances import has_local_storage
from fairlead_policies.conditions import is_set, is_true, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AWS-SM-10", "aws:sagemaker/trainingJob:TrainingJob")
def is_isolated_and_encrypted(job: Resource, _stack: Stack) -> Problems:
    """Require isolation, a network and keys; traffic between containers where there are several."""
    problems = is_true(job, "enableNetworkIsolation")
    problems += is_set(job, "vpcConfig.subnets")
    problems += is_set(job, "outputDataConfig.kmsKeyId")
    if not has_local_storage(job.get("resourceConfig.instanceType")):
        problems += is_set(job, "resourceConfig.volumeKmsKeyId")
    count = job.get("resourceConfig.instanceCount")
    if count is UNKNOWN:
        problems.append(undecided("resourceConfig.instanceCount"))
    elif isinstance(count, int | float) and count > 1:
        problems += is_true(job, "enableInterContainerTrafficEncryption")
    return problems
