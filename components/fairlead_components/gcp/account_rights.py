"""What service accounts may do: custom roles of single permissions, bound to single resources."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

import pulumi
from pulumi_gcp.artifactregistry import RepositoryIamMember
from pulumi_gcp.projects import IAMCustomRole
from pulumi_gcp.storage import BucketIAMMember

from fairlead_components.gcp.bucket_conditions import (
    bucket_of,
    list_conditions,
    object_conditions,
)
from fairlead_components.naming import physical_name
from fairlead_components.rights import PULLING, PUSHING, store_rights

#: Predefined roles of Cloud Storage and Artifact Registry all hold more than any function uses.
_ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "read": ("storage.objects.get",),
        "list": ("storage.objects.list",),
        "create": ("storage.objects.create",),
        "delete": ("storage.objects.delete",),
        "pull": ("artifactregistry.repositories.downloadArtifacts",),
        "push": (
            "artifactregistry.repositories.downloadArtifacts",
            "artifactregistry.repositories.uploadArtifacts",
        ),
    }
)


def _condition(
    write: Callable[[str, tuple[str, ...]], Iterator[str]],
    paths: tuple[str, ...],
    number: int,
    url: str,
) -> str:
    return list(write(url, paths))[number]


class AccountRights:
    """Grant to service accounts what their functions need.

    Args:
        name: What the resources' names in the Pulumi program begin with.
        options: The options of each resource.
        project: The project in which the roles are made.
        emails: Function → its service account's email.
    """

    def __init__(
        self,
        name: str,
        options: pulumi.ResourceOptions,
        project: pulumi.Output[str],
        emails: Mapping[str, pulumi.Output[str]],
    ) -> None:
        self._name = name
        self._options = options
        self._project = project
        self._emails = emails
        self._roles: dict[str, IAMCustomRole] = {}

    def on_store(self, url: pulumi.Input[str]) -> None:
        """Grant each function its paths of the store, and no other.

        Args:
            url: ``gs://bucket/prefix``.
        """
        store = pulumi.Output.from_input(url)
        for right in store_rights():
            write = list_conditions if right.verb == "list" else object_conditions
            # How many conditions there are does not depend on the store's name.
            for number, _ in enumerate(write("gs://x", right.paths)):
                label = f"{right.function} {right.verb}"
                label += " large" if right.large else ""
                label += f" {number + 1}" if number else ""
                condition = store.apply(partial(_condition, write, right.paths, number))
                BucketIAMMember(
                    f"{self._name}-{label.replace(' ', '-')}",
                    bucket=store.apply(bucket_of),
                    role=self._role(right.verb),
                    member=self._member(right.function),
                    condition={"title": f"Fairlead: {label}", "expression": condition},
                    opts=self._after(right.verb),
                )

    def on_registry(self, uri: pulumi.Input[str]) -> None:
        """Let those pull whose containers run images, and those push who build them.

        Args:
            uri: ``REGION-docker.pkg.dev/PROJECT/REPOSITORY``.
        """
        registry = pulumi.Output.from_input(uri)
        for verb, functions in (("pull", PULLING), ("push", PUSHING)):
            for function in functions:
                RepositoryIamMember(
                    f"{self._name}-{function}-{verb}",
                    location=registry.apply(lambda u: u.partition("-docker.pkg.dev/")[0]),
                    project=registry.apply(lambda u: u.split("/")[1]),
                    repository=registry.apply(lambda u: u.split("/")[2]),
                    role=self._role(verb),
                    member=self._member(function),
                    opts=self._after(verb),
                )

    def _member(self, function: str) -> pulumi.Output[str]:
        return pulumi.Output.concat("serviceAccount:", self._emails[function])

    def _role(self, verb: str) -> pulumi.Output[str]:
        role_id = physical_name("gcp_role", pulumi.get_project(), pulumi.get_stack(), verb)
        if verb not in self._roles:
            self._roles[verb] = IAMCustomRole(
                f"{self._name}-{verb}-role",
                role_id=role_id,
                project=self._project,
                title=f"Fairlead {pulumi.get_stack()}: {verb}",
                permissions=list(_ROLES[verb]),
                opts=self._options,
            )
        return pulumi.Output.format("projects/{0}/roles/{1}", self._project, role_id)

    def _after(self, verb: str) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(
            self._options, pulumi.ResourceOptions(depends_on=[self._roles[verb]])
        )
