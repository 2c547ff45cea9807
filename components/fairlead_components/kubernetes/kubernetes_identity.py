"""A service account for each function of a stack, with the role that it needs in its namespace."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from fairlead_components.arguments import arguments, unknown
from fairlead_components.base import Component, Wire
from fairlead_components.kubernetes.defaults import context, metadata
from fairlead_components.kubernetes.roles import FUNCTIONS, rules

# ruff: noqa: UP045 - see base.py

_GROUP = "rbac.authorization.k8s.io"


@dataclass(kw_only=True)
class KubernetesIdentityArgs:
    """Say who the functions of a stack are.

    Attributes:
        namespace: Where the service accounts are; the cluster component's if not given.
        groups: Function → groups of people, as the cluster's login names them, that have its role:
            ``{"submitter": ["data-science"], "reader": ["everyone"]}``.
        annotations: Function → annotations of its service account, by which clouds tie it to one
            of their identities: ``{"step": {"eks.amazonaws.com/role-arn": "…"}}``.
        store_credentials: Function → the secret with its credentials for the artifact store; the
            artifact store component's if not given.
        tracker_credentials: Likewise for the experiment tracker.
        deploys: The flavor of model deployer that the deployer works with; the model deployer
            component's if not given.
    """

    namespace: Optional[pulumi.Input[str]] = None
    groups: Optional[dict[str, list[str]]] = None
    annotations: Optional[dict[str, dict[str, str]]] = None
    store_credentials: Optional[pulumi.Input[dict[str, str]]] = None
    tracker_credentials: Optional[pulumi.Input[dict[str, str]]] = None
    deploys: Optional[str] = None


class KubernetesIdentity(Component):
    """Make service accounts and roles of one namespace; none reaches beyond it.

    No pod is given a token by itself: what has to ask the API server mounts one that it asks for.
    A step's service account has no role at all.
    """

    kind = "identity"
    flavor = "kubernetes"
    wires = MappingProxyType(
        {
            "namespace": Wire("cluster", "namespace"),
            "store_credentials": Wire("artifact_store", "credentials_secrets"),
            "tracker_credentials": Wire("experiment_tracker", "credentials_secrets"),
            "deploys": Wire("model_deployer", "flavor"),
        }
    )

    def __init__(
        self,
        name: str,
        args: KubernetesIdentityArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KubernetesIdentityArgs, args)
        super().__init__(name, args, opts)
        where = context()  # first of all: without it, nothing is made
        namespace = args.namespace or "default"
        credentials = pulumi.Output.all(args.store_credentials, args.tracker_credentials)
        for function in FUNCTIONS:
            about = metadata(self, function, namespace)
            if extra := (args.annotations or {}).get(function):
                about["annotations"] = {**about.get("annotations", {}), **extra}
            ServiceAccount(
                f"{name}-{function}",
                metadata=about,
                automount_service_account_token=False,
                opts=self.child(),
            )
            if rules(function, []):
                granted = credentials.apply(partial(_rules, function, args.deploys))
                self._grant(name, function, granted, namespace, (args.groups or {}).get(function))
        self.publish(context=where, namespace=namespace, **{f: f for f in FUNCTIONS})

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse functions that there are not."""
        yield from super().check(args)
        for argument in ("groups", "annotations"):
            for function in getattr(args, argument) or {}:
                if function not in FUNCTIONS:
                    yield f"{argument}.{function}", unknown(function, FUNCTIONS, "function")

    def _grant(
        self,
        name: str,
        function: str,
        granted: Any,
        namespace: Any,
        groups: Optional[list[str]],
    ) -> None:
        role = Role(
            f"{name}-{function}-role",
            metadata=metadata(self, function, namespace),
            rules=granted,
            opts=self.child(),
        )
        account = {"kind": "ServiceAccount", "name": function, "namespace": namespace}
        people = [{"kind": "Group", "name": g, "apiGroup": _GROUP} for g in groups or ()]
        subjects: Any = [account, *people]
        RoleBinding(
            f"{name}-{function}-binding",
            metadata=metadata(self, function, namespace),
            role_ref={"api_group": _GROUP, "kind": "Role", "name": function},
            subjects=subjects,
            opts=pulumi.ResourceOptions.merge(
                self.child(), pulumi.ResourceOptions(depends_on=[role])
            ),
        )


def _rules(
    function: str, deploys: Optional[str], credentials: list[Optional[dict[str, str]]]
) -> list[dict[str, Any]]:
    """Return the rules of a function's role; it reads its own credentials and nobody else's."""
    own = [each[function] for each in credentials if each and function in each]
    return rules(function, own, deploys)
