"""A role of AWS IAM for each function of a stack: no users, no keys."""

from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from fairlead.ports.permissions import Identity
from fairlead_components.arguments import arguments
from fairlead_components.aws.defaults import Place, document, own_name, place
from fairlead_components.aws.role_grants import (
    boundary_grants,
    key_grants,
    registry_grants,
    store_grants,
)
from fairlead_components.base import Component, Wire, after
from fairlead_components.identities import ExistingIdentities
from fairlead_components.rights import FUNCTIONS

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class OidcTrust:
    """Let a CI system in without a key: by the token that it gives its jobs.

    Attributes:
        provider_arn: The IAM OIDC provider of its issuer.
        issuer: The issuer without a scheme: ``token.actions.githubusercontent.com``.
        subject: The one job that may: ``repo:acme/ml:environment:prod``.
    """

    provider_arn: pulumi.Input[str]
    issuer: str
    subject: str


@dataclass(kw_only=True)
class IamIdentityArgs:
    """Say whom the roles are for.

    Attributes:
        trusted: ARNs of who may take the roles on; everybody in the account whose own policy says
            so, if not given.
        ci: A CI system that may be the submitter.
        store_url: The artifact store; that of the stack if not given.
        kms_key_arn: The key that encrypts it; that of the stack if not given.
        repository_arn: The repository of images; that of the stack if not given.
        permissions_boundary: The ARN of the policy that no role exceeds; one that leaves room for
            the store and the registry, and nothing else, is made if not given.
        existing: Roles to use, instead of making any.
    """

    trusted: Optional[list[str]] = None
    ci: Optional[OidcTrust] = None
    store_url: Optional[pulumi.Input[str]] = None
    kms_key_arn: Optional[pulumi.Input[str]] = None
    repository_arn: Optional[pulumi.Input[str]] = None
    permissions_boundary: Optional[pulumi.Input[str]] = None
    existing: Optional[ExistingIdentities] = None


class IamIdentity(Component):
    """Make a role for each function, which may do in the store what that function does there.

    Example:
        A Pulumi program with nothing else::

            identity = IamIdentity("identity", IamIdentityArgs(store_url="s3://ml-artifacts"))
            pulumi.export("identity", identity.contract)
    """

    kind = "identity"
    flavor = "iam"
    wires = MappingProxyType({
        "store_url": Wire("artifact_store", "url", "s3"),
        "kms_key_arn": Wire("artifact_store", "kms_key_arn", "s3"),
        "repository_arn": Wire("container_registry", "repository_arn", "ecr"),
    })  # fmt: skip

    def __init__(
        self, name: str, args: IamIdentityArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = arguments(IamIdentityArgs, args)
        super().__init__(name, args, opts)
        where = place(self)
        roles: dict[str, Any] = {}
        if args.existing is not None:
            roles = asdict(args.existing)
        else:
            boundary = args.permissions_boundary or self._boundary(name, args, where)
            args = replace(args, permissions_boundary=boundary)
            roles = {function: self._role(name, function, args, where) for function in FUNCTIONS}
        self.publish(account=where.account, **roles)

    def _boundary(
        self, name: str, args: IamIdentityArgs, where: Place
    ) -> Optional[pulumi.Output[str]]:
        """Make the policy that no role exceeds; none where there is nothing to leave room for."""
        if args.store_url is None and args.repository_arn is None:
            return None
        around = pulumi.Output.all(where.partition, where.region, where.account)
        granted = pulumi.Output.all(args.store_url, args.repository_arn, around).apply(
            lambda known: boundary_grants(known[0], known[1], tuple(known[2]))
        )
        named = own_name("iam_policy", "boundary")
        policy = aws.iam.Policy(
            f"{name}-boundary",
            name=named,
            description="What no role of the stack exceeds, whatever it is granted",
            policy=document(granted),
            tags=self.tags(),
            opts=self.child(),
        )
        # Its ARN follows from its name: what limits the roles can be read in a preview.
        return after(where.arn("iam", f"policy/{named}", region=False), policy)

    def _role(
        self, name: str, function: Identity, args: IamIdentityArgs, where: Place
    ) -> pulumi.Output[str]:
        label = f"{name}-{function}"
        trusted: Any = args.trusted or [where.arn("iam", "root", region=False)]
        ci = args.ci if function == "submitter" else None
        trust = pulumi.Output.all(trusted, ci and ci.provider_arn).apply(
            lambda known: _trust(known[0], known[1], ci)
        )
        role = aws.iam.Role(
            label,
            name=own_name("iam_role", function),
            assume_role_policy=document(trust),
            permissions_boundary=args.permissions_boundary,
            tags=self.tags(),
            opts=self.child(),
        )
        # One policy for each: the key's ARN, unlike the others, is not known before there is a key.
        if args.store_url is not None:
            granted = pulumi.Output.all(args.store_url, where.partition).apply(
                lambda known: store_grants(function, *known)
            )
            self._grant(f"{label}-store", role, granted)
        if args.kms_key_arn is not None and key_grants(function, "", ""):
            granted = pulumi.Output.all(args.kms_key_arn, where.region).apply(
                lambda known: key_grants(function, *known)
            )
            self._grant(f"{label}-key", role, granted)
        if args.repository_arn is not None and registry_grants(function, ""):
            granted = pulumi.Output.from_input(args.repository_arn).apply(
                lambda known: registry_grants(function, known)
            )
            self._grant(f"{label}-registry", role, granted)
        return role.arn

    def _grant(self, label: str, role: aws.iam.Role, granted: pulumi.Output[Any]) -> None:
        policy = document(granted)
        name = label.rpartition("-")[2]
        aws.iam.RolePolicy(label, name=name, role=role.name, policy=policy, opts=self.child())


def _trust(
    trusted: list[str], provider: Optional[str], ci: Optional[OidcTrust]
) -> list[dict[str, Any]]:
    """Return who may take a role on."""
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
    ]
    if ci is not None:
        pinned = {f"{ci.issuer}:sub": ci.subject, f"{ci.issuer}:aud": "sts.amazonaws.com"}
        statements.append({
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": pinned},
        })  # fmt: skip
    return statements
