"""Where images are pushed to and pulled from."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class ContainerRegistryContract(Contract):
    """Name a registry.

    Attributes:
        uri: ``host[:port]/path`` that image names begin with, without a scheme.
        insecure: Whether it is reached without TLS (loopback only).
    """

    uri: str
    insecure: bool = False


class OciContainerRegistryContract(ContainerRegistryContract):
    """Name any registry that speaks the OCI distribution protocol.

    Attributes:
        pull_secrets: Secrets of the stack's namespace with which the cluster pulls.
    """

    flavor: Literal["oci"] = "oci"
    pull_secrets: tuple[str, ...] = ()


class EcrContainerRegistryContract(ContainerRegistryContract):
    """Name a repository of Amazon ECR.

    Attributes:
        repository_arn: The repository.
        region: Where it is.
    """

    flavor: Literal["ecr"] = "ecr"
    repository_arn: str
    region: str


class ArtifactRegistryContainerRegistryContract(ContainerRegistryContract):
    """Name a repository of Artifact Registry: ``REGION-docker.pkg.dev/PROJECT/REPOSITORY``."""

    flavor: Literal["artifact_registry"] = "artifact_registry"


class AcrContainerRegistryContract(ContainerRegistryContract):
    """Name an Azure container registry: ``NAME.azurecr.io``.

    Attributes:
        resource_id: The registry as a resource, on which pulling and pushing are granted.
    """

    flavor: Literal["acr"] = "acr"
    resource_id: str | None = None
