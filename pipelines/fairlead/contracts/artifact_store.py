"""Where artifacts, records and bundles lie: the only state that identities share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.contracts.base import Contract


class ArtifactStoreContract(Contract):
    """Name the root below which every object of the store lies.

    Attributes:
        url: An fsspec URL (``file:///…``, ``s3://bucket/prefix``, ``gs://…``, ``abfs://…``).
        allow_pickle: Whether artifacts whose loading executes code may be written and read.
    """

    url: str
    allow_pickle: bool = False


class LocalArtifactStoreContract(ArtifactStoreContract):
    """Name a folder on this machine."""

    flavor: Literal["local"] = "local"
    allow_pickle: bool = True


class S3ArtifactStoreContract(ArtifactStoreContract):
    """Name an S3 bucket, or one of a server that speaks S3.

    Attributes:
        region: The bucket's region.
        endpoint_url: Where the server is, when it is not AWS.
        kms_key_arn: The key that encrypts new objects.
        credentials_secrets: Identity → the secret of the stack's namespace in a cluster with its
            credentials, as for ``VersitygwArtifactStoreContract``; None where pods are somebody.
    """

    flavor: Literal["s3"] = "s3"
    region: str | None = None
    endpoint_url: str | None = None
    kms_key_arn: str | None = None
    credentials_secrets: dict[str, str] | None = None


class GcsArtifactStoreContract(ArtifactStoreContract):
    """Name a Google Cloud Storage bucket.

    Attributes:
        project: The project that owns the bucket.
        kms_key_name: The key that encrypts new objects.
    """

    flavor: Literal["gcs"] = "gcs"
    project: str | None = None
    kms_key_name: str | None = None


class BlobArtifactStoreContract(ArtifactStoreContract):
    """Name a container of an Azure storage account.

    Attributes:
        account_name: The storage account.
        endpoint_url: The blob endpoint, when it is not Azure's public one.
    """

    flavor: Literal["blob"] = "blob"
    account_name: str
    endpoint_url: str | None = None


class VersitygwArtifactStoreContract(ArtifactStoreContract):
    """Name a bucket of an S3 server that runs in the stack's own namespace of a cluster.

    Pods reach it at ``endpoint_url``. Everybody else reaches it through the API server: the port
    of the service is forwarded, and the credentials are read from the secret of whom they are.

    Attributes:
        region: What the server calls its region.
        endpoint_url: Where the server is, for pods.
        context: The kubeconfig context of the cluster; None takes the current one.
        namespace: Where the server runs.
        service: The server's service.
        port: The service's port.
        credentials_secrets: Identity (``submitter``, ``runner``, ``step``, ``reader``,
            ``maintainer``, …) → the secret of the namespace with its credentials: the key
            ``credentials`` holds a file as ``AWS_SHARED_CREDENTIALS_FILE`` names it.
    """

    flavor: Literal["versitygw"] = "versitygw"
    region: str = "us-east-1"
    endpoint_url: str
    context: str | None = None
    namespace: str
    service: str
    port: int
    credentials_secrets: dict[str, str] = Field(default_factory=dict)
