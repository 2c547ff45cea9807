"""Who pulls and pushes images: backends do it as the identities that run, and no adapter sees it.

Source:
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
    https://cloud.google.com/artifact-registry/docs/access-control
    https://learn.microsoft.com/azure/container-registry/container-registry-roles
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.ports.permissions import Identity, Permission

#: Whose containers run images of the stack.
PULLING: tuple[Identity, ...] = ("runner", "step", "serving")
#: Who builds them.
PUSHING: tuple[Identity, ...] = ("submitter",)

_ECR = re.compile(r"^(\d+)\.dkr\.ecr\.([\w-]+)\.amazonaws\.com/(.+)$")
_ARTIFACT_REGISTRY = re.compile(r"^([\w-]+)-docker\.pkg\.dev/([^/]+)/([^/]+)")
_ACR = re.compile(r"^([\w-]+)\.azurecr\.io")

_LAYERS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
_UPLOADS = (
    "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:BatchGetImage",
)  # fmt: skip
_REGISTRIES = "Microsoft.ContainerRegistry/registries"


def image_permissions(contract: Mapping[str, Any]) -> tuple[Permission, ...]:
    """Return what pulling and pushing images of a registry needs; nothing for other registries.

    Args:
        contract: The contract of the container registry.

    Example:
        >>> uri = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/ml"
        >>> sorted({p.identity for p in image_permissions({"uri": uri})})
        ['runner', 'serving', 'step', 'submitter']
    """
    uri = str(contract.get("uri"))
    for pattern, read in _READERS:
        if found := pattern.match(uri):
            return tuple(read(found))
    return ()


def _ecr(found: re.Match[str]) -> Iterator[Permission]:
    from fairlead.ports.permissions import Permission

    account, region, name = found.groups()
    repository = f"arn:aws:ecr:{region}:{account}:repository/{name}"
    for identities, actions in ((PULLING, _LAYERS), (PUSHING, _UPLOADS)):
        for identity in identities:
            yield Permission("aws", identity, "ecr:GetAuthorizationToken", "*")
            for action in actions:
                yield Permission("aws", identity, action, repository)


def _artifact_registry(found: re.Match[str]) -> Iterator[Permission]:
    from fairlead.ports.permissions import Permission

    location, project, name = found.groups()
    repository = f"projects/{project}/locations/{location}/repositories/{name}"
    for identities, verbs in (
        (PULLING, ("downloadArtifacts",)),
        (PUSHING, ("downloadArtifacts", "uploadArtifacts")),
    ):
        for identity in identities:
            for verb in verbs:
                action = f"artifactregistry.repositories.{verb}"
                yield Permission("gcp", identity, action, repository)


def _acr(found: re.Match[str]) -> Iterator[Permission]:
    from fairlead.ports.permissions import Permission

    for identities, verbs in ((PULLING, ("pull/read",)), (PUSHING, ("pull/read", "push/write"))):
        for identity in identities:
            for verb in verbs:
                action = f"{_REGISTRIES}/{verb}"
                yield Permission("azure", identity, action, f"registries/{found[1]}")


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Permission]]], ...] = (
    (_ECR, _ecr),
    (_ARTIFACT_REGISTRY, _artifact_registry),
    (_ACR, _acr),
)
