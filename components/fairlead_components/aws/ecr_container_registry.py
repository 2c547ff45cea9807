"""A container registry that is a repository of Amazon ECR."""

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from fairlead_components.arguments import arguments
from fairlead_components.aws.defaults import allow, document, own_name, place
from fairlead_components.aws.kms_key import KmsKey, KmsKeyArgs
from fairlead_components.base import Component, Wire

# ruff: noqa: UP045 - see base.py

_UNTAGGED_DAYS = 14
_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")


@dataclass(kw_only=True)
class ExistingEcrRepository:
    """Name a repository that is there already.

    Attributes:
        name: Its name in the provider's account and region.
    """

    name: pulumi.Input[str]


@dataclass(kw_only=True)
class EcrContainerRegistryArgs:
    """Say what the repository is like.

    Attributes:
        kms_key_arn: The key that encrypts; the stack's key component's, else one of its own.
        keep: How many images are kept, the newest; 100 if not given.
        organization: The AWS organization whose accounts may pull; none if not given.
        existing: A repository to use, instead of making one.
    """

    kms_key_arn: Optional[pulumi.Input[str]] = None
    keep: Optional[int] = None
    organization: Optional[pulumi.Input[str]] = None
    existing: Optional[ExistingEcrRepository] = None


class EcrContainerRegistry(Component):
    """Keep images whose tags never move, scanned when they are pushed, encrypted by a key of ours.

    Example:
        A Pulumi program with nothing else::

            registry = EcrContainerRegistry("registry", EcrContainerRegistryArgs())
            pulumi.export("registry", registry.contract)
    """

    kind = "container_registry"
    flavor = "ecr"
    wires = MappingProxyType({"kms_key_arn": Wire("key", "key_id", "kms")})

    def __init__(
        self,
        name: str,
        args: EcrContainerRegistryArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(EcrContainerRegistryArgs, args)
        super().__init__(name, args, opts)
        where = place(self)
        if args.existing is not None:
            repository = pulumi.Output.from_input(args.existing.name)
        else:
            repository = self._make(name, args)
        self.publish(
            uri=pulumi.Output.format(
                "{0}.dkr.ecr.{1}.{2}/{3}",
                where.account,
                where.region,
                where.partition.apply(_suffix),
                repository,
            ),
            repository_arn=where.arn("ecr", pulumi.Output.format("repository/{0}", repository)),
            region=where.region,
        )

    def _make(self, name: str, args: EcrContainerRegistryArgs) -> pulumi.Output[str]:
        key = args.kms_key_arn
        if key is None:
            options = pulumi.ResourceOptions.merge(self._options, self.child())
            key = KmsKey(f"{name}-key", KmsKeyArgs(), options).arn
        repository = aws.ecr.Repository(
            name,
            name=own_name("ecr_repository", "images"),
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key}],
            tags=self.tags(),
            opts=self.child(
                data=True
            ),  # runs name images by digest: without them, none is repeated
        )
        aws.ecr.LifecyclePolicy(
            name,
            repository=repository.name,
            policy=json.dumps({"rules": _lifecycle(args.keep or 100)}),
            opts=self.child(data=True),
        )
        if args.organization is not None:
            pull = pulumi.Output.from_input(args.organization).apply(_pull_from)
            aws.ecr.RepositoryPolicy(
                name, repository=repository.name, policy=document(pull), opts=self.child(data=True)
            )
        return repository.name


def _suffix(partition: str) -> str:
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"


def _pull_from(organization: str) -> list[dict[str, Any]]:
    statement = allow(
        "PullWithinOrganization", _PULL, None, principal="*",
        condition={"StringEquals": {"aws:PrincipalOrgID": organization}},
    )  # fmt: skip
    del statement["Resource"]  # such a policy has none: it is about the repository
    return [statement]


def _lifecycle(keep: int) -> list[dict[str, Any]]:
    """Return what becomes of images: untagged ones go after some days, of all only the newest stay.

    Example:
        >>> [rule["selection"]["countNumber"] for rule in _lifecycle(50)]
        [14, 50]
    """
    days = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": _UNTAGGED_DAYS}
    newest = {"countType": "imageCountMoreThan", "countNumber": keep}
    expire = {"action": {"type": "expire"}}
    return [
        {"rulePriority": 1, "selection": {"tagStatus": "untagged", **days}, **expire},
        {"rulePriority": 2, "selection": {"tagStatus": "any", **newest}, **expire},
    ]
