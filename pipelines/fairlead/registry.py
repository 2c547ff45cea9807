"""Find what implements a name: our own table first, then installed packages' entry points.

Nothing is imported before it is asked for, so that a cloud SDK costs nothing to a stack that does
not use it, and entry points are scanned only for names that are not our own.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from fairlead.errors import MissingExtraError, UnknownFlavorError

#: group → name → "module:attribute". Third parties add to the same groups with entry points.
BUILTIN: dict[str, dict[str, str]] = {
    "fairlead.contracts": {
        "artifact_store.local": "fairlead.contracts.artifact_store:LocalArtifactStoreContract",
        "artifact_store.s3": "fairlead.contracts.artifact_store:S3ArtifactStoreContract",
        "artifact_store.gcs": "fairlead.contracts.artifact_store:GcsArtifactStoreContract",
        "artifact_store.blob": "fairlead.contracts.artifact_store:BlobArtifactStoreContract",
        "orchestrator.local": "fairlead.contracts.orchestrator:LocalOrchestratorContract",
        "step_operator.local": "fairlead.contracts.step_operator:LocalStepOperatorContract",
        "experiment_tracker.mlflow": (
            "fairlead.contracts.experiment_tracker:MlflowExperimentTrackerContract"
        ),
        "model_registry.mlflow": "fairlead.contracts.model_registry:MlflowModelRegistryContract",
        "secret_store.local": "fairlead.contracts.secret_store:LocalSecretStoreContract",
        "identity.local": "fairlead.contracts.identity:LocalIdentityContract",
        "image_builder.local": "fairlead.contracts.image_builder:LocalImageBuilderContract",
        "cluster.namespace": "fairlead.contracts.cluster:NamespaceClusterContract",
        "identity.kubernetes": "fairlead.contracts.identity:KubernetesIdentityContract",
        "orchestrator.kubernetes": "fairlead.contracts.orchestrator:KubernetesOrchestratorContract",
        "step_operator.kubernetes": (
            "fairlead.contracts.step_operator:KubernetesStepOperatorContract"
        ),
        "artifact_store.versitygw": (
            "fairlead.contracts.artifact_store:VersitygwArtifactStoreContract"
        ),
        "secret_store.kubernetes": "fairlead.contracts.secret_store:KubernetesSecretStoreContract",
        "container_registry.oci": (
            "fairlead.contracts.container_registry:OciContainerRegistryContract"
        ),
        "key.kms": "fairlead.contracts.key:KmsKeyContract",
        "container_registry.ecr": (
            "fairlead.contracts.container_registry:EcrContainerRegistryContract"
        ),
        "identity.iam": "fairlead.contracts.identity:IamIdentityContract",
        "key.kms_crypto": "fairlead.contracts.key:KmsCryptoKeyContract",
        "key.key_vault": "fairlead.contracts.key:KeyVaultKeyContract",
        "container_registry.artifact_registry": (
            "fairlead.contracts.container_registry:ArtifactRegistryContainerRegistryContract"
        ),
        "container_registry.acr": (
            "fairlead.contracts.container_registry:AcrContainerRegistryContract"
        ),
        "identity.service_account": "fairlead.contracts.identity:ServiceAccountIdentityContract",
        "identity.managed": "fairlead.contracts.identity:ManagedIdentityContract",
        "model_deployer.mlflow": "fairlead.contracts.model_deployer:MlflowModelDeployerContract",
        "model_deployer.kserve": "fairlead.contracts.model_deployer:KserveModelDeployerContract",
    },
    "fairlead.adapters": {
        "artifact_store.local": "fairlead.adapters.local.local_artifact_store:LocalArtifactStore",
        "artifact_store.s3": "fairlead.adapters.aws.s3_artifact_store:S3ArtifactStore",
        "artifact_store.gcs": "fairlead.adapters.gcp.gcs_artifact_store:GcsArtifactStore",
        "artifact_store.blob": "fairlead.adapters.azure.blob_artifact_store:BlobArtifactStore",
        "artifact_store.versitygw": (
            "fairlead.adapters.kubernetes.versitygw_artifact_store:VersitygwArtifactStore"
        ),
        "orchestrator.local": "fairlead.adapters.local.local_orchestrator:LocalOrchestrator",
        "orchestrator.kubernetes": (
            "fairlead.adapters.kubernetes.kubernetes_orchestrator:KubernetesOrchestrator"
        ),
        "step_operator.kubernetes": (
            "fairlead.adapters.kubernetes.kubernetes_step_operator:KubernetesStepOperator"
        ),
        "secret_store.kubernetes": (
            "fairlead.adapters.kubernetes.kubernetes_secret_store:KubernetesSecretStore"
        ),
        "step_operator.local": "fairlead.adapters.local.local_step_operator:LocalStepOperator",
        "experiment_tracker.mlflow": (
            "fairlead.adapters.local.mlflow_experiment_tracker:MlflowExperimentTracker"
        ),
        "model_registry.mlflow": (
            "fairlead.adapters.local.mlflow_model_registry:MlflowModelRegistry"
        ),
        "secret_store.local": "fairlead.adapters.local.local_secret_store:LocalSecretStore",
        "model_deployer.mlflow": (
            "fairlead.adapters.kubernetes.mlflow_model_deployer:MlflowModelDeployer"
        ),
        "model_deployer.kserve": (
            "fairlead.adapters.kubernetes.kserve_model_deployer:KserveModelDeployer"
        ),
    },
}


@cache
def _third_party(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


def names(group: str) -> list[str]:
    """List every name of a group, ours and those of installed packages.

    Example:
        >>> "artifact_store.local" in names("fairlead.adapters")
        True
    """
    return sorted({*BUILTIN.get(group, {}), *_third_party(group)})


def load(group: str, name: str) -> Any:
    """Import and return what a name of a group stands for.

    Args:
        group: An entry point group, such as ``fairlead.adapters``.
        name: A name in it, such as ``artifact_store.s3``.

    Raises:
        UnknownFlavorError: Neither Fairlead nor an installed package has the name.
        MissingExtraError: The module needs a package that is not installed.

    Example:
        >>> load("fairlead.contracts", "identity.local").__name__
        'LocalIdentityContract'
    """
    target = BUILTIN.get(group, {}).get(name)
    if target is None:
        point = _third_party(group).get(name)
        if point is None:
            known = ", ".join(names(group)) or "none"
            raise UnknownFlavorError(
                f"{name!r} is not installed (group {group}); known: {known}. "
                "Correct the flavor, or install the package that provides it."
            )
        target = point.value
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"", module.partition(".")[0]}:
            raise
        raise MissingExtraError(
            f"{name} needs the package {missing!r}, which is not installed: "
            f"install it with the extra that {module} names."
        ) from error
