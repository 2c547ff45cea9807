"""Which component class provisions a kind on a provider; imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

from fairlead.errors import MissingExtraError, UnknownFlavorError
from fairlead.registry import load, names
from fairlead_components.base import Component

#: The entry point group of other packages' components, named ``<provider>.<kind>.<flavor>``.
GROUP = "fairlead.components"

#: ``<provider>.<kind>.<flavor>`` → ``module:class``. The first flavor of a kind is the default.
BUILTIN: Mapping[str, str] = {
    "local.artifact_store.local": (
        "fairlead_components.local.local_artifact_store:LocalArtifactStore"
    ),
    "local.orchestrator.local": "fairlead_components.local.local_orchestrator:LocalOrchestrator",
    "local.step_operator.local": "fairlead_components.local.local_step_operator:LocalStepOperator",
    "local.experiment_tracker.mlflow": (
        "fairlead_components.local.mlflow_experiment_tracker:LocalMlflowExperimentTracker"
    ),
    "local.model_registry.mlflow": (
        "fairlead_components.local.mlflow_model_registry:LocalMlflowModelRegistry"
    ),
    "local.secret_store.local": "fairlead_components.local.local_secret_store:LocalSecretStore",
    "local.identity.local": "fairlead_components.local.local_identity:LocalIdentity",
    "aws.artifact_store.s3": "fairlead_components.aws.s3_artifact_store:S3ArtifactStore",
    "aws.key.kms": "fairlead_components.aws.kms_key:KmsKey",
    "aws.container_registry.ecr": (
        "fairlead_components.aws.ecr_container_registry:EcrContainerRegistry"
    ),
    "aws.identity.iam": "fairlead_components.aws.iam_identity:IamIdentity",
    "kubernetes.cluster.namespace": (
        "fairlead_components.kubernetes.namespace_cluster:KubernetesNamespace"
    ),
    "kubernetes.identity.kubernetes": (
        "fairlead_components.kubernetes.kubernetes_identity:KubernetesIdentity"
    ),
    "kubernetes.orchestrator.kubernetes": (
        "fairlead_components.kubernetes.kubernetes_orchestrator:KubernetesOrchestrator"
    ),
    "kubernetes.step_operator.kubernetes": (
        "fairlead_components.kubernetes.kubernetes_step_operator:KubernetesStepOperator"
    ),
    "kubernetes.artifact_store.versitygw": (
        "fairlead_components.kubernetes.versitygw_artifact_store:VersitygwArtifactStore"
    ),
    "kubernetes.artifact_store.s3": (
        "fairlead_components.kubernetes.s3_artifact_store:AdoptedS3ArtifactStore"
    ),
    "kubernetes.artifact_store.gcs": (
        "fairlead_components.kubernetes.gcs_artifact_store:AdoptedGcsArtifactStore"
    ),
    "kubernetes.artifact_store.blob": (
        "fairlead_components.kubernetes.blob_artifact_store:AdoptedBlobArtifactStore"
    ),
    "kubernetes.secret_store.kubernetes": (
        "fairlead_components.kubernetes.kubernetes_secret_store:KubernetesSecretStore"
    ),
    "kubernetes.container_registry.oci": (
        "fairlead_components.kubernetes.oci_container_registry:OciContainerRegistry"
    ),
    "kubernetes.experiment_tracker.mlflow": (
        "fairlead_components.kubernetes.mlflow_experiment_tracker:MlflowExperimentTracker"
    ),
    "kubernetes.model_registry.mlflow": (
        "fairlead_components.kubernetes.mlflow_model_registry:MlflowModelRegistry"
    ),
    "kubernetes.model_deployer.mlflow": (
        "fairlead_components.kubernetes.mlflow_model_deployer:MlflowModelDeployer"
    ),
    "kubernetes.model_deployer.kserve": (
        "fairlead_components.kubernetes.kserve_model_deployer:KserveModelDeployer"
    ),
    "gcp.key.kms_crypto": "fairlead_components.gcp.kms_crypto_key:KmsCryptoKey",
    "gcp.artifact_store.gcs": "fairlead_components.gcp.gcs_artifact_store:GcsArtifactStore",
    "gcp.container_registry.artifact_registry": (
        "fairlead_components.gcp.artifact_registry_container_registry"
        ":ArtifactRegistryContainerRegistry"
    ),
    "gcp.identity.service_account": (
        "fairlead_components.gcp.service_account_identity:ServiceAccountIdentity"
    ),
    "azure.key.key_vault": "fairlead_components.azure.key_vault_key:KeyVaultKey",
    "azure.artifact_store.blob": "fairlead_components.azure.blob_artifact_store:BlobArtifactStore",
    "azure.container_registry.acr": (
        "fairlead_components.azure.acr_container_registry:AcrContainerRegistry"
    ),
    "azure.identity.managed": "fairlead_components.azure.managed_identity:ManagedIdentity",
}


def component_names() -> list[str]:
    """List every component as ``<provider>.<kind>.<flavor>``, ours first.

    Example:
        >>> component_names()[0]
        'local.artifact_store.local'
    """
    return [*BUILTIN, *(name for name in names(GROUP) if name not in BUILTIN)]


def providers() -> list[str]:
    """List the providers that have components.

    Example:
        >>> "local" in providers()
        True
    """
    return sorted({name.partition(".")[0] for name in component_names()})


def flavors(provider: str, kind: str) -> list[str]:
    """List the flavors of a kind on a provider, the default first.

    Example:
        >>> flavors("local", "experiment_tracker")
        ['mlflow']
    """
    prefix = f"{provider}.{kind}."
    return [n.removeprefix(prefix) for n in component_names() if n.startswith(prefix)]


def find_component(provider: str, kind: str, flavor: str | None = None) -> type[Component]:
    """Return the class that provisions a kind on a provider.

    Args:
        provider: Such as ``aws``.
        kind: Such as ``artifact_store``.
        flavor: Such as ``s3``; None takes the provider's default.

    Raises:
        UnknownFlavorError: Neither Fairlead nor an installed package provides it.
        MissingExtraError: Its module needs a package that is not installed.

    Example:
        >>> find_component("local", "artifact_store").__name__
        'LocalArtifactStore'
    """
    known = flavors(provider, kind)
    if not known:
        elsewhere = [p for p in providers() if flavors(p, kind)]
        fix = f"; add `provider: {elsewhere[0]}` to take that one's" if elsewhere else ""
        raise UnknownFlavorError(f"the provider {provider} has no component of this kind{fix}")
    flavor = flavor or known[0]
    if flavor not in known:
        raise UnknownFlavorError(
            f"the provider {provider} has no flavor {flavor} of it; it has: {', '.join(known)}"
        )
    name = f"{provider}.{kind}.{flavor}"
    target = BUILTIN.get(name)
    if target is None:
        return cast("type[Component]", load(GROUP, name))
    module, _, attribute = target.partition(":")
    try:
        return cast("type[Component]", getattr(importlib.import_module(module), attribute))
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "fairlead_components":
            raise
        raise MissingExtraError(
            f"needs the package {missing}: install it with `pip install 'fairlead[{provider}]'`"
        ) from error
