"""The roles of an AWS stack with all policies that have a say in what they do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from fairlead_policies.preflight import aws
from fairlead_policies.preflight.aws import Policies, Policy, Request
from fairlead_policies.preflight.decision import Decision, Grant, Outcome, decided
from fairlead_policies.preflight.evaluator import Call, Principal
from fairlead_policies.preflight.ternary import Truth, every, some
from fairlead_policies.preflight.wildcards import covers, matches
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.stack import Stack

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
_VARIABLE = re.compile(r"\$\{[^}]*\}")
KEY = "aws:kms/key:Key"


class AwsStack:
    """Answer for AWS; see ``Evaluator``.

    Args:
        stack: The stack's resources.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._policies = cache(self._read_policies)

    def principal(self, reference: str, contract: Mapping[str, Any]) -> Principal | None:
        """Return the role whose ARN or name a reference is."""
        del contract
        name = reference.rpartition("/")[2]
        for role in self._stack.of(ROLE):
            if role.get("name") == name:
                return Principal(reference, role.urn)
        return None

    def decide(self, principal: Principal, one: Call) -> Decision:
        """Return whether a call is allowed."""
        request = Request(principal.name, one.action, one.resource, one.context)
        identity, boundary = self._policies(principal.urn)
        answers = [
            aws.decide(request, Policies(identity, boundary, resource))
            for resource in self._of_resource(one)
        ]
        if len({answer.outcome for answer in answers}) == 1:
            return answers[0]
        return Decision(Outcome.UNKNOWN, "depends on which of the stack's keys it is")

    def grants(self, principal: Principal) -> Sequence[Grant]:
        """Return what the role's policies allow."""
        return list(aws.grants(Policies(self._policies(principal.urn)[0])))

    def exercises(self, one: Call, grant: Grant) -> bool:
        """Return whether a call makes use of a grant."""
        action = matches(grant.action.lower(), one.action.lower())
        return action and matches(_VARIABLE.sub("*", grant.resource), one.resource)

    def exceeds(self, calls: Sequence[Call], grant: Grant) -> bool:
        """Return whether a grant reaches resources that no call of its action reaches."""
        wanted = [one.shape for one in calls if matches(grant.action.lower(), one.action.lower())]
        return not any(covers(shape, grant.resource) for shape in wanted)

    def trusts(self, principal: Principal, one: Call) -> Decision | None:
        """Return whether a role trusts the service that a call hands it to."""
        service = one.context.get("iam:PassedToService")
        if service is None:
            return None
        document = Policy(self._stack.by_urn[principal.urn].get("assumeRolePolicy"))
        allowing = [one for one in document.statements if one.get("Effect") == "Allow"]
        trusted = some(_trusts(one, service) for one in allowing)
        known = trusted if document.known else some((trusted, None))
        return decided(known, f"the role does not trust {service}")

    def _read_policies(self, urn: str) -> tuple[tuple[Policy, ...], Policy | None]:
        role = self._stack.by_urn[urn]
        boundary = role.get("permissionsBoundary")
        limit = self._managed(role, "permissionsBoundary", boundary) if boundary else None
        return tuple(self._identity(role)), limit

    def _identity(self, role: Resource) -> Iterator[Policy]:
        for inline in role.each("inlinePolicies"):
            yield Policy(lookup(inline, "policy"), f"{role.name}'s inline policy")
        for arn in role.each("managedPolicyArns"):
            yield self._managed(role, "managedPolicyArns", arn)
        for one in self._stack.of("aws:iam/rolePolicy:RolePolicy"):
            if _is_of(one, "role", role, "name"):
                yield Policy(one.get("policy"), one.name)
        for one in self._stack.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
            if _is_of(one, "role", role, "name"):
                yield self._managed(one, "policyArn", one.get("policyArn"))
        for one in self._stack.of("aws:iam/policyAttachment:PolicyAttachment"):
            if _is_of(one, "roles", role, "name"):
                yield self._managed(one, "policyArn", one.get("policyArn"))

    def _managed(self, holder: Resource, name: str, arn: Any) -> Policy:
        """Return a managed policy of the stack; one that AWS or others wrote is not known."""
        sources = self._stack.sources(holder, name, POLICY)
        for policy in self._stack.of(POLICY):
            known = policy.get("name")
            if isinstance(arn, str) and isinstance(known, str) and arn.endswith(f"/{known}"):
                return Policy(policy.get("policy"), policy.name)
        if arn is UNKNOWN and len(sources) == 1:
            return Policy(sources[0].get("policy"), sources[0].name)
        return Policy(UNKNOWN, "a policy outside of the stack")

    def _of_resource(self, one: Call) -> list[Policy | None]:
        """Return the policy of what is called; several where it could be any of several."""
        service = one.action.partition(":")[0].lower()
        if service == "s3":
            bucket = one.resource.rpartition(":")[2].partition("/")[0]
            return [self._attached("aws:s3/bucket", "Bucket", "bucket", bucket)]
        if service == "ecr" and "repository/" in one.resource:
            name = one.resource.partition("repository/")[2]
            return [self._attached("aws:ecr/repository", "Repository", "repository", name)]
        if service == "kms":
            account = aws.account_of(one.resource)
            keys = [self._of_key(key, account) for key in self._stack.of(KEY)]
            return list(keys) or [Policy(UNKNOWN, "the policy of a key outside of the stack")]
        return [None]

    def _attached(self, type_: str, kind: str, name: str, value: str) -> Policy | None:
        """Return the policy that is attached to a resource of the stack."""
        inputs = "name" if kind == "Repository" else name
        owners = [one for one in self._stack.of(f"{type_}:{kind}") if one.get(inputs) == value]
        for one in self._stack.of(f"{type_}Policy:{kind}Policy"):
            if one.get(name) == value or any(_is_of(one, name, own, inputs) for own in owners):
                return Policy(one.get("policy"), one.name)
        return None if owners else Policy(UNKNOWN, "the policy of what lies outside of the stack")

    def _of_key(self, key: Resource, account: str) -> Policy:
        """Return a key's policy; AWS's own default leaves it to the account's policies."""
        for one in self._stack.companions(key, "aws:kms/keyPolicy:KeyPolicy", "keyId"):
            return Policy(one.get("policy"), one.name)
        given = key.get("policy")
        document = _default_key_policy(account) if given is None else given
        return Policy(document, f"{key.name}'s policy")


def _default_key_policy(account: str) -> dict[str, Any]:
    """Return the policy of a key that is given none: the account's own policies decide."""
    root = {"AWS": account}
    return {"Statement": {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}}


def _is_of(one: Resource, name: str, owner: Resource, known: str) -> bool:
    """Return whether a property comes from a resource, or is its name."""
    value = owner.get(known)
    if owner.urn in one.property_dependencies.get(name, ()):
        return True
    return isinstance(value, str) and value in one.each(name)


def _trusts(statement: Mapping[str, Any], service: str) -> Truth:
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return None if principal is UNKNOWN else False
    actions = some(
        None if one is UNKNOWN else matches(str(one).lower(), "sts:assumerole")
        for one in each(statement.get("Action"))
    )
    named = some(
        None if one is UNKNOWN else one == service for one in each(principal.get("Service"))
    )
    return every((actions, named))
