"""The key of AWS KMS that encrypts what a stack keeps."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from fairlead_components.arguments import arguments
from fairlead_components.aws.defaults import allow, document, own_name, place
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py

#: Days between the order to delete a key, which cannot be undone afterwards, and its deletion.
_WINDOW = 30
_SHORTEST, _LONGEST = 90, 2560


@dataclass(kw_only=True)
class ExistingKmsKey:
    """Name a key that is there already.

    Attributes:
        arn: The key.
    """

    arn: pulumi.Input[str]


@dataclass(kw_only=True)
class KmsKeyArgs:
    """Say what the key is like.

    Attributes:
        rotation_days: How often AWS makes new key material; 365 if not given.
        users: ARNs of roles that use it beyond what their own policies say, such as those of
            another account, and only through S3 and ECR. They have to be there before the key.
        existing: A key to use, instead of making one.
    """

    rotation_days: Optional[int] = None
    users: Optional[list[str]] = None
    existing: Optional[ExistingKmsKey] = None


class KmsKey(Component):
    """Make a key that rotates, and whose use the policies of roles grant, or it to named ones.

    Example:
        A Pulumi program with nothing else::

            key = KmsKey("key", KmsKeyArgs())
            aws.s3.BucketObject("o", bucket="b", kms_key_id=key.arn)
    """

    kind = "key"
    flavor = "kms"

    def __init__(
        self, name: str, args: KmsKeyArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = arguments(KmsKeyArgs, args)
        super().__init__(name, args, opts)
        alias = None
        if args.existing is not None:
            self.arn = pulumi.Output.from_input(args.existing.arn)
        else:
            where = place(self)
            statements = pulumi.Output.all(
                where.arn("iam", "root", region=False), where.region, args.users
            ).apply(lambda known: _statements(*known))
            key = aws.kms.Key(
                name,
                description=f"Data of the stack {pulumi.get_project()}/{pulumi.get_stack()}",
                enable_key_rotation=True,
                rotation_period_in_days=args.rotation_days or 365,
                deletion_window_in_days=_WINDOW,
                policy=document(statements),
                tags=self.tags(),
                opts=self.child(data=True),
            )
            alias = f"alias/{own_name('kms_alias', name)}"
            aws.kms.Alias(name, name=alias, target_key_id=key.key_id, opts=self.child(data=True))
            self.arn = key.arn
        self.publish(key_id=self.arn, alias=alias)

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse periods that AWS does not take."""
        yield from super().check(args)
        days = args.rotation_days
        if isinstance(days, int) and not _SHORTEST <= days <= _LONGEST:
            yield "rotation_days", f"must be from {_SHORTEST} to {_LONGEST}"


def _statements(root: str, region: str, users: Optional[list[str]]) -> list[dict[str, Any]]:
    """Return who may do what with the key.

    Example:
        >>> [one["Sid"] for one in _statements("arn:aws:iam::1:root", "eu-west-1", None)]
        ['DelegateToIam']
    """
    # Without this statement nobody could change the key again; it grants nothing by itself.
    statements = [allow("DelegateToIam", ["kms:*"], "*", principal={"AWS": root})]
    if users:
        services = [f"{name}.{region}.amazonaws.com" for name in ("s3", "ecr")]
        statements.append(
            allow(
                "UseThroughServices",
                ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"],
                "*",
                principal={"AWS": users},
                condition={"StringEquals": {"kms:ViaService": services}},
            )
        )
    return statements
