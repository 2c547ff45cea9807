"""A service account for each function of a stack, with what it may do in store and registry."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_gcp.projects import IAMAuditConfig
from pulumi_gcp.serviceaccount import Account, IAMMember

from fairlead_components.arguments import arguments, unknown
from fairlead_components.base import Component, Wire, after
from fairlead_components.gcp.account_rights import AccountRights
from fairlead_components.gcp.defaults import project_of
from fairlead_components.identities import ExistingIdentities
from fairlead_components.naming import physical_name
from fairlead_components.rights import FUNCTIONS

# ruff: noqa: UP045 - see base.py

_ACT_AS = "roles/iam.serviceAccountTokenCreator"
_LOGGED = ("storage", "aiplatform", "artifactregistry")


@dataclass(kw_only=True)
class ServiceAccountIdentityArgs:
    """Say who the functions of a stack are, and on what they have rights.

    Attributes:
        artifact_store: The store's URL, ``gs://bucket``; the stack's store if not given.
        container_registry: ``REGION-docker.pkg.dev/PROJECT/REPOSITORY``; the stack's if not given.
        members: Function → who may act as it:
            ``{"submitter": ["group:data-science@example.org"]}``.
        audit_logs: Whether reading and writing data is logged in the project; on unless it is
            switched off, for an organisation that logs it for all projects.
        project: The project; the provider's if not given.
        existing: Service accounts to use as they are; their rights are their owner's concern.
    """

    artifact_store: Optional[pulumi.Input[str]] = None
    container_registry: Optional[pulumi.Input[str]] = None
    members: Optional[dict[str, list[str]]] = None
    audit_logs: Optional[bool] = None
    project: Optional[pulumi.Input[str]] = None
    existing: Optional[ExistingIdentities] = None


class ServiceAccountIdentity(Component):
    """Make a service account for each function; none has a key, and none more than it uses.

    Roles are granted on the bucket and the repository, never on the project, and on the bucket
    below the paths that the function reads or writes. Nobody but the maintainer deletes, which
    overwriting asks for too.
    """

    kind = "identity"
    flavor = "service_account"
    wires = MappingProxyType(
        {
            "artifact_store": Wire("artifact_store", "url", "gcs"),
            "container_registry": Wire("container_registry", "uri", "artifact_registry"),
        }
    )

    def __init__(
        self,
        name: str,
        args: ServiceAccountIdentityArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(ServiceAccountIdentityArgs, args)
        super().__init__(name, args, opts)
        if args.existing is not None:
            self.publish(**asdict(args.existing))
            return
        project = project_of(args.project)
        accounts: dict[str, Account] = {}
        emails: dict[str, pulumi.Output[str]] = {}
        for function in FUNCTIONS:
            physical = physical_name(
                "gcp_service_account", pulumi.get_project(), pulumi.get_stack(), function
            )
            accounts[function] = account = Account(
                f"{name}-{function}",
                account_id=physical,
                project=project,
                display_name=f"Fairlead {pulumi.get_stack()}: {function}",
                opts=self.child(),
            )
            # Said before the account is there, so that a preview shows who is granted what.
            email = pulumi.Output.format("{0}@{1}.iam.gserviceaccount.com", physical, project)
            emails[function] = after(email, account)
        rights = AccountRights(name, self.child(), project, emails)
        if args.artifact_store is not None:
            rights.on_store(args.artifact_store)
        if args.container_registry is not None:
            rights.on_registry(args.container_registry)
        self._act_as(name, accounts, args.members or {})
        if args.audit_logs is not False:
            self._log(name, project)
        self.publish(**emails)

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse functions that there are not, and everybody."""
        yield from super().check(args)
        for function, members in (args.members or {}).items():
            if function not in FUNCTIONS:
                yield f"members.{function}", unknown(function, FUNCTIONS, "function")
            for member in members:
                if member in {"allUsers", "allAuthenticatedUsers"}:
                    yield f"members.{function}", f"{member} is everybody; name a group"
                elif ":" not in member:
                    yield f"members.{function}", f"{member} must be such as group:ml@example.org"

    def _act_as(
        self, name: str, accounts: dict[str, Account], members: dict[str, list[str]]
    ) -> None:
        for function, listed in members.items():
            for number, member in enumerate(listed, 1):
                IAMMember(
                    f"{name}-{function}-member-{number}",
                    service_account_id=accounts[function].name,
                    role=_ACT_AS,
                    member=member,
                    opts=self.child(),
                )

    def _log(self, name: str, project: pulumi.Output[str]) -> None:
        for service in _LOGGED:
            IAMAuditConfig(
                f"{name}-{service}-logs",
                project=project,
                service=f"{service}.googleapis.com",
                audit_log_configs=[{"log_type": "DATA_READ"}, {"log_type": "DATA_WRITE"}],
                opts=self.child(),
            )
