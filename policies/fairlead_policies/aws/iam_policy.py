"""IAM policies wherever they are written: managed, inline on roles, users and groups."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from fairlead_policies.aws.policy_document import NETWORK, Statement, read
from fairlead_policies.resource import Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ROLE = "aws:iam/role:Role"
POLICIES = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    ROLE,
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)

#: Actions for which IAM knows no resource, so that `*` is the only way to write them
#: (Service Authorization Reference; patterns cover whole families that take none).
WITHOUT_RESOURCE = (
    "application-autoscaling:describe*", "autoscaling:describe*", "airflow:listenvironments",
    "batch:describe*", "batch:list*", "cloudwatch:getmetricdata", "cloudwatch:getmetricstatistics",
    "cloudwatch:listmetrics", "ec2:describe*", "ecr:describeregistry", "ecr:getauthorizationtoken",
    "ecr-public:getauthorizationtoken", "eks:listclusters", "elasticloadbalancing:describe*",
    "iam:listroles", "kms:generaterandom", "kms:listaliases", "kms:listkeys",
    "lambda:listfunctions", "logs:describeloggroups", "s3:getaccountpublicaccessblock",
    "s3:listallmybuckets", "sagemaker:list*", "sagemaker:search", "secretsmanager:listsecrets",
    "secretsmanager:getrandompassword", "sns:listtopics", "sqs:listqueues",
    "states:liststatemachines", "sts:decodeauthorizationmessage", "sts:getcalleridentity",
    "sts:getsessiontoken", "tag:getresources", "xray:getsampling*", "xray:put*",
)  # fmt: skip

#: Actions for which `*` is right only where a condition narrows it.
WITH_CONDITION = {
    "cloudwatch:putmetricdata": frozenset({"cloudwatch:namespace"}),
    "ec2:createnetworkinterface": frozenset({"ec2:vpc", "ec2:subnet"}),
    "ec2:createnetworkinterfacepermission": frozenset({"ec2:vpc", "ec2:subnet"}),
    "ec2:deletenetworkinterface": frozenset({"ec2:vpc", "ec2:subnet"}),
    "ec2:deletenetworkinterfacepermission": frozenset({"ec2:vpc", "ec2:subnet"}),
}

#: Actions with which an identity can give itself more than it was given.
ESCALATION = (
    "iam:createpolicyversion", "iam:setdefaultpolicyversion", "iam:putrolepolicy",
    "iam:putuserpolicy", "iam:putgrouppolicy", "iam:attachrolepolicy", "iam:attachuserpolicy",
    "iam:attachgrouppolicy", "iam:updateassumerolepolicy", "iam:createaccesskey",
    "iam:createloginprofile", "iam:updateloginprofile", "iam:addusertogroup",
)  # fmt: skip

_PASS_ROLE = "iam:passrole"  # noqa: S105 - an action
_PASSED_TO = frozenset({"iam:passedtoservice"})
_NAMED_ROLE = re.compile(r"^arn:[^:]*:iam::[^:]*:role/(?!\*$).+")


def documents(resource: Resource) -> tuple[list[Statement], Problems] | None:
    """Return the identity policies in a resource; None where it holds none."""
    if resource.type != ROLE:
        return read(resource.get("policy"), "policy")
    statements: list[Statement] = []
    problems: Problems = []
    inline = resource.each("inlinePolicies")
    for index, one in enumerate(inline):
        found, unread = read(lookup(one, "policy"), f"inlinePolicies[{index}].policy")
        statements += found
        problems += unread
    return (statements, problems) if inline else None


def _without_resource(action: str) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in WITHOUT_RESOURCE)


@rule("AWS-IAM-01", *POLICIES)
def is_no_full_administrator(resource: Resource, _stack: Stack) -> Problems | None:
    """Refuse every action on every resource."""
    found = documents(resource)
    if found is None:
        return None
    statements, problems = found
    for one in statements:
        if one.allow and {"*", "*:*"} & set(one.actions) and one.anywhere:
            problems.append(Violation(f"`{one.label}` allows every action on every resource"))
    return problems


@rule("AWS-IAM-02", *POLICIES)
def grants_no_service_wide_wildcard(resource: Resource, _stack: Stack) -> Problems | None:
    """Refuse wildcards in actions on every resource, but for actions that take none."""
    found = documents(resource)
    if found is None:
        return None
    statements, problems = found
    for one in statements:
        wild = [a for a in one.actions if "*" in a and a not in {"*", "*:*"}]
        if one.allow and one.anywhere and any(not _without_resource(a) for a in wild):
            problems.append(Violation(f"`{one.label}` allows `service:*` on every resource"))
    return problems


@rule("AWS-IAM-03", *POLICIES)
def names_resources(resource: Resource, _stack: Stack) -> Problems | None:
    """Refuse `*` as the resource of actions that know resources."""
    found = documents(resource)
    if found is None:
        return None
    statements, problems = found
    for one in statements:
        if not (one.allow and one.anywhere):
            continue
        for action in one.actions:
            if "*" in action or _without_resource(action):
                continue  # wildcards are another control's
            needed = WITH_CONDITION.get(action)
            if needed is None or not one.keys() & needed:
                problems.append(Violation(f"`{one.label}.Resource` must name resources"))
    return problems


def _passes_roles(one: Statement) -> bool:
    return one.allow and any(
        action not in {"*", "*:*"} and fnmatchcase(_PASS_ROLE, action) for action in one.actions
    )


@rule("AWS-IAM-04", *POLICIES)
def passes_named_roles_to_named_services(resource: Resource, _stack: Stack) -> Problems | None:
    """Require iam:PassRole to name its roles and the service that gets them."""
    found = documents(resource)
    if found is None:
        return None
    statements, problems = found
    for one in filter(_passes_roles, statements):
        if not one.resources or not all(_NAMED_ROLE.match(r) for r in one.resources):
            problems.append(Violation(f"`{one.label}.Resource` must name the roles it passes"))
        if not one.pins(_PASSED_TO):
            problems.append(Violation(f"`{one.label}.Condition` must fix iam:PassedToService"))
    return problems


@rule("AWS-IAM-09", *POLICIES)
def cannot_escalate(resource: Resource, _stack: Stack) -> Problems | None:
    """Refuse actions with which an identity can give itself more."""
    found = documents(resource)
    if found is None:
        return None
    statements, problems = found
    allowed = [one for one in statements if one.allow]
    for one in allowed:
        patterns = [a for a in one.actions if a not in {"*", "*:*"}]
        if any(fnmatchcase(action, p) for p in patterns for action in ESCALATION):
            problems.append(Violation(f"`{one.label}` allows changing what identities may do"))
        if one.anywhere and any(fnmatchcase("sts:assumerole", p) for p in patterns):
            problems.append(Violation(f"`{one.label}` allows assuming every role"))
    passing = any(_passes_roles(one) and one.anywhere for one in allowed)
    creating = any(
        a.startswith(("lambda:create", "sagemaker:create", "lambda:*", "sagemaker:*"))
        for one in allowed
        if one.anywhere
        for a in one.actions
    )
    if passing and creating:
        problems.append(Violation("`policy` allows running code as every role"))
    return problems


@rule("AWS-SM-16", *POLICIES)
def reaches_mlflow_from_the_network_only(resource: Resource, stack: Stack) -> Problems | None:
    """Require managed MLflow to be reached through the network's own endpoint."""
    found = documents(resource)
    if found is None or not stack.settings.vpc:
        return None
    statements, problems = found
    ours = [one for one in statements if _uses_mlflow(one)]
    if not ours and not problems:
        return None
    for one in ours:
        if not one.pins(NETWORK):
            problems.append(Violation(f"`{one.label}.Condition` must fix aws:SourceVpce"))
    return problems


def _uses_mlflow(one: Statement) -> bool:
    return one.allow and any(action.startswith("sagemaker-mlflow:") for action in one.actions)
