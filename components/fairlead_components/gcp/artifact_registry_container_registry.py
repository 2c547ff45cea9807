"""A repository of images in Artifact Registry."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Optional

import pulumi
from pulumi_gcp.artifactregistry import Repository
from pulumi_gcp.kms import CryptoKeyIAMMember
from pulumi_gcp.organizations import get_project_output
from pulumi_gcp.projects import ServiceIdentity

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire, after
from fairlead_components.gcp.defaults import labels, location_of, project_of, required_key
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

_USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_FORTNIGHT = f"{14 * 86_400}s"


@dataclass(kw_only=True)
class ExistingRepository:
    """Name a repository that is there already.

    Attributes:
        uri: ``REGION-docker.pkg.dev/PROJECT/REPOSITORY``.
    """

    uri: pulumi.Input[str]


@dataclass(kw_only=True)
class ArtifactRegistryContainerRegistryArgs:
    """Say where images are.

    Attributes:
        key: The key that encrypts them, by resource name; the stack's key if not given.
        location: The region; the provider's if not given.
        project: The project; the provider's if not given.
        existing: A repository to use as it is, instead of making one.
    """

    key: Optional[pulumi.Input[str]] = None
    location: Optional[pulumi.Input[str]] = None
    project: Optional[pulumi.Input[str]] = None
    existing: Optional[ExistingRepository] = None


class ArtifactRegistryContainerRegistry(Component):
    """Keep images encrypted, scanned, and under tags that cannot be moved to other images.

    Untagged images go after two weeks. Runs name images by digest, so tagged ones stay.

    Example:
        A Pulumi program with nothing else::

            args = ArtifactRegistryContainerRegistryArgs(key=key.id)
            registry = ArtifactRegistryContainerRegistry("images", args)
            pulumi.export("images", registry.contract)
    """

    kind = "container_registry"
    flavor = "artifact_registry"
    wires = MappingProxyType({"key": Wire("key", "key_id", "kms_crypto")})

    def __init__(
        self,
        name: str,
        args: ArtifactRegistryContainerRegistryArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(ArtifactRegistryContainerRegistryArgs, args)
        super().__init__(name, args, opts)
        if args.existing is not None:
            self.publish(uri=args.existing.uri)
            return
        key = required_key(args.key, f"{type(self).__name__} {name!r}")
        project, location = project_of(args.project), location_of(args.location)
        repository = physical_name(
            "artifact_registry_repository", pulumi.get_project(), pulumi.get_stack()
        )
        agent = ServiceIdentity(
            f"{name}-agent",
            project=project,
            service="artifactregistry.googleapis.com",
            opts=self.child(),
        )
        # Google names its agents after the project's number, so that a preview shows this one too.
        member: pulumi.Output[str] = pulumi.Output.format(
            "serviceAccount:service-{0}@gcp-sa-artifactregistry.iam.gserviceaccount.com",
            get_project_output(project_id=project).number,
        )
        known: pulumi.Output[str] = after(member, agent)
        granted = CryptoKeyIAMMember(
            f"{name}-key",
            crypto_key_id=key,
            role=_USE,
            member=known,
            # Kept with the images, which could not be read without it.
            opts=self.child(data=True),
        )
        made = Repository(
            name,
            repository_id=repository,
            project=project,
            location=location,
            format="DOCKER",
            kms_key_name=key,
            docker_config={"immutable_tags": True},
            vulnerability_scanning_config={"enablement_config": "INHERITED"},
            cleanup_policies=[
                {
                    "id": "untagged",
                    "action": "DELETE",
                    "condition": {"tag_state": "UNTAGGED", "older_than": _FORTNIGHT},
                }
            ],
            labels=labels(self.tags()),
            # A repository whose key its service may not use cannot be made.
            opts=pulumi.ResourceOptions.merge(
                self.child(data=True), pulumi.ResourceOptions(depends_on=[granted])
            ),
        )
        uri: pulumi.Output[str] = pulumi.Output.format(
            "{0}-docker.pkg.dev/{1}/{2}", location, project, repository
        )
        self.publish(uri=after(uri, made))
