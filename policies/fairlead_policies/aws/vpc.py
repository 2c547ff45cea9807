"""``aws:ec2/vpc:Vpc``: what it records, and its endpoints."""

from __future__ import annotations

from fairlead_policies.conditions import is_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

VPC = "aws:ec2/vpc:Vpc"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"

#: The endpoints that a stack needs by the types of resource in it; "" is every stack.
NEEDED = {
    "": ("s3", "sts", "logs", "monitoring"),
    "aws:kms/": ("kms",),
    "aws:ecr/": ("ecr.api", "ecr.dkr"),
    "aws:sagemaker/": ("sagemaker.api", "sagemaker.runtime", "ecr.api", "ecr.dkr"),
    "aws:secretsmanager/": ("secretsmanager",),
    "aws:mwaa/": ("sqs", "airflow.api", "airflow.env", "ecr.api", "ecr.dkr", "kms"),
    "aws:eks/": ("eks", "ec2", "elasticloadbalancing", "ecr.api", "ecr.dkr"),
}


@rule("AWS-VPC-01", VPC)
def records_flows(vpc: Resource, stack: Stack) -> Problems:
    """Require a flow log of all traffic or of what is refused."""
    logs = stack.companions(vpc, "aws:ec2/flowLog:FlowLog", "vpcId")
    if not logs:
        return [Violation("no FlowLog is attached by its `vpcId`")]
    path = "trafficType"
    results = [
        require(
            one.get(path),
            lambda v: v in {"ALL", "REJECT"},
            path,
            "`trafficType` must be ALL or REJECT",
        )
        for one in logs
    ]
    return min(results, key=len)


def service(name: object) -> str | None:
    """Return the service of `com.amazonaws.<region>.<service>`."""
    parts = str(name).split(".")
    return ".".join(parts[3:]) if isinstance(name, str) else None


@rule("AWS-VPC-06", VPC)
def has_its_endpoints(vpc: Resource, stack: Stack) -> Problems | None:
    """Require, where nothing may leave the network, endpoints for all that the stack uses."""
    if not stack.settings.vpc:
        return None
    endpoints = stack.companions(vpc, ENDPOINT, "vpcId")
    needed = dict.fromkeys(
        one for prefix, names in NEEDED.items() if stack.has(prefix) for one in names
    )
    present = {service(one.get("serviceName")) for one in endpoints}
    missing = [one for one in needed if one not in present]
    problems: Problems = []
    if missing and any(one.get("serviceName") is UNKNOWN for one in endpoints):
        problems.append(undecided("serviceName"))
    else:
        problems += [Violation(f"the endpoint {one} is missing") for one in missing]
    for one in endpoints:
        if one.get("vpcEndpointType") == "Interface":
            problems += is_true(one, "privateDnsEnabled")
    return problems
