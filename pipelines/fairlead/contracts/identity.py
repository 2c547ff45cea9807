"""Who each part of a run acts as: one service identity for each function."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class IdentityContract(Contract):
    """Name the service identity of each function; None where a stack has no such function.

    Attributes:
        submitter: People and CI: writes bundles, manifests, run.json and cancel.json; starts runs.
        runner: Walks the graph.
        step: Runs user code.
        deployer: Changes what is served.
        serving: Serves models.
        reader: Reads reports.
        maintainer: The only one that deletes.
    """

    submitter: str | None = None
    runner: str | None = None
    step: str | None = None
    deployer: str | None = None
    serving: str | None = None
    reader: str | None = None
    maintainer: str | None = None


class LocalIdentityContract(IdentityContract):
    """Name the operating system's user that every function runs as."""

    flavor: Literal["local"] = "local"


class KubernetesIdentityContract(IdentityContract):
    """Name a service account for each function.

    Attributes:
        context: The kubeconfig context of the cluster; None takes the current one.
        namespace: Where the service accounts are.
    """

    flavor: Literal["kubernetes"] = "kubernetes"
    context: str | None = None
    namespace: str


class IamIdentityContract(IdentityContract):
    """Name a role of AWS IAM for each function, by its ARN.

    Attributes:
        account: The account that the roles are in.
    """

    flavor: Literal["iam"] = "iam"
    account: str


class ServiceAccountIdentityContract(IdentityContract):
    """Name a service account of Google Cloud for each function, by its email."""

    flavor: Literal["service_account"] = "service_account"


class ManagedIdentityContract(IdentityContract):
    """Name a managed identity of Azure for each function, by its resource id."""

    flavor: Literal["managed"] = "managed"
