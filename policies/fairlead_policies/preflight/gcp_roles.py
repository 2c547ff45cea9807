"""Permissions of the predefined roles that stacks of ours use, those of the cloud's services only.

Permissions to see projects and organisation policies, which nearly every role has, are left out.

Source:
    https://cloud.google.com/iam/docs/roles-permissions
"""

from __future__ import annotations

from typing import Final

_READ_OBJECTS = ("storage.objects.get", "storage.objects.list")
_FOLDERS = (
    "storage.folders.create", "storage.folders.delete", "storage.folders.get",
    "storage.folders.list", "storage.folders.rename",
    "storage.managedFolders.create", "storage.managedFolders.delete",
    "storage.managedFolders.get", "storage.managedFolders.list",
)  # fmt: skip
_UPLOADS = (
    "storage.multipartUploads.abort", "storage.multipartUploads.create",
    "storage.multipartUploads.listParts",
)  # fmt: skip
_USE_OBJECTS = (
    *_FOLDERS, *_UPLOADS, *_READ_OBJECTS, "storage.multipartUploads.list",
    "storage.objects.create", "storage.objects.delete", "storage.objects.move",
    "storage.objects.restore", "storage.objects.update",
)  # fmt: skip
_PULL = (
    "artifactregistry.repositories.downloadArtifacts", "artifactregistry.repositories.get",
    "artifactregistry.repositories.list", "artifactregistry.dockerimages.get",
    "artifactregistry.dockerimages.list", "artifactregistry.files.get",
    "artifactregistry.files.list", "artifactregistry.packages.get",
    "artifactregistry.packages.list", "artifactregistry.tags.get", "artifactregistry.tags.list",
    "artifactregistry.versions.get", "artifactregistry.versions.list",
    "artifactregistry.repositories.readViaVirtualRepository",
)  # fmt: skip

PREDEFINED: Final[dict[str, tuple[str, ...]]] = {
    "roles/storage.objectViewer": (
        *_READ_OBJECTS, "storage.folders.get", "storage.folders.list",
        "storage.managedFolders.get", "storage.managedFolders.list",
    ),
    "roles/storage.objectCreator": (
        *_UPLOADS, "storage.objects.create", "storage.objects.createContext",
        "storage.folders.create", "storage.managedFolders.create",
    ),
    "roles/storage.objectUser": _USE_OBJECTS,
    "roles/storage.objectAdmin": (
        *_USE_OBJECTS, "storage.objects.getIamPolicy", "storage.objects.setIamPolicy",
        "storage.objects.overrideUnlockedRetention", "storage.objects.setRetention",
    ),
    "roles/storage.legacyBucketReader": (
        "storage.buckets.get", "storage.multipartUploads.list", "storage.objects.list",
    ),
    "roles/storage.legacyObjectReader": ("storage.objects.get",),
    "roles/artifactregistry.reader": _PULL,
    "roles/artifactregistry.writer": (
        *_PULL, "artifactregistry.repositories.uploadArtifacts", "artifactregistry.tags.create",
        "artifactregistry.tags.update", "artifactregistry.files.update",
        "artifactregistry.packages.update",
    ),
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": (
        "cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToEncrypt",
    ),
    "roles/cloudkms.cryptoKeyDecrypter": ("cloudkms.cryptoKeyVersions.useToDecrypt",),
    "roles/cloudkms.cryptoKeyEncrypter": ("cloudkms.cryptoKeyVersions.useToEncrypt",),
    "roles/logging.logWriter": ("logging.logEntries.create",),
    "roles/monitoring.metricWriter": (
        "monitoring.metricDescriptors.create", "monitoring.metricDescriptors.get",
        "monitoring.metricDescriptors.list", "monitoring.monitoredResourceDescriptors.get",
        "monitoring.monitoredResourceDescriptors.list", "monitoring.timeSeries.create",
    ),
    "roles/iam.serviceAccountUser": (
        "iam.serviceAccounts.actAs", "iam.serviceAccounts.get", "iam.serviceAccounts.list",
    ),
    "roles/iam.workloadIdentityUser": (
        "iam.serviceAccounts.get", "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken", "iam.serviceAccounts.list",
    ),
    "roles/iam.serviceAccountTokenCreator": (
        "iam.serviceAccounts.get", "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken", "iam.serviceAccounts.implicitDelegation",
        "iam.serviceAccounts.list", "iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt",
    ),
    "roles/secretmanager.secretAccessor": ("secretmanager.versions.access",),
}  # fmt: skip
