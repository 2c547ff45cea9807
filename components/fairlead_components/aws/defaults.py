"""What every component on AWS shares: where it is, its names, and statements of policies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from fairlead_components.base import Component
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Say where a component's resources are.

    Attributes:
        account: The account's id.
        region: The region.
        partition: ``aws``, ``aws-cn`` or ``aws-us-gov``.
    """

    account: pulumi.Output[str]
    region: pulumi.Output[str]
    partition: pulumi.Output[str]

    def name(self, resource: str, *parts: str) -> pulumi.Output[str]:
        """Return a name that no other account has, for resources whose names are global.

        Args:
            resource: A key of ``naming.RULES``.
            parts: What it is called after the project and the stack.
        """
        given = (pulumi.get_project(), pulumi.get_stack(), *parts)
        return self.account.apply(lambda account: physical_name(resource, *given, unique=account))

    def arn(self, service: str, rest: pulumi.Input[str], *, region: bool = True) -> Any:
        """Return the ARN of something in this account.

        Args:
            service: Such as ``iam``.
            rest: What follows the account.
            region: Whether ARNs of the service name the region.
        """
        return pulumi.Output.format(
            "arn:{0}:{1}:{2}:{3}:{4}",
            self.partition, service, self.region if region else "", self.account, rest,
        )  # fmt: skip


def place(component: Component) -> Place:
    """Ask AWS where the component's provider works: known in previews, too."""
    options = pulumi.InvokeOutputOptions(parent=component)
    return Place(
        aws.get_caller_identity_output(opts=options).account_id,
        aws.get_region_output(opts=options).region,
        aws.get_partition_output(opts=options).partition,
    )


def own_name(resource: str, *parts: str) -> str:
    """Return the name of a resource whose name is the account's own affair."""
    return physical_name(resource, pulumi.get_project(), pulumi.get_stack(), *parts)


def document(statements: pulumi.Input[Sequence[Document]]) -> pulumi.Output[str]:
    """Return a policy document as text, known in a preview if its statements are."""
    return pulumi.Output.from_input(statements).apply(
        lambda known: json.dumps({"Version": "2012-10-17", "Statement": known})
    )


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Any,
    *,
    principal: Optional[Any] = None,
    condition: Optional[Document] = None,
) -> dict[str, Any]:
    """Return a statement that allows; with ``principal``, for a policy of a resource."""
    return _statement("Allow", sid, actions, resources, principal=principal, condition=condition)


def deny(
    sid: str, actions: Sequence[str], resources: Any, *, condition: Document
) -> dict[str, Any]:
    """Return a statement that denies everybody, under a condition."""
    return _statement("Deny", sid, actions, resources, principal="*", condition=condition)


def _statement(
    effect: str,
    sid: str,
    actions: Sequence[str],
    resources: Any,
    *,
    principal: Optional[Any],
    condition: Optional[Document],
) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": effect,
        **({} if principal is None else {"Principal": principal}),
        "Action": list(actions),
        "Resource": resources,
        **({} if condition is None else {"Condition": condition}),
    }
